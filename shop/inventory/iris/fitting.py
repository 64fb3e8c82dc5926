"""Whether a store is one that the shop can work with."""

from __future__ import annotations

from shop.inventory.contract import InventoryMisfit
from shop.inventory.iris.dictionary import is_right
from shop.inventory.iris.driver import Iris
from shop.inventory.iris.errors import MAKE_ID


def raise_misfit(iris: Iris) -> None:
    """Raise InventoryMisfit unless the table is there with its columns, and ProductId is its ID."""
    if not is_right(iris):
        raise InventoryMisfit("the ID of coffeeco.Inventory is not ProductId", MAKE_ID)
