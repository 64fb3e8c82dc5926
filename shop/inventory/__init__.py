"""The one door to stock: outside this package import ``get_inventory`` and the contract only."""

from shop.inventory.door import get_inventory

__all__ = ["get_inventory"]
