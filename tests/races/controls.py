"""Controls: the product's own code with one named line replaced, which must show the violation.

A test that never saw its violation proves nothing. The line is named by its text; when the
product no longer has it exactly once, the control fails and has to be looked at.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest import mock

from django.db import connection
from django.db.models import Case, QuerySet, When

from shop.inventory import changes
from shop.inventory.contract import SaleRequest
from shop.inventory.database import inventory as database
from shop.inventory.database import rows as database_rows
from shop.inventory.database import sale as database_sale
from shop.inventory.database import sql as database_sql
from shop.inventory.database.inventory import DatabaseInventory
from shop.inventory.database.sale import DatabaseSale
from shop.inventory.models import LedgerMovement, StockRow


@contextmanager
def line_replaced(
    owner: Any, name: str, line: str, instead: str, **known: object
) -> Iterator[None]:
    """Run with one line of ``owner.name`` replaced; ``known`` are names new in ``instead``."""
    source = textwrap.dedent(inspect.getsource(getattr(owner, name)))
    if source.count(line) != 1:
        raise AssertionError(f"{name} has this line {source.count(line)} times, not once: {line}")
    module = owner if inspect.ismodule(owner) else sys.modules[owner.__module__]
    names: dict[str, Any] = {**vars(module), **known}
    exec(compile(source.replace(line, instead), f"<{name} with a line replaced>", "exec"), names)
    with mock.patch.object(owner, name, names[name]):
        yield


# The lock of a sale. SQLite has no row locks: there the transaction itself is the lock.


@contextmanager
def without_locks() -> Iterator[None]:
    """Sales and changes read their rows without keeping anybody else from them."""
    if connection.vendor == "sqlite":
        with line_replaced(
            DatabaseInventory,
            "_transaction",
            "with transaction.atomic(durable=True):",
            "with nullcontext():",
            nullcontext=nullcontext,
        ):
            yield
        return
    lock, none = "StockRow.objects.select_for_update()", "StockRow.objects"
    with (
        line_replaced(DatabaseSale, "open", "lock=True", "lock=False"),
        line_replaced(database_rows, "hold", lock, none),
        mock.patch.object(database, "hold", database_rows.hold),
    ):
        yield


@contextmanager
def without_the_condition() -> Iterator[None]:
    """A sale saves what is left without looking whether the row still is as it was read."""
    with (
        line_replaced(database_sql, "set_quantity", "AND quantity = %s", "AND %s IS NOT NULL"),
        mock.patch.object(database_sale, "set_quantity", database_sql.set_quantity),
    ):
        yield


@contextmanager
def without_the_claim() -> Iterator[None]:
    """A decision is written over the one that stands, instead of inserted under a unique key."""
    with line_replaced(
        DatabaseInventory,
        "_claim",
        "insert([LedgerDecision(reference=reference, kind=kind, at=at, entry={})])",
        "LedgerDecision(reference=reference, kind=kind, at=at, entry={}).save()",
    ):
        yield


@contextmanager
def voiding_without_the_claim() -> Iterator[None]:
    """A void does not look whether the order was decided."""
    with line_replaced(
        DatabaseInventory, "void", "self._claim(reference, DecisionKind.VOID, at)", "pass"
    ):
        yield


@contextmanager
def locking_in_basket_order() -> Iterator[None]:
    """A sale locks its rows in the order of the basket's lines instead of the order of ids."""

    def as_in_the_basket(request: SaleRequest) -> QuerySet[StockRow]:
        wanted = [line.product_id for line in request.lines]
        place = Case(*(When(id=id_, then=n) for n, id_ in enumerate(wanted)))
        return StockRow.objects.select_for_update().filter(id__in=wanted).order_by(place)

    line = "stock_lines(storable(self._wanted), lock=True)"
    instead = "as_in_the_basket(self.request)"
    with line_replaced(DatabaseSale, "open", line, instead, as_in_the_basket=as_in_the_basket):
        yield


@contextmanager
def without_numbering() -> Iterator[None]:
    """A movement whose number is taken is dropped instead of failing its change."""

    def drop_taken(rows: Iterator[LedgerMovement]) -> None:
        LedgerMovement.objects.bulk_create(list(rows), ignore_conflicts=True)

    with line_replaced(
        DatabaseInventory,
        "_apply",
        "LedgerMovement.objects.bulk_create(",
        "drop_taken(",
        drop_taken=drop_taken,
    ):
        yield


@contextmanager
def new_rows_written_over() -> Iterator[None]:
    """A new product's row is written over one that somebody else made meanwhile."""

    def put(id: int, **fields: Any) -> None:  # noqa: A002 (the name of the product's own argument)
        StockRow(id=id, **fields).save()

    with line_replaced(database_rows, "_write_row", "StockRow.objects.create(", "put(", put=put):
        yield


@contextmanager
def counting_the_figure() -> Iterator[None]:
    """A count sets the figure that was counted, whatever was sold since the form was shown."""
    with line_replaced(
        changes,
        "_correct",
        "difference = change.counted - change.shown",
        "difference = change.counted - holding.in_stock",
    ):
        yield
