"""The sentences that customers read about coffees and lists of them."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from shop.catalogue.countries import country
from shop.catalogue.query import CatalogueQuery
from shop.catalogue.reader import Listing
from shop.formats import bags, number
from shop.inventory.contract import Product, Shelf


def found(listing: Listing, query: CatalogueQuery, sold_out: int = 0) -> str:
    """How many coffees match, which of them the page shows, and what was searched for.

    ``sold_out`` of those that match stand behind the list.
    """
    if not listing.total + sold_out:
        if query.is_filtered:
            return gettext("No coffee matches.")
        return gettext("No coffee on the shelf.")
    total = listing.total + sold_out
    words = ngettext("%(number)s coffee", "%(number)s coffees", total) % {"number": number(total)}
    origin = country(query.origin)
    if query.text and query.origin:
        words = gettext("%(found)s for “%(text)s” from %(origin)s") % {
            "found": words,
            "text": query.text,
            "origin": origin,
        }
    elif query.text:
        words = gettext("%(found)s for “%(text)s”") % {"found": words, "text": query.text}
    elif query.origin:
        words = gettext("%(found)s from %(origin)s") % {"found": words, "origin": origin}
    if listing.pages == 1:
        return words
    return gettext("%(first)s to %(last)s of %(found)s") % {
        "first": listing.first,
        "last": listing.last,
        "found": words,
    }


def look_in_your_mail(address: str, name: str) -> str:
    """The answer to each request to be told when a coffee is back, known address or not."""
    sentence = gettext(
        "We are sending an e-mail to {address}. Open the link in it within a day, and we will tell "
        "you when {name} is back."
    )
    return sentence.format(address=address, name=name)


def asked_too_often(minutes: int) -> str:
    """Too many requests came from the visitor's address."""
    sentence = ngettext(
        "Too many such requests came over your internet connection. Try again in {n} minute.",
        "Too many such requests came over your internet connection. Try again in {n} minutes.",
        minutes,
    )
    return sentence.format(n=minutes)


def stock(product: Product, low_stock: int) -> str:
    """What is left of a coffee."""
    if product.shelf is Shelf.WITHDRAWN:
        return gettext("No longer on sale")
    if product.is_sold_out:
        return gettext("Sold out")
    if product.left < low_stock:
        return gettext("Only %(left)s left") % {"left": product.left}
    return gettext("%(bags)s in stock") % {"bags": bags(product.left)}
