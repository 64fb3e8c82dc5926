"""The world around ``iris://`` on a server that somebody else runs, in a namespace of its own.

Everything here goes through the driver, with the rights of one account, as on any real server. What
goes wrong on the way goes wrong in a relay before it. At most eight connections are open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

import pytest

from shop.inventory.contract import AlertKind, Inventory
from shop.inventory.iris import IrisInventory, client
from shop.inventory.iris.client import Address, Iris, Item, SqlError
from shop.inventory.iris.store import ledger
from tests.inventory.contract.acts import everything
from tests.inventory.contract.alone import NO_SUCH_TABLE, alone_at, settle
from tests.inventory.contract.iris_world import LOCK_WAIT, LOW_STOCK, TIMEOUT, raw_row
from tests.inventory.contract.relay import Cut, Relay
from tests.inventory.contract.world import Fault, RaisedAlert, RawRow, World

COLUMNS = ("ProductId", "Name", "Price", "StockQuantity", "CountryOfOrigin", "Description")
# A value that a column's own rules refuse: 104 on INSERT, 105 on UPDATE, 108 where one is missing.
REFUSED_VALUE = {104, 105, 108}
EXCLUSIVE = 4
OPENED = 3
OPENED_ELSEWHERE = 2


class IrisServerWorld(World):
    """A store on a server that is there already, as ``setup_inventory`` or a tutorial made it."""

    can_hold_negative_stock = True
    shows_uncommitted = True

    def __init__(self, address: Address, other: Iris, turn: Lock, relay: Relay) -> None:
        """``other`` is another program's connection, used by whoever has the turn."""
        self._address = address
        self._other = other
        self._relay = relay
        self._turn = turn
        # The driver encrypts, so the relay could not tell one message from another.
        self._can_be_cut = not address.tls
        near = replace(address, host="127.0.0.1", port=relay.port)
        self.inventory: IrisInventory = _inventory(near if self._can_be_cut else address, OPENED)
        self._elsewhere = _inventory(address, OPENED_ELSEWHERE)

    def close(self) -> None:
        """Close every connection of the two inventories."""
        self.inventory.close()
        self._elsewhere.close()

    def put_row(self, row: RawRow) -> None:
        values = (row.id, row.name, row.price, row.quantity, row.origin, row.description)
        names = ", ".join(COLUMNS)
        marks = ", ".join("?" * len(COLUMNS))
        changes = ", ".join(f"{name} = ?" for name in COLUMNS[1:])
        try:
            with self._turn:
                if self._read(row.id):
                    statement = f"UPDATE coffeeco.Inventory SET {changes} WHERE ProductId = ?"
                    self._other.change(statement, (*values[1:], row.id))
                else:
                    statement = f"INSERT INTO coffeeco.Inventory ({names}) VALUES ({marks})"
                    self._other.change(statement, values)
        except SqlError as error:
            if error.code in REFUSED_VALUE:
                pytest.skip(f"the table on this server lets no program write such a row: {row}")
            raise

    def delete_row(self, product_id: int) -> None:
        statement = "DELETE FROM coffeeco.Inventory WHERE ProductId = ?"
        with self._turn:
            self._other.change(statement, (product_id,))

    def row(self, product_id: int) -> RawRow | None:
        with self._turn:
            rows = self._read(product_id)
        return raw_row(dict(zip(COLUMNS, rows[0], strict=True))) if rows else None

    def _read(self, product_id: int) -> list[tuple[object, ...]]:
        statement = f"SELECT {', '.join(COLUMNS)} FROM coffeeco.Inventory WHERE ProductId = ?"
        return self._other.select(statement, (product_id,))

    def contents(self) -> object:
        return everything(self.inventory)

    def second(self) -> Inventory:
        """The same one each time: licences are counted."""
        return self._elsewhere

    @contextmanager
    def hold(self, product_id: int) -> Iterator[None]:
        with self._somebody() as somebody:
            item = somebody.class_method_object(
                "coffeeco.Inventory", "%OpenId", product_id, EXCLUSIVE
            )
            assert item is not None, f"there is no row {product_id} to hold"
            try:
                yield
            finally:
                _let_go(item)

    @contextmanager
    def hold_reference(self, reference: str) -> Iterator[None]:
        with self._somebody() as somebody:
            somebody.lock(ledger.DECISION, reference, timeout=TIMEOUT)
            try:
                yield
            finally:
                somebody.unlock_now(ledger.DECISION, reference)

    @contextmanager
    def _somebody(self) -> Iterator[Iris]:
        somebody = client.connect(self._address, timeout=int(TIMEOUT))
        try:
            yield somebody
        finally:
            somebody.close()

    def alerts(self) -> list[RaisedAlert]:
        """Those of sales that were committed, which is what the server's own log keeps."""
        statement = "SELECT Kind, ProductId, Name FROM coffeeco.AlertLog ORDER BY ID"
        try:
            with self._turn:
                rows = self._other.select(statement)
        except SqlError as error:
            if error.code == NO_SUCH_TABLE:
                pytest.skip("the alerts on this server keep no log; setup_inventory brings some")
            raise
        return [
            RaisedAlert(kind=AlertKind(kind), product_id=int(product_id), name=str(name))
            for kind, product_id, name in rows
        ]

    def break_alerts(self, message: str) -> None:
        pytest.skip("the alerts on a server that is not the suite's own are left whole")

    @contextmanager
    def lose_commit(self, *, done: bool) -> Iterator[None]:
        with self._cut(Cut(step=1, kind="tCommit", answered=done)):
            yield

    @contextmanager
    def fail_at(self, step: int) -> Iterator[Fault]:
        fault = Fault(step=step)

        def struck() -> None:
            fault.struck = True

        with self._cut(Cut(step=step, struck=struck)):
            yield fault

    @contextmanager
    def _cut(self, cut: Cut) -> Iterator[None]:
        if not self._can_be_cut:
            pytest.skip("the connection to this server is encrypted, and can't be cut in a message")
        self.inventory.version()  # so that a connection is open and the questions are its own
        self._relay.cut = cut
        try:
            yield
        finally:
            self._relay.cut = None

    def leave(self) -> None:
        """A connection belongs to the inventory, not to the thread that used it."""


@contextmanager
def server_world(address: Address) -> Iterator[IrisServerWorld]:
    """The world of one test; its namespace is empty before and after."""
    turn = Lock()  # one thread at a time may use a connection, and the relay has its own
    with alone_at(address) as other:

        def settled() -> None:
            with turn:
                settle(other)

        with Relay(address.host, address.port, settled=settled) as relay:
            world = IrisServerWorld(address, other, turn, relay)
            try:
                yield world
            finally:
                world.close()


def _inventory(address: Address, connections: int) -> IrisInventory:
    return IrisInventory(
        address,
        connections=connections,
        timeout=TIMEOUT,
        lock_wait=LOCK_WAIT,
        low_stock=LOW_STOCK,
    )


def _let_go(item: Item) -> None:
    item.invoke("%DowngradeConcurrency", 0)
    item.forget()
