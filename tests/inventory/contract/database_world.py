"""The world around ``database://``: SQLite or PostgreSQL, whichever the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection, connections, transaction

from shop.inventory.contract import AlertKind, DecisionKind, Inventory
from shop.inventory.database.inventory import DatabaseInventory
from shop.inventory.database.sale import LocalAlerts
from shop.inventory.models import LedgerDecision, StockRow
from tests.inventory.contract.acts import everything
from tests.inventory.contract.elsewhere import kept_open
from tests.inventory.contract.world import Fault, RaisedAlert, RawRow, World

LOW_STOCK = 3
LOCK_WAIT = 0.3


class HeardAlerts(LocalAlerts):
    """The local alerts, with somebody who listens and can break them."""

    def __init__(self) -> None:
        self.raised: list[RaisedAlert] = []
        self.broken_by = ""

    def low_stock(self, product_id: int, name: str) -> str:
        self._hear(AlertKind.LOW, product_id, name)
        return super().low_stock(product_id, name)

    def out_of_stock(self, product_id: int, name: str) -> str:
        self._hear(AlertKind.OUT, product_id, name)
        return super().out_of_stock(product_id, name)

    def _hear(self, kind: AlertKind, product_id: int, name: str) -> None:
        self.raised.append(RaisedAlert(kind=kind, product_id=product_id, name=name))
        if self.broken_by:
            raise RuntimeError(self.broken_by)


class DatabaseWorld(World):
    """Django's own database, as migrated for the test."""

    def __init__(self) -> None:
        self._alerts = HeardAlerts()
        self.inventory = self._inventory()
        self.locks_rows = connection.vendor != "sqlite"

    def _inventory(self) -> DatabaseInventory:
        inventory = DatabaseInventory(low_stock=LOW_STOCK, lock_wait=LOCK_WAIT)
        inventory.alerts = self._alerts
        return inventory

    def put_row(self, row: RawRow) -> None:
        fields = {
            "name": row.name or "",
            "price": row.price,
            "quantity": row.quantity,
            "origin": row.origin or "",
            "description": row.description or "",
        }
        StockRow.objects.update_or_create(id=row.id, defaults=fields)

    def delete_row(self, product_id: int) -> None:
        StockRow.objects.filter(id=product_id).delete()

    def row(self, product_id: int) -> RawRow | None:
        row = StockRow.objects.filter(id=product_id).first()
        if row is None:
            return None
        return RawRow(
            id=row.id,
            name=row.name,
            price=row.price,
            quantity=row.quantity,
            origin=row.origin,
            description=row.description,
        )

    def contents(self) -> object:
        return everything(self.inventory)

    def second(self) -> Inventory:
        return self._inventory()

    def hold(self, product_id: int) -> AbstractContextManager[None]:
        rows = StockRow.objects.select_for_update().filter(id=product_id)
        return kept_open(lambda: self._rolled_back(lambda: list(rows)))

    def hold_reference(self, reference: str) -> AbstractContextManager[None]:
        def claim() -> None:
            LedgerDecision.objects.create(
                reference=reference, kind=DecisionKind.SALE, at=datetime.now(UTC), entry={}
            )

        return kept_open(lambda: self._rolled_back(claim))

    @contextmanager
    def _rolled_back(self, act: Callable[[], object]) -> Iterator[None]:
        try:
            with transaction.atomic():
                act()
                yield
                transaction.set_rollback(True)
        finally:
            self.leave()

    def alerts(self) -> list[RaisedAlert]:
        return list(self._alerts.raised)

    def break_alerts(self, message: str) -> None:
        self._alerts.broken_by = message

    @contextmanager
    def lose_commit(self, *, done: bool) -> Iterator[None]:
        wrapper = connections["default"]
        commit = wrapper._commit  # type: ignore[attr-defined]

        def unanswered() -> None:
            if done:
                commit()
            elif connection.vendor == "postgresql":
                _cut_off()
                commit()
            raise OperationalError("server closed the connection unexpectedly")

        wrapper._commit = unanswered  # type: ignore[attr-defined]
        try:
            yield
        finally:
            del wrapper._commit  # type: ignore[attr-defined]

    @contextmanager
    def fail_at(self, step: int) -> Iterator[Fault]:
        fault = Fault(step=step)

        def ask(execute: Callable[..., Any], *question: Any) -> Any:
            fault.seen += 1
            if fault.seen == step:
                fault.struck = True
                if connection.vendor == "sqlite":
                    raise OperationalError("disk I/O error")
                _cut_off()
            return execute(*question)

        with connection.execute_wrapper(ask):
            yield fault

    def leave(self) -> None:
        connections.close_all()


def _cut_off() -> None:
    """End this thread's PostgreSQL session the way an administrator does, from another one."""
    import psycopg

    pid = connection.connection.info.backend_pid
    parameters = connection.get_connection_params()
    where = {
        key: parameters[key]
        for key in ("dbname", "host", "port", "user", "password")
        if parameters.get(key)
    }
    with psycopg.connect(**where, autocommit=True) as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
