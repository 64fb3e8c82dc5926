"""The inventories that the suite holds to the contract, one fixture with a world for each.

Another inventory joins with its own fixture, ``<name>_world``, and its name in ``INVENTORIES``;
the conftest files beside the tests import the fixtures from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from shop.inventory.contract import Inventory
from tests.inventory_contract.database_world import LOCK_WAIT, DatabaseWorld
from tests.inventory_contract.iris_world import IrisWorld
from tests.inventory_contract.world import World
from tests.superserver import Superserver

INVENTORIES = [
    pytest.param("database", marks=pytest.mark.django_db(transaction=True)),
    "iris",
]


@pytest.fixture
def database_world() -> Iterator[World]:
    """Django's database; on SQLite this thread's patience is cut to that of the inventory."""
    if connection.vendor != "sqlite":
        yield DatabaseWorld()
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(LOCK_WAIT * 1000)}")
    yield DatabaseWorld()
    patience = connection.settings_dict["OPTIONS"]["timeout"]
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")


@pytest.fixture
def iris_world() -> Iterator[World]:
    """A server with the store that the public tutorial makes, and the shop's own alerts."""
    with Superserver() as server:
        server.create_store()
        world = IrisWorld(server)
        yield world
        world.close()


@pytest.fixture(params=INVENTORIES)
def world(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> World:
    """A store, empty, with the world around it."""
    record_property("inventory", request.param)
    made: World = request.getfixturevalue(f"{request.param}_world")
    return made


@pytest.fixture
def inventory(world: World) -> Inventory:
    """The inventory under test."""
    return world.inventory
