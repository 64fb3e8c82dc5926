"""All access to stock. Code outside this package imports only these names and the contract."""

from shop.inventory.changes import is_counts, is_delivery, received_before, undo_of
from shop.inventory.stores import get_inventory

__all__ = ["get_inventory", "is_counts", "is_delivery", "received_before", "undo_of"]
