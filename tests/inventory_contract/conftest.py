"""Every test here runs once for each inventory."""

from tests.inventory_contract.fixtures import database_world, inventory, world

__all__ = ["database_world", "inventory", "world"]
