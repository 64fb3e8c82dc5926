"""The world around ``iris://``: the real driver against the stand-in superserver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

from shop.inventory.contract import AlertKind, Inventory
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Address
from tests.inventory.contract.world import Fault, RaisedAlert, RawRow, World
from tests.support.superserver import Superserver
from tests.support.superserver.faults import Death
from tests.support.superserver.messages import Refused

LOW_STOCK = 3
TIMEOUT = 10.0
LOCK_WAIT = 0.3
ALERT_KINDS = {"LowStockAlert": AlertKind.LOW, "OutOfStockAlert": AlertKind.OUT}
ROW_LOCK = "coffeeco.InventoryD"


class IrisWorld(World):
    """A store on a server of its own, made as the public tutorial makes it."""

    can_hold_negative_stock = True
    shows_uncommitted = True

    def __init__(self, server: Superserver, *, connections: int = 8) -> None:
        self.server = server
        self._connections = connections
        self._opened: list[IrisInventory] = []
        self.inventory = self._inventory()

    def _inventory(self) -> IrisInventory:
        inventory = IrisInventory(
            Address.from_url(self.server.url),
            connections=self._connections,
            timeout=TIMEOUT,
            lock_wait=LOCK_WAIT,
            low_stock=LOW_STOCK,
        )
        self._opened.append(inventory)
        return inventory

    def close(self) -> None:
        """Close every connection that the test opened."""
        for inventory in self._opened:
            inventory.close()

    def put_row(self, row: RawRow) -> None:
        self.server.insert(
            ProductId=row.id,
            Name=row.name,
            Price=row.price,
            StockQuantity=row.quantity,
            CountryOfOrigin=row.origin,
            Description=row.description,
        )

    def delete_row(self, product_id: int) -> None:
        storage = self.server.instance.storage
        table = storage.table("coffeeco.Inventory")
        assert table is not None
        storage.committed([storage.write_row(table, product_id, None)])

    def row(self, product_id: int) -> RawRow | None:
        rows = {row["ProductId"]: row for row in self.server.rows()}
        return raw_row(rows[product_id]) if product_id in rows else None

    def contents(self) -> object:
        return self.server.rows(), self.server.globals()

    def second(self) -> Inventory:
        return self._inventory()

    def hold(self, product_id: int) -> AbstractContextManager[None]:
        return self._held(ROW_LOCK, product_id)

    def hold_reference(self, reference: str) -> AbstractContextManager[None]:
        return self._held("^coffeeco.Decision", reference)

    @contextmanager
    def _held(self, name: str, subscript: str | int) -> Iterator[None]:
        with self.server.session() as other:
            assert other.lock(name, subscript, timeout=10)
            yield

    def alerts(self) -> list[RaisedAlert]:
        return [
            RaisedAlert(
                kind=ALERT_KINDS[call.method],
                product_id=int(call.arguments[0]),
                name=str(call.arguments[1]),
            )
            for call in self.server.alerts()
        ]

    def break_alerts(self, message: str) -> None:
        def fail(*_: Any) -> str:
            raise Refused(message)

        for method in ALERT_KINDS:
            self.server.define_method("coffeeco.Alerts", method, fail)

    @contextmanager
    def lose_commit(self, *, done: bool) -> Iterator[None]:
        self.inventory.version()  # so that a connection is open and the commit is its own
        self.server.faults.die_at("tCommit", "after" if done else "before")
        try:
            yield
        finally:
            self.server.faults.clear()

    @contextmanager
    def fail_at(self, step: int) -> Iterator[Fault]:
        self.inventory.version()
        fault = Fault(step=step)
        faults = self.server.faults
        die = faults.die

        def struck(death: Death) -> None:
            fault.struck = True
            die(death)

        faults.die = struck  # type: ignore[method-assign]
        faults.die_at(None, n=step)
        try:
            yield fault
        finally:
            del faults.die
            faults.clear()

    def leave(self) -> None:
        """A connection belongs to the inventory, not to the thread that used it."""


def raw_row(values: Mapping[str, Any]) -> RawRow:
    """A row of the table, its price to the cent however the server keeps it."""
    price = values["Price"]
    return RawRow(
        id=values["ProductId"],
        name=values["Name"],
        price=None if price is None else Decimal(str(price)).quantize(Decimal("0.01")),
        quantity=values["StockQuantity"],
        origin=values["CountryOfOrigin"],
        description=values["Description"],
    )
