"""Every test here runs once for each inventory."""

from tests.inventory.contract.fixtures import (
    database_world,
    inventory,
    iris_server_world,
    iris_world,
)
from tests.inventory.contract.fixtures import world_or_server as world

__all__ = ["database_world", "inventory", "iris_server_world", "iris_world", "world"]
