"""The customers' words for the basket. Only here, so that they can be read at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from shop.basket.session import MOST_LINES, MOST_OF_ONE
from shop.inventory.contract import Product, Shelf

NAMED = 8
"""Changes that one message names; it travels in a cookie, which may hold 2 KB."""


# done


def added(name: str, quantity: int) -> str:
    """Bags were put into the basket."""
    sentence = ngettext("Added {n} bag of {name}.", "Added {n} bags of {name}.", quantity)
    return sentence.format(n=quantity, name=name)


def updated() -> str:
    """A line has another quantity."""
    return gettext("Basket updated.")


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


def reduced(changes: Sequence[tuple[str, int, int]]) -> str:
    """Lines were changed to what is left: names, with bags before and after."""
    named = [f"{name}: {before} → {after}" for name, before, after in changes[:NAMED]]
    unnamed = len(changes) - len(named)
    if unnamed:
        named.append(ngettext("and {n} more", "and {n} more", unnamed).format(n=unnamed))
    sentence = gettext("Your basket is changed to what is left. {changes}.")
    return sentence.format(changes="; ".join(named))


# nothing done, and why


def waiting(reference: str) -> str:
    """An order of this basket is not settled yet."""
    sentence = gettext(
        "Your order {reference} is being checked. Your basket can be changed once that is settled."
    )
    return sentence.format(reference=reference)


def ordered(reference: str) -> str:
    """The basket was paid for, in another tab perhaps."""
    sentence = gettext(
        "Your order {reference} has gone through. What it had is no longer in your basket."
    )
    return sentence.format(reference=reference)


def not_in_basket() -> str:
    """A line of an old page, to be changed."""
    return gettext("This coffee is not in your basket any more, so nothing was changed.")


def there_already(name: str, quantity: int) -> str:
    """A line of an old page, to be put back."""
    sentence = ngettext(
        "Your basket has {n} bag of {name} already, so nothing was changed.",
        "Your basket has {n} bags of {name} already, so nothing was changed.",
        quantity,
    )
    return sentence.format(n=quantity, name=name)


def type_a_number(least: int) -> str:
    """What was typed is no quantity."""
    return gettext("Type a whole number from {least} to {most}.").format(
        least=least, most=MOST_OF_ONE
    )


def full_of_one() -> str:
    """More bags of a coffee than a basket takes."""
    return gettext("A basket holds at most {most} bags of one coffee.").format(most=MOST_OF_ONE)


def full() -> str:
    """More coffees than a basket takes."""
    return gettext("A basket holds at most {most} different coffees.").format(most=MOST_LINES)


def gone(name: str, product: Product | None = None) -> str:
    """Not to be had: sold out, or taken off sale."""
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
    """What a product is called that the shop does not know any more."""
    return gettext("Product {number}").format(number=product_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A product and how many bags of it were in the basket."""

    product_id: int
    quantity: int

    @property
    def tag(self) -> str:
        """A few characters for the message's cookie: ``undo-1003-2``."""
        return f"undo-{self.product_id}-{self.quantity}"

    @classmethod
    def read(cls, tags: str) -> Taken | None:
        """What :attr:`tag` wrote, from among a message's tags."""
        found = re.search(r"\bundo-(\d+)-(\d+)\b", tags)
        if found is None:
            return None
        return cls(product_id=int(found[1]), quantity=int(found[2]))
