"""The list of what came in before, one stretch at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shop.deliveries import KEY
from shop.desk import product_forms
from shop.inventory.contract import Inventory, InventoryBusy, InventoryUnavailable, PastDelivery

MOST_LISTED = 25
A_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDelivery:
    """A delivery in the list; it has a page when its key came from one of the shop's forms."""

    delivery: PastDelivery
    has_page: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class PastDeliveries:
    """A stretch of the list, latest first."""

    rows: tuple[ListedDelivery, ...] = ()
    before: str = ""
    """The key of the delivery that the stretch begins after; empty for the latest."""
    older: str = ""
    """The key to go on after; empty at the end."""
    is_away: bool = False
    """True when the stock system could not be asked."""


def past_deliveries(inventory: Inventory, before: str) -> PastDeliveries:
    """The deliveries before this key, or the latest for what can't be one."""
    before = before if A_KEY.fullmatch(before) else ""
    try:
        found = inventory.deliveries(limit=MOST_LISTED + 1, before=before)
    except (InventoryUnavailable, InventoryBusy):
        return PastDeliveries(is_away=True)
    listed = found[:MOST_LISTED]
    return PastDeliveries(
        rows=tuple(ListedDelivery(delivery=one, has_page=has_page(one.key)) for one in listed),
        before=before,
        older=listed[-1].key if len(found) > MOST_LISTED else "",
    )


def has_page(key: str) -> bool:
    """Whether a delivery under this key can be looked at by itself."""
    return bool(KEY.fullmatch(key) or product_forms.KEY.fullmatch(key))
