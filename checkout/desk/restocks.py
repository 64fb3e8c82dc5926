"""Bags that come in close the alerts of their coffees (registered as ``shop.desk.restocked``)."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from checkout import alerts
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryBusy, InventoryUnavailable


def note_restock(product_ids: Collection[int]) -> None:
    """Close the alerts of these products where enough bags are there again.

    While the stock can't be asked they stay open; the page of alerts tries again.
    """
    with suppress(InventoryUnavailable, InventoryBusy):
        alerts.close_restocked(get_inventory(), product_ids)
