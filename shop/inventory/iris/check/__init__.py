"""What check_inventory asks an IRIS server."""

from shop.inventory.iris.check.checks import all_checks

__all__ = ["all_checks"]
