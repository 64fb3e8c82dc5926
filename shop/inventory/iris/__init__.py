"""The inventory in InterSystems IRIS: stock as objects, the ledger as globals."""

from shop.inventory.iris.inventory import IrisInventory

__all__ = ["IrisInventory"]
