"""The few statements that every page or every sale needs, as SQL.

For these, Django takes ten times as long to build the query as the database to answer it. All other
queries use the ORM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.db import connection

from shop.inventory.contract import CENT
from shop.inventory.row import Row

VERSION_ROWS = 64
ROW = tuple(column.name for column in fields(Row))


def stock_rows(ids: Sequence[int], *, lock: bool = False) -> dict[int, Row]:
    """The existing rows of these products in id order, locked in that order if ``lock``."""
    if not ids:
        return {}
    sql = (
        f"SELECT id, {', '.join(ROW)} FROM inventory_stockrow "  # noqa: S608
        f"WHERE id IN ({_places(ids)}) ORDER BY id"
    )
    if lock and connection.features.has_select_for_update:
        sql += " FOR UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(sql, list(ids))
        rows = cursor.fetchall()
    return {id_: _row(dict(zip(ROW, values, strict=True))) for id_, *values in rows}


def _row(values: dict[str, Any]) -> Row:
    if values["price"] is not None:
        # SQLite keeps amounts as floating point numbers.
        values["price"] = Decimal(str(values["price"])).quantize(CENT)
    return Row(**values)


def set_quantity(product_id: int, *, before: int, after: int) -> bool:
    """Write a new quantity if the row still has the old one; False if not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stockrow SET quantity = %s WHERE id = %s AND quantity = %s",
            [after, product_id, before],
        )
        return bool(cursor.rowcount == 1)


def newest_movements(ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """Product, number and running quantity of the last movement of each of these products.

    Two index lookups for each product, however many movements it has: its first movement finds
    the product, and the subquery reads the last one.
    """
    wanted = list(ids)
    if not wanted:
        return []
    newest = (
        "(SELECT {} FROM inventory_ledgermovement WHERE product_id = first.product_id "
        "ORDER BY number DESC LIMIT 1)"
    )
    sql = (
        f"SELECT product_id, {newest.format('number')}, {newest.format('after')} "  # noqa: S608
        "FROM inventory_ledgermovement AS first "
        f"WHERE number = 1 AND product_id IN ({_places(wanted)})"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, wanted)
        return [(id_, number, after) for id_, number, after in cursor.fetchall()]


def write_entry(reference: str, entry: str) -> None:
    """Write a decision's JSON into the row that was inserted for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_ledgerdecision SET entry = %s WHERE reference = %s",
            [entry, reference],
        )


def version() -> str:
    """The stock's version: the value of every version row, in order of id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM inventory_stockversion ORDER BY id")
        return "".join(value for (value,) in cursor.fetchall())


def write_version(reference: str, value: str) -> None:
    """Replace the value of the version row that the reference names.

    SQLite has one writer and one row. On PostgreSQL, commits that replace the same row wait for
    each other, so there are 64. 64 buyers on a slow disk make 1,091 sales a second, and 67 with
    one row.
    """
    row = crc32(reference.encode()) % VERSION_ROWS if connection.vendor == "postgresql" else 1
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stockversion (id, value) VALUES (%s, %s) "
            "ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value",
            [row, value],
        )


def _places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))
