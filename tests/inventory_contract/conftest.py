"""Every test here runs once for each inventory."""

from tests.inventory_contract.fixtures import database_world, inventory, iris_world, world

__all__ = ["database_world", "inventory", "iris_world", "world"]
