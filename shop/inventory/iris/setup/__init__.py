"""What setup_inventory makes on an IRIS server."""

from shop.inventory.iris.setup.classes import compiled_digest
from shop.inventory.iris.setup.plan import set_up

__all__ = ["compiled_digest", "set_up"]
