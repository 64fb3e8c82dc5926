"""The inventory in Django's own database: stock and ledger as tables."""

from shop.inventory.database.inventory import DatabaseInventory

__all__ = ["DatabaseInventory"]
