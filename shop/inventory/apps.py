"""The inventory: stock, its ledger, and the stores it can live in."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Django's entry for the tables of ``database://``."""

    name = "shop.inventory"
    label = "inventory"
