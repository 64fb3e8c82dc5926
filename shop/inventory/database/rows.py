"""Converts between the tables of ``database://`` and the contract's values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError
from django.db.models import BigIntegerField

from shop.inventory import changes
from shop.inventory.contract import Movement, MovementKind, Product, Shelf
from shop.inventory.database.sql import ROW, newest_movements
from shop.inventory.models import LedgerMovement, OnSaleSince, ShelvedProduct, StockRow
from shop.inventory.records import product_from_json, product_to_json
from shop.inventory.row import Row
from shop.inventory.words import folded, texts_of

MOVEMENT = tuple(field.name for field in fields(Movement))


def row_of(row: StockRow) -> Row:
    return Row(**{name: getattr(row, name) for name in ROW})


def shelved_product(row: ShelvedProduct) -> Product:
    return product_from_json(row.details, Shelf(row.shelf))


def movement_of(values: Sequence[Any]) -> Movement:
    """The movement of these values of MOVEMENT; millions of them are read without instances."""
    row = dict(zip(MOVEMENT, values, strict=True))
    row["kind"] = MovementKind(row["kind"])
    return Movement(**row)


def movement_row(movement: Movement) -> LedgerMovement:
    """The row of a movement that is about to be written."""
    return LedgerMovement(**asdict(movement))


@dataclass(frozen=True, kw_only=True, slots=True)
class LastMovement:
    """The number and quantity that a product's next movement continues from."""

    number: int
    after: int


def storable(ids: Iterable[int]) -> list[int]:
    """The ids that a row can have; SQLite raises an error for larger numbers."""
    return [id_ for id_ in ids if 0 <= id_ <= BigIntegerField.MAX_BIGINT]


def last_movements(ids: Iterable[int]) -> dict[int, LastMovement]:
    """The last movement of each of these products; call it under their locks."""
    return {
        id_: LastMovement(number=number, after=after)
        for id_, number, after in newest_movements(ids)
    }


def hold(ids: list[int]) -> dict[int, changes.Holding]:
    """Lock these products in id order and read all that the store has of them.

    The order of the statements matters. A row that a sale deleted while this waited for it is
    found among the shelved products by the second statement. A product that came back on sale
    meanwhile is found by the third.
    """
    asked = storable(ids)
    held = StockRow.objects.select_for_update().order_by("id")
    rows = {row.id: row for row in held.filter(id__in=asked)}
    shelved = {
        row.id: shelved_product(row)
        for row in ShelvedProduct.objects.select_for_update().filter(id__in=asked).order_by("id")
    }
    if missing := [id_ for id_ in asked if id_ not in rows and id_ not in shelved]:
        rows |= {row.id: row for row in held.filter(id__in=missing)}
    last = last_movements(asked)
    return {
        id_: changes.Holding(
            product_id=id_,
            row=row_of(rows[id_]) if id_ in rows else None,
            shelved=shelved.get(id_),
            last=last.get(id_),
        )
        for id_ in ids
    }


def write(outcome: changes.Outcome, holding: changes.Holding) -> None:
    """Make the store hold what the outcome says, changing only what differs."""
    id_ = outcome.product_id
    if at := outcome.on_sale_since:
        OnSaleSince.objects.bulk_create(
            [OnSaleSince(id=id_, at=at)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["at"],
        )
    if outcome.row != holding.row:
        _write_row(id_, outcome.row, exists=holding.row is not None)
    if outcome.shelved != holding.shelved:
        ShelvedProduct.objects.filter(id=id_).delete()
        if outcome.shelved:
            put_on_shelf(outcome.shelved)


def _write_row(id_: int, row: Row | None, *, exists: bool) -> None:
    if row is None:
        StockRow.objects.filter(id=id_).delete()
        return
    values = asdict(row) | {"name_key": folded(row.name), "search_key": texts_of(row)}
    if not exists:
        StockRow.objects.create(id=id_, **values)
    elif StockRow.objects.filter(id=id_).update(**values) != 1:
        raise OperationalError(f"the row of product {id_} went away under its lock")


def put_on_shelf(product: Product) -> None:
    """Store the details of a product whose row was deleted."""
    kept = ShelvedProduct(
        id=product.id,
        shelf=product.shelf,
        since=product.since or datetime.now(UTC),
        details=product_to_json(product),
    )
    # Another program may have inserted a row while older details were kept; the newer ones count.
    ShelvedProduct.objects.bulk_create(
        [kept],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["shelf", "since", "details"],
    )
