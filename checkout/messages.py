"""The customers' words for how paying can go wrong. Only here, so that they can be read at once."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from checkout.errors import NotPlaced
from shop.formats import bags, money
from shop.inventory.contract import InventoryBusy, InventoryTimeout, PriceChange, Shortage

BASKET_CHANGED = _(
    "Your basket has changed since this page was shown. This is how it stands now; "
    "nothing has been ordered."
)
REFUSED_THEN = _("You have not been charged, and nothing was set aside.")
NOT_SOLD = _(
    "Nothing was sold, and you have not been charged. Your basket is kept, and you can try again "
    "from there."
)
ABANDONED_THEN = _("This order was given up before anything was sold. You have not been charged.")
NO_SUCH_ORDER = _("We have no order with this reference and this e-mail address. Check both.")
CHOOSE_BRANCH = _("Choose the branch where you want to collect your coffee.")
EMAIL_LOOKS_WRONG = _("Type an e-mail address like name@example.com, or leave it empty.")

_NOT_PLACED = {
    InventoryBusy: _("Many people are buying this right now. Your basket is kept; try again."),
    InventoryTimeout: _(
        "Our stock system did not answer in time. Your basket is kept; try again in a moment."
    ),
}
_AWAY = _("Our stock system is away for the moment. Your basket is kept; try again in a moment.")


def not_placed(error: NotPlaced) -> str:
    """Why nothing was placed, for the page that says so."""
    return str(_NOT_PLACED.get(type(error.cause), _AWAY))


def abandoned(reference: str) -> str:
    """The order of the last attempt was given up."""
    sentence = gettext(
        "Your last attempt, {reference}, was not placed and you have not been charged. "
        "Press Pay now to try again."
    )
    return sentence.format(reference=reference)


def short(shortage: Shortage) -> str:
    """A line that wanted more than was left."""
    name, wanted = shortage.name, shortage.wanted
    if not shortage.left:
        sentence = gettext("{name} is sold out; you wanted {bags}.")
        return sentence.format(name=name, bags=bags(wanted))
    sentence = ngettext(
        "Only {n} bag of {name} is left; you wanted {wanted}.",
        "Only {n} bags of {name} are left; you wanted {wanted}.",
        shortage.left,
    )
    return sentence.format(n=shortage.left, name=name, wanted=wanted)


def repriced(change: PriceChange) -> str:
    """A line whose price is not the one that was shown."""
    prices = {"name": change.name, "shown": money(change.shown), "now": money(change.now)}
    if change.quantity == 1:
        return gettext("{name}: was {shown} a bag, now {now}").format(**prices)
    sentence = gettext("{name}: was {shown} a bag, now {now} ({bags})")
    return sentence.format(**prices, bags=bags(change.quantity))
