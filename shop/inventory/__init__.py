"""All access to stock. Code outside this package imports only these names and the contract."""

from shop.inventory.changes import is_delivery, received_before
from shop.inventory.stores import get_inventory

__all__ = ["get_inventory", "is_delivery", "received_before"]
