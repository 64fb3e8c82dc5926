"""The checkout's sentences: what can go wrong with paying, and what staff read in mails."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from checkout.errors import NotPlaced
from checkout.models import OrderLimit, StockAlert
from shop.formats import bags, money
from shop.inventory.contract import (
    AlertKind,
    InventoryBusy,
    InventoryTimeout,
    PriceChange,
    Shortage,
)
from shop.printable import one_line

BASKET_CHANGED = _(
    "Your basket has changed since this page was shown. This is how it stands now; "
    "nothing has been ordered."
)
REFUSED_THEN = _("Nothing was ordered, and nothing was set aside.")
NOT_SOLD = _("Nothing was ordered. Your basket is kept, and you can try again from there.")
ABANDONED_THEN = _("This order was not completed. Nothing was ordered.")
NO_SUCH_ORDER = _("We have no order with this reference and this e-mail address. Check both.")
NO_REFERENCE = _(
    "Type the reference from your receipt: eight letters and digits, with or without CC-."
)
CANCELLED = _("Your order is cancelled. There is nothing to collect and nothing to pay.")
BEING_CANCELLED = _(
    "Your order is cancelled. Its coffee goes back on our shelf as soon as the stock system "
    "answers."
)
NOT_CANCELLABLE = _("This order can’t be cancelled any more. Nothing was changed.")
ADDRESS_CHANGED = _("The address was changed, and your receipt is on its way there.")
ADDRESS_STANDS = _("The address can’t be changed any more. It stays as it is.")
CHOOSE_BRANCH = _("Choose the branch where you want to collect your coffee.")

_NOT_PLACED = {
    InventoryBusy: _(
        "Many people are buying the same coffee right now. Your basket is kept; try again."
    ),
    InventoryTimeout: _(
        "Our stock system did not answer in time. Your basket is kept; try again in a moment."
    ),
}
_AWAY = _("Our stock system is not available now. Your basket is kept; try again in a moment.")


def not_placed(error: NotPlaced) -> str:
    """Why the order was not placed."""
    return str(_NOT_PLACED.get(type(error.cause), _AWAY))


def over(limit: OrderLimit) -> str:
    """Why a new order was not placed."""
    if limit is OrderLimit.ORDER_BAGS:
        sentence = gettext(
            "One order can have at most {bags}. Nothing has been ordered, and your basket is kept. "
            "Take some bags out to go on."
        )
        return sentence.format(bags=bags(settings.ORDER_MAX_BAGS))
    if limit is OrderLimit.ADDRESS_BAGS:
        return gettext(
            "Many bags that were ordered over your internet connection today have not been "
            "collected yet. Nothing has been ordered, and your basket is kept. Try again once they "
            "are collected, or tomorrow."
        )
    return gettext(
        "Many orders have come over your internet connection today. Nothing has been ordered, and "
        "your basket is kept. Try again tomorrow."
    )


def email_is_kept_for(days: int) -> str:
    """What the e-mail address is for, and how long it is kept."""
    sentence = ngettext(
        "For your receipt, and to find the order again. We remove your address {n} day after you "
        "collect.",
        "For your receipt, and to find the order again. We remove your address {n} days after you "
        "collect.",
        days,
    )
    return sentence.format(n=days)


def abandoned(reference: str) -> str:
    """The order of the last attempt was abandoned."""
    sentence = gettext(
        "Your order {reference} was not completed, and nothing was ordered. "
        "Press Pay now to try again."
    )
    return sentence.format(reference=reference)


def short(shortage: Shortage) -> str:
    """A line of more bags than were left."""
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
    """A line whose price has changed since it was shown."""
    prices = {"name": change.name, "shown": money(change.shown), "now": money(change.now)}
    if change.quantity == 1:
        return gettext("{name}: was {shown} a bag, now {now}").format(**prices)
    sentence = gettext("{name}: was {shown} a bag, now {now} ({bags})")
    return sentence.format(**prices, bags=bags(change.quantity))


def alert(occurrence: StockAlert) -> str:
    """What an order left of a product, and whether the stock server raised its alert; English."""
    is_out = occurrence.kind == AlertKind.OUT
    left = "the last bag was sold" if is_out else f"{bags(occurrence.left)} left"
    error = one_line(occurrence.error)
    failed = f" (the stock server could not raise its alert: {error})" if error else ""
    return f"{left} with order {occurrence.reference}{failed}"
