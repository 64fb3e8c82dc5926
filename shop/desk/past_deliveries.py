"""The list of past deliveries, one page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shop.deliveries import KEY
from shop.desk import product_forms
from shop.inventory.contract import (
    MAX_REFERENCE,
    Inventory,
    InventoryBusy,
    InventoryUnavailable,
    PastDelivery,
)

MOST_LISTED = 25
A_KEY = re.compile(f"[A-Za-z0-9_-]{{1,{MAX_REFERENCE}}}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PastDeliveries:
    """A page of the list, latest first."""

    rows: tuple[tuple[PastDelivery, bool], ...] = ()
    """Each with whether it has a page: it has one if a form made its key."""
    before: str = ""
    """The key of the delivery after which the page begins; empty for the latest."""
    older: str = ""
    """The key after which the next page begins; empty at the end."""
    is_away: bool = False
    """True when the stock system could not be asked."""


def past_deliveries(inventory: Inventory, before: str) -> PastDeliveries:
    """The deliveries before this key; the latest when it can't be a key."""
    before = before if A_KEY.fullmatch(before) else ""
    try:
        found = inventory.deliveries(limit=MOST_LISTED + 1, before=before)
    except (InventoryUnavailable, InventoryBusy):
        return PastDeliveries(is_away=True)
    listed = found[:MOST_LISTED]
    return PastDeliveries(
        rows=tuple((one, has_page(one.key)) for one in listed),
        before=before,
        older=listed[-1].key if len(found) > MOST_LISTED else "",
    )


def has_page(key: str) -> bool:
    """Whether a delivery under this key can be looked at by itself."""
    return bool(KEY.fullmatch(key) or product_forms.KEY.fullmatch(key))
