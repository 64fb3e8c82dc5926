"""The list of past deliveries, one page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shop.deliveries import KEY
from shop.desk import product_forms
from shop.inventory import undo_of
from shop.inventory.contract import (
    MAX_REFERENCE,
    Decision,
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

    rows: tuple[tuple[PastDelivery, bool, bool], ...] = ()
    """Each with whether it has a page, which it has if a form made its key, and was undone."""
    before: str = ""
    """The key of the delivery after which the page begins; empty for the latest."""
    older: str = ""
    """The key after which the next page begins; empty at the end."""
    is_away: bool = False
    """True when the stock system could not be asked."""


def past_deliveries(inventory: Inventory, before: str) -> PastDeliveries:
    """The deliveries before this key; the latest when it can't be a key."""
    before = before if A_KEY.fullmatch(before) else ""

    def is_undone(key: str) -> bool:
        return has_page(key) and undo_of(inventory, key) is not None

    try:
        found = inventory.deliveries(limit=MOST_LISTED + 1, before=before)
        listed = found[:MOST_LISTED]
        rows = tuple((one, has_page(one.key), is_undone(one.key)) for one in listed)
    except (InventoryUnavailable, InventoryBusy):
        return PastDeliveries(is_away=True)
    return PastDeliveries(
        rows=rows,
        before=before,
        older=listed[-1].key if len(found) > MOST_LISTED else "",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenBack:
    """What became of one coffee of a delivery that was undone."""

    product_id: int
    name: str
    received: int
    meanwhile: int
    """What its stock changed by from the delivery to the undo, such as by sales."""
    taken: int
    """Bags that were counted down."""
    now: int
    """Bags that could be bought afterwards."""
    details: str
    is_withdrawn: bool

    @property
    def gone(self) -> int:
        """Bags of the delivery that were not there any more."""
        return self.received - self.taken


def taken_back(delivery: Decision, undo: Decision) -> tuple[TakenBack, ...]:
    """What an undo took back of each coffee of the delivery."""
    received = {result.product_id: result for result in delivery.results}
    return tuple(
        TakenBack(
            product_id=one.product_id,
            name=one.name or received[one.product_id].name,
            received=received[one.product_id].quantity,
            meanwhile=one.before - received[one.product_id].after,
            taken=-one.quantity,
            now=one.after,
            details=one.details,
            is_withdrawn=one.kept is not None,
        )
        for one in undo.results
    )


def has_page(key: str) -> bool:
    """Whether a delivery under this key can be looked at by itself."""
    return bool(KEY.fullmatch(key) or product_forms.KEY.fullmatch(key))
