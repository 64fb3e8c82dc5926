"""The customers' words for how paying can go wrong. Only here, so that they can be read at once."""

from __future__ import annotations

from checkout.errors import NotPlaced
from shop.inventory.contract import InventoryBusy, InventoryTimeout

BASKET_CHANGED = (
    "Your basket has changed since this page was shown. This is how it stands now; "
    "nothing has been ordered."
)
ABANDONED = (
    "Your last attempt, {reference}, was not placed and you have not been charged. "
    "Press Pay now to try again."
)
REFUSED_THEN = "This order was not placed and you have not been charged."
NOT_SOLD = "Nothing was sold. Your basket is kept, and you can try again from there."
ABANDONED_THEN = "This order was given up before anything was sold. You have not been charged."
NO_SUCH_ORDER = "We have no order with this reference and this e-mail address. Check both."
EMPTY = "Your basket is empty."
CHOOSE_BRANCH = "Choose the branch where you want to collect your coffee."
EMAIL_LOOKS_WRONG = "Type an e-mail address like name@example.com, or leave it empty."

_NOT_PLACED = {
    InventoryBusy: "Many people are buying this right now. Your basket is kept; try again.",
    InventoryTimeout: "Our stock system did not answer in time. Your basket is kept; try again "
    "in a moment.",
}
_AWAY = "Our stock system is away for the moment. Your basket is kept; try again in a moment."


def not_placed(error: NotPlaced) -> str:
    """Why nothing was placed, for the page that says so."""
    return _NOT_PLACED.get(type(error.cause), _AWAY)
