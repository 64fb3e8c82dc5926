"""Whether a store is one that the shop can work with."""

from __future__ import annotations

from shop.inventory.contract import InventoryMisfit
from shop.inventory.iris.driver import Iris, ServerError
from shop.inventory.iris.errors import MAKE_ID
from shop.inventory.iris.rows import count_of_strangers, key_columns


def raise_misfit(iris: Iris) -> None:
    """Raise InventoryMisfit unless the table is there with its columns, and ProductId is its ID."""
    strangers = count_of_strangers(iris)
    try:
        key = key_columns(iris)
    except ServerError:
        # An account without rights on the class dictionary: what the rows show has to do.
        key = ["ProductId"]
    if strangers or "ProductId" not in key:
        raise InventoryMisfit("the ID of coffeeco.Inventory is not ProductId", MAKE_ID)
