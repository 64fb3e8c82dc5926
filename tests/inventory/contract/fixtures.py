"""The inventories that the suite holds to the contract, one fixture with a world for each.

Another inventory joins with its own fixture, ``<name>_world``, and its name in ``INVENTORIES``;
the conftest files beside the tests import the fixtures from here. ``iris_server`` stands apart,
because some tests elsewhere reach into the stores that are made for them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from shop.inventory.contract import Inventory, Withdrawal
from shop.inventory.iris.client import Address
from tests.inventory.contract.acts import apply, coming, deliver, sell, wish
from tests.inventory.contract.database_world import LOCK_WAIT, DatabaseWorld
from tests.inventory.contract.iris_server_world import server_world
from tests.inventory.contract.iris_world import IrisWorld
from tests.inventory.contract.world import RawRow, World
from tests.support.behaviours import whole_suites
from tests.support.superserver import Superserver
from tests.support.superserver.instance import BEHAVIOUR_VARIABLE

INVENTORIES = [
    pytest.param("database", marks=pytest.mark.django_db(transaction=True)),
    "iris",
]
SERVER_URL = os.environ.get("IRIS_TEST_URL", "")
# Without a server there is nothing to skip: the summary says that none was asked.
SERVER = ["iris_server"] if SERVER_URL else []


@pytest.fixture
def database_world() -> Iterator[World]:
    """Django's database; on SQLite this thread's patience is cut to that of the inventory."""
    if connection.vendor != "sqlite":
        yield DatabaseWorld()
        return
    usual = connection.settings_dict["OPTIONS"]["timeout"]
    _be_patient(LOCK_WAIT)
    yield DatabaseWorld()
    _be_patient(usual)


def _be_patient(seconds: float) -> None:
    """In line before the database, and at its lock."""
    connection.patience = seconds  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


@pytest.fixture
def iris_world() -> Iterator[World]:
    """A server with the store that the public tutorial makes, and the shop's own alerts."""
    with Superserver() as server:
        server.create_store()
        world = IrisWorld(server)
        yield world
        world.close()


@pytest.fixture
def iris_server_world() -> Iterator[World]:
    """The server of IRIS_TEST_URL, in the namespace that it names."""
    with server_world(Address.from_url(SERVER_URL)) as world:
        yield world


def _world(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> World:
    name, _, behaviour = request.param.partition(" ")
    if behaviour:
        request.getfixturevalue("monkeypatch").setenv(BEHAVIOUR_VARIABLE, behaviour)
    record_property("inventory", name)
    made: World = request.getfixturevalue(f"{name}_world")
    return made


@pytest.fixture(params=INVENTORIES)
def world(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> World:
    """A store, empty, with the world around it."""
    return _world(request, record_property)


@pytest.fixture(params=[*INVENTORIES, *SERVER, *whole_suites()])
def world_or_server(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> World:
    """The same, the server of IRIS_TEST_URL, and in the long run every behaviour of the stand-in.

    For conftest files to import as ``world``.
    """
    return _world(request, record_property)


@pytest.fixture
def inventory(world: World) -> Inventory:
    """The inventory under test."""
    return world.inventory


@pytest.fixture
def shop_of_three(world: World) -> World:
    """10 of product 1 on sale, product 2 withdrawn, 2 of product 3 sold and 1 added outside."""
    inventory = world.inventory
    deliver(inventory, coming(1, 10), coming(2, 5), coming(3, 5), key="monday", again=False)
    apply(inventory, Withdrawal(product_id=2))
    sell(inventory, wish("CC-EARLIER1", {3: 2}, token="Carlos's basket"))
    world.put_row(RawRow(id=3, quantity=4))
    return world
