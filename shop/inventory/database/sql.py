"""The few statements that every page or every sale needs, as SQL.

Putting such a query together takes Django ten times as long as the database takes to answer it.
Everything that is asked less often goes through the ORM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

CENT = Decimal("0.01")


class StockLine(NamedTuple):
    """A row of the stock, as it stands there: anything may be missing."""

    id: int
    name: str
    price: Decimal | None
    quantity: int | None
    origin: str
    description: str


def stock_lines(ids: Sequence[int], *, lock: bool = False) -> list[StockLine]:
    """The rows of these products that there are, in id order; locked in that order if asked."""
    if not ids:
        return []
    sql = (
        "SELECT id, name, price, quantity, origin, description FROM inventory_stockrow "  # noqa: S608
        f"WHERE id IN ({_places(ids)}) ORDER BY id"
    )
    if lock and connection.features.has_select_for_update:
        sql += " FOR UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(sql, list(ids))
        rows = cursor.fetchall()
    # SQLite keeps amounts as floating point numbers.
    return [
        StockLine(
            id_,
            name,
            None if price is None else Decimal(str(price)).quantize(CENT),
            quantity,
            origin,
            description,
        )
        for id_, name, price, quantity, origin, description in rows
    ]


def set_quantity(product_id: int, *, before: int, after: int) -> bool:
    """Write a new quantity where the old one still stands; False where it does not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stockrow SET quantity = %s WHERE id = %s AND quantity = %s",
            [after, product_id, before],
        )
        return bool(cursor.rowcount == 1)


def newest_movements(ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """Product, number and quantity after it, of the last movement of each of these products.

    Each product is found by its first movement and read at its last, two looks into the index,
    however many movements lie between and however many products are asked for.
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
    """Put a decision's words, as JSON, into the row that was inserted for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_ledgerdecision SET entry = %s WHERE reference = %s",
            [entry, reference],
        )


def write_version(value: str) -> None:
    """Replace the stock's version."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stockversion (id, value) VALUES (1, %s) "
            "ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value",
            [value],
        )


def _places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))
