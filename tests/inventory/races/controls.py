"""Controls: the product with one of its safeguards taken away, which must show the violation.

A test that never saw its violation proves nothing. Each control replaces a function by one that
lacks the safeguard, and takes none of the product's text for granted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.db import connection
from django.db.models import Model, QuerySet

from shop.inventory import changes
from shop.inventory.contract import Correction, DecisionKind
from shop.inventory.database import DatabaseInventory
from shop.inventory.database import inventory as database
from shop.inventory.database import sale as database_sale
from shop.inventory.database.sale import DatabaseSale
from shop.inventory.database.sql import stock_rows
from shop.inventory.ledger import Stamp
from shop.inventory.models import LedgerDecision, LedgerMovement, StockRow
from shop.inventory.row import Row


@contextmanager
def query_replaced(model: type[Model], name: str, instead: Any) -> Iterator[None]:
    """Queries of one model call ``instead(real, queryset, …)`` in place of a method of theirs."""
    real = getattr(QuerySet, name)

    def method(self: QuerySet[Any], *args: Any, **named: Any) -> Any:
        if self.model is model:
            return instead(real, self, *args, **named)
        return real(self, *args, **named)

    with mock.patch.object(QuerySet, name, method):
        yield


@contextmanager
def without_the_question(model: type[Model], field: str) -> Iterator[None]:
    """Queries of the model do not look at this field, whatever they are asked."""

    def ask(real: Any, rows: QuerySet[Any], *args: Any, **asked: Any) -> Any:
        return real(rows, *args, **{name: it for name, it in asked.items() if name != field})

    with query_replaced(model, "filter", ask):
        yield


# The lock of a sale. SQLite has no row locks: there the transaction itself is the lock.


@contextmanager
def without_locks() -> Iterator[None]:
    """Sales and changes read their rows without keeping anybody else from them."""
    if connection.vendor == "sqlite":
        no_transaction = SimpleNamespace(atomic=lambda **_: nullcontext())
        with mock.patch.object(database, "transaction", no_transaction):
            yield
        return

    def unlocked(ids: Sequence[int], *, lock: bool = False) -> dict[int, Row]:
        return stock_rows(ids)

    with (
        mock.patch.object(database_sale, "stock_rows", unlocked),
        query_replaced(StockRow, "select_for_update", lambda _real, rows, **_: rows),
    ):
        yield


@contextmanager
def without_the_condition() -> Iterator[None]:
    """A sale saves what is left without looking whether the row still is as it was read."""

    def set_quantity(product_id: int, *, before: int, after: int) -> bool:
        return StockRow.objects.filter(id=product_id).update(quantity=after) == 1

    with mock.patch.object(database_sale, "set_quantity", set_quantity):
        yield


@contextmanager
def without_the_claim() -> Iterator[None]:
    """A decision is written over the one that stands, instead of inserted under a unique key."""

    def claim(_: DatabaseInventory, reference: str, kind: DecisionKind, at: datetime) -> None:
        LedgerDecision(reference=reference, kind=kind, at=at, entry={}).save()

    with mock.patch.object(DatabaseInventory, "_claim", claim):
        yield


@contextmanager
def voiding_without_the_claim() -> Iterator[None]:
    """A void does not look whether the order was decided."""
    real = DatabaseInventory._claim

    def claim(shop: DatabaseInventory, reference: str, kind: DecisionKind, at: datetime) -> None:
        if kind is not DecisionKind.VOID:
            real(shop, reference, kind, at)

    with mock.patch.object(DatabaseInventory, "_claim", claim):
        yield


@contextmanager
def locking_in_basket_order() -> Iterator[None]:
    """A sale locks its rows in the order of the basket's lines instead of the order of ids."""
    here = threading.local()

    class InBasketOrder(DatabaseSale):
        def open(self) -> None:
            here.basket = [line.product_id for line in self.request.lines]
            super().open()

    def one_by_one(ids: Sequence[int], *, lock: bool = False) -> dict[int, Row]:
        in_turn = sorted(ids, key=here.basket.index)
        return {k: row for id_ in in_turn for k, row in stock_rows([id_], lock=lock).items()}

    with (
        mock.patch.object(database, "DatabaseSale", InBasketOrder),
        mock.patch.object(database_sale, "stock_rows", one_by_one),
    ):
        yield


@contextmanager
def without_numbering() -> Iterator[None]:
    """A movement whose number is taken is dropped instead of failing its change."""

    def drop_taken(real: Any, rows: QuerySet[Any], movements: Any, **_: Any) -> Any:
        return real(rows, list(movements), ignore_conflicts=True)

    with query_replaced(LedgerMovement, "bulk_create", drop_taken):
        yield


@contextmanager
def new_rows_written_over() -> Iterator[None]:
    """A new product's row is written over one that somebody else made meanwhile."""

    def put(_real: Any, _rows: QuerySet[Any], **fields: Any) -> None:
        StockRow(**fields).save()

    with query_replaced(StockRow, "create", put):
        yield


@contextmanager
def counting_the_figure() -> Iterator[None]:
    """A count sets the figure that was counted, whatever was sold since the form was shown."""
    real = changes._correct

    def correct(change: Correction, holding: changes.Holding, stamp: Stamp) -> changes.Outcome:
        return real(replace(change, shown=holding.in_stock), holding, stamp)

    with mock.patch.object(changes, "_correct", correct):
        yield
