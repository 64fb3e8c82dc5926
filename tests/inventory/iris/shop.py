"""What the tests of the IRIS inventory share: its shop, its coffees, and how to buy them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from shop.inventory.contract import (
    Decision,
    DeliveryRow,
    Inventory,
    InventoryUnavailable,
    SaleRequest,
    WantedLine,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Address
from tests.support.superserver import Superserver

PRICE = Decimal("8.50")
SIDAMO, HUILA, ANTIGUA = 1001, 1002, 1003
COFFEES = {
    SIDAMO: ("Sidamo", "Ethiopia"),
    HUILA: ("Huila", "Colombia"),
    ANTIGUA: ("Antigua", "Guatemala"),
}
BAGS = 20
ROW_LOCK = "coffeeco.InventoryD"
PLENTY = 10.0
"""Seconds that nothing in a test takes; used as a deadline that must not be needed."""


class MakeShop(Protocol):
    """Opens a shop; settings that are not given are generous."""

    def __call__(self, url: str = "", **settings: float) -> IrisInventory: ...


def a_shop(
    url: str,
    *,
    connections: float = 2,
    timeout: float = PLENTY,
    lock_wait: float = 0.3,
    low_stock: float = 3,
) -> IrisInventory:
    """An inventory on the server at an address."""
    return IrisInventory(
        Address.from_url(url),
        connections=int(connections),
        timeout=timeout,
        lock_wait=lock_wait,
        low_stock=int(low_stock),
    )


def stock(server: Superserver) -> None:
    """Put the three coffees on sale, as another program would."""
    for product_id, (name, origin) in COFFEES.items():
        put(server, product_id, Name=name, CountryOfOrigin=origin)


def put(server: Superserver, product_id: int, **columns: Any) -> None:
    """Write one row as another program would, over the one there is."""
    values = {"Name": "Sidamo", "Price": PRICE, "StockQuantity": BAGS, "Description": "Jasmine"}
    server.insert(**{"ProductId": product_id, **values, **columns})


def wish(reference: str, bags: dict[int, int], price: Decimal = PRICE) -> SaleRequest:
    """Amina's order, shown at one price."""
    return SaleRequest(
        reference=reference,
        token_hash=f"token of {reference}",
        lines=tuple(
            WantedLine(product_id=id_, quantity=quantity, unit_price=price)
            for id_, quantity in bags.items()
        ),
    )


def sell(inventory: Inventory, reference: str, bags: dict[int, int]) -> Decision:
    """Sell a whole order, line by line."""
    request = wish(reference, bags)
    with inventory.sale(request) as sale:
        for line in request.lines:
            sale.sell(line.product_id)
    assert sale.decision is not None
    return sale.decision


@contextmanager
def in_a_hurry(inventory: IrisInventory, seconds: float = 1.0) -> Iterator[None]:
    """Inside, nobody waits longer than this; outside there is plenty of time, also under load."""
    _wait_for(inventory, seconds)
    try:
        yield
    finally:
        _wait_for(inventory, PLENTY)


def _wait_for(inventory: IrisInventory, seconds: float) -> None:
    inventory._timeout = seconds


def bags_of_sidamo(quantity: int, product_id: int = SIDAMO) -> DeliveryRow:
    """So many bags that come in, of Sidamo or under another number."""
    return DeliveryRow(
        product_id=product_id,
        name="Sidamo",
        price=PRICE,
        quantity=quantity,
        origin="Ethiopia",
        description="Jasmine",
    )


def bags_left(server: Superserver) -> dict[int, int]:
    """The rows as another program counts them."""
    return {row["ProductId"]: row["StockQuantity"] for row in server.rows()}


def answers(inventory: IrisInventory) -> bool:
    """True when the server answers."""
    try:
        inventory.version()
    except InventoryUnavailable:
        return False
    return True


def wait_until_it_answers(inventory: IrisInventory) -> None:
    """Ask until the server answers, outside the test's own request, whose time may be over."""
    wait_until(lambda: Context().run(answers, inventory))


def nothing_is_held(server: Superserver) -> bool:
    """True when no session has a lock or an open transaction."""
    return not server.locks() and not any(session.level for session in server.sessions())


def threads_of_connections(server: Superserver) -> set[threading.Thread]:
    """The threads of this process that own a connection to this server."""
    place = f"iris 127.0.0.1:{server.port}/"
    return {thread for thread in threading.enumerate() if thread.name.startswith(place)}


def descriptors() -> set[str]:
    """What every descriptor of this process stands for."""
    found = set()
    for entry in Path("/dev/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except OSError:  # the one that was listing them
            continue
    return found


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """Fail when the body takes longer than this, which is meant with ample slack."""
    began = monotonic()
    yield
    assert monotonic() - began < seconds


def wait_until(is_so: Any, seconds: float = PLENTY) -> None:
    """Look until it is so; fail when it never is."""
    until = monotonic() + seconds
    pause = threading.Event()
    while not is_so():
        assert monotonic() < until, "it never came to that"
        pause.wait(0.01)


def the_connection(inventory: IrisInventory) -> Any:
    """The one connection of a shop that has one."""
    (connection,) = inventory.pool.connections
    return connection
