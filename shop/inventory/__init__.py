"""The one door to stock: outside this package import these and the contract only."""

from shop.inventory.changes import is_delivery, received_before
from shop.inventory.door import get_inventory

__all__ = ["get_inventory", "is_delivery", "received_before"]
