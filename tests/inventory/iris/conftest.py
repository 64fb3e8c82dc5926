"""A server with a small store, and a shop on it, for every test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shop.inventory.iris import IrisInventory
from tests.inventory.iris.shop import MakeShop, a_shop, stock
from tests.support.superserver import Superserver


@pytest.fixture
def server() -> Iterator[Superserver]:
    """A server with the store that the public tutorial makes, the shop's own alerts, and stock."""
    with Superserver() as server:
        server.create_store()
        stock(server)
        yield server


@pytest.fixture
def make_shop(server: Superserver) -> Iterator[MakeShop]:
    """Opens shops on the server, and closes them after the test."""
    opened: list[IrisInventory] = []

    def make(url: str = "", **settings: float) -> IrisInventory:
        opened.append(a_shop(url or server.url, **settings))
        return opened[-1]

    yield make
    for inventory in opened:
        inventory.close()


@pytest.fixture
def inventory(make_shop: MakeShop) -> IrisInventory:
    """A shop with two connections and plenty of time."""
    return make_shop()
