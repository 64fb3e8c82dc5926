"""The sentences that customers read about coffees and lists of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from shop.catalogue.countries import country
from shop.catalogue.query import CatalogueQuery
from shop.catalogue.reader import Listing
from shop.formats import bags, number, shop_lang
from shop.inventory.contract import Product, Shelf

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


def title(listing: Listing, query: CatalogueQuery) -> str:
    """What a browser calls the page."""
    page = {"page": listing.page, "pages": listing.pages} if listing.pages > 1 else {}
    behind = " {page}/{pages}".format(**page) if page else ""
    if query.text:
        return gettext("Search: %(text)s") % {"text": query.text} + behind
    if query.origin:
        return gettext("Coffees from %(origin)s") % {"origin": country(query.origin)} + behind
    return gettext("Coffees, page %(page)s of %(pages)s") % page if page else gettext("Coffees")


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
    origin, text = country(query.origin), query.quoted
    if query.text and query.origin:
        words = gettext("%(found)s for “%(text)s” from %(origin)s") % {
            "found": words,
            "text": text,
            "origin": origin,
        }
    elif query.text:
        words = gettext("%(found)s for “%(text)s”") % {"found": words, "text": text}
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


class LinkWords(NamedTuple):
    """What the page behind a mail's link says, and its button, if there is something to press."""

    heading: StrPromise | str
    sentence: StrPromise | str
    button: StrPromise | str = ""


_BEHIND_LINK = {
    "confirm": LinkWords(
        _("Shall we tell you when {name} is back?"),
        _("You get one e-mail when bags come in. Then we delete your address."),
        _("Tell me when it’s back"),
    ),
    "confirmed": LinkWords(
        _("We will tell you"),
        _("You get one e-mail when bags of {name} come in. Then we delete your address."),
    ),
    "stop": LinkWords(
        _("Stop the e-mail about {name}?"),
        _("We delete your address and send you nothing."),
        _("Send me no e-mail"),
    ),
    "stopped": LinkWords(
        _("You will get no e-mail"), _("We do not keep your address for this coffee.")
    ),
    "over": LinkWords(
        _("This link has expired"),
        _(
            "We have deleted the address: it was not confirmed in time, or the e-mail was sent. "
            "You can ask again on the page of the coffee."
        ),
    ),
}


def behind_link(state: str, name: str) -> LinkWords:
    """The words for a request to be told of a coffee of this name, by what becomes of it."""
    marked = format_html("<bdi{}>{}</bdi>", shop_lang(), name)
    return LinkWords(*(format_html(str(words), name=marked) for words in _BEHIND_LINK[state]))


def stock(product: Product, low_stock: int) -> str:
    """What is left of a coffee."""
    if product.shelf is Shelf.WITHDRAWN:
        return gettext("No longer on sale")
    if product.is_sold_out:
        return gettext("Sold out")
    if product.left < low_stock:
        return gettext("Only %(left)s left") % {"left": product.left}
    return gettext("%(bags)s in stock") % {"bags": bags(product.left)}
