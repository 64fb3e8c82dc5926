"""What setup_inventory makes on an IRIS server."""

from shop.inventory.iris.setup.plan import set_up

__all__ = ["set_up"]
