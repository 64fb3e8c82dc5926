"""The sentences that customers read about their basket."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext

from shop.basket.session import MOST_LINES, MOST_OF_ONE
from shop.inventory.contract import Product, Shelf

NAMED = 8
"""Changes that one message names, because a message's cookie holds 2 KB."""


# done


def added(name: str, quantity: int) -> str:
    """Bags were put into the basket."""
    sentence = ngettext("Added {n} bag of {name}.", "Added {n} bags of {name}.", quantity)
    return sentence.format(n=quantity, name=name)


def updated(changes: Sequence[tuple[str, int, int]]) -> str:
    """Lines have other numbers: names, with bags before and after."""
    return gettext("Your basket was changed. {changes}.").format(changes=_named(changes))


def removed(name: str) -> str:
    """A line was taken out."""
    return gettext("{name} was taken out of your basket.").format(name=name)


def back(name: str, quantity: int) -> str:
    """A line that was taken out was put back."""
    sentence = ngettext(
        "{n} bag of {name} is back in your basket.",
        "{n} bags of {name} are back in your basket.",
        quantity,
    )
    return sentence.format(n=quantity, name=name)


def put_back(quantity: int) -> str:
    """The coffees of an earlier order are in the basket."""
    sentence = ngettext(
        "{n} bag of that order is in your basket.",
        "{n} bags of that order are in your basket.",
        quantity,
    )
    return sentence.format(n=quantity)


def reduced(changes: Sequence[tuple[str, int, int]]) -> str:
    """Lines were changed to what is left: names, with bags before and after."""
    sentence = gettext("Your basket was reduced to what is left. {changes}.")
    return sentence.format(changes=_named(changes))


def _named(changes: Sequence[tuple[str, int, int]]) -> str:
    named = [f"{name}: {before} → {after}" for name, before, after in changes[:NAMED]]
    unnamed = len(changes) - len(named)
    if unnamed:
        named.append(ngettext("and {n} more", "and {n} more", unnamed).format(n=unnamed))
    return "; ".join(named)


# why nothing was done


def waiting(reference: str) -> str:
    """An order of this basket is not settled yet."""
    sentence = gettext(
        "Your order {reference} is being checked. You can change your basket as soon as we know."
    )
    return sentence.format(reference=reference)


def ordered(reference: str) -> str:
    """The basket was paid for, possibly in another tab."""
    sentence = gettext(
        "Your order {reference} has gone through, and its coffees were taken out of your basket."
    )
    return sentence.format(reference=reference)


def not_in_basket() -> str:
    """A form of an old page changes a line that is not there any more."""
    return gettext(
        "A coffee that you changed is no longer in your basket, so its number was not saved."
    )


def there_already(name: str, quantity: int) -> str:
    """A form of an old page puts back a line that is there again."""
    sentence = ngettext(
        "Your basket has {n} bag of {name} already, so nothing was changed.",
        "Your basket has {n} bags of {name} already, so nothing was changed.",
        quantity,
    )
    return sentence.format(n=quantity, name=name)


def type_a_number(least: int) -> str:
    """The quantity is not a number that a basket takes."""
    return gettext("Type a whole number from {least} to {most}.").format(
        least=least, most=MOST_OF_ONE
    )


def full_of_one() -> str:
    """More bags of one coffee than a basket may hold."""
    return gettext("A basket holds at most {most} bags of one coffee.").format(most=MOST_OF_ONE)


def full() -> str:
    """More coffees than a basket may hold."""
    return gettext("A basket holds at most {most} different coffees.").format(most=MOST_LINES)


def gone(name: str, product: Product | None = None) -> str:
    """The coffee is sold out, or off sale."""
    if product and product.shelf is Shelf.WITHDRAWN:
        return gettext("{name} is no longer on sale.").format(name=name)
    return gettext("{name} is sold out.").format(name=name)


def only_left(name: str, left: int, *, have: int = 0) -> str:
    """Fewer are left than wanted; ``have`` are in the basket already."""
    if have:
        sentence = ngettext(
            "Only {n} bag of {name} is left, and your basket has {have}.",
            "Only {n} bags of {name} are left, and your basket has {have}.",
            left,
        )
    else:
        sentence = ngettext(
            "Only {n} bag of {name} is left.", "Only {n} bags of {name} are left.", left
        )
    return sentence.format(n=left, name=name, have=have)


def unnamed(product_id: int) -> str:
    """The name shown for a product that the shop does not know any more."""
    return gettext("Product {number}").format(number=product_id)
