"""Pages requested in this process, without a network."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from itertools import product

from benchmarks.measure import Measure, seconds
from benchmarks.shops import MANY_BAGS, sell_a_bag, shopper
from benchmarks.visit import Visitor


def floor(_stack: ExitStack, _products: int) -> Measure:
    """A bare Django page."""
    from django.core.wsgi import get_wsgi_application

    from benchmarks.floor import configure

    configure()
    visitor = Visitor(get_wsgi_application())
    return seconds(lambda: visitor.get("/shop/"))


def catalogue(stack: ExitStack, products: int) -> Measure:
    """The shop's catalogue, for a visitor with three coffees in the basket."""
    visitor = shopper(stack, products)
    return seconds(lambda: visitor.get("/shop/"))


def revalidation(stack: ExitStack, products: int) -> Measure:
    """The catalogue for a browser that has the page in its cache."""
    visitor = shopper(stack, products)
    etag = visitor.etag
    return seconds(lambda: visitor.get("/shop/", etag=etag, expect=304))


def rendered_anew(stack: ExitStack, products: int) -> Measure:
    """The catalogue when rows are cached and pages are not."""
    visitor = shopper(stack, products)

    from shop.catalogue import reader

    reader.LARGEST_PAGE = 0
    reader.get_catalogue()._memory.pages.clear()
    return seconds(lambda: visitor.get("/shop/"))


def after_a_sale(stack: ExitStack, products: int) -> Measure:
    """The catalogue when a bag was sold before each page; the sale's time is left out."""
    visitor = shopper(stack, products, quantity=MANY_BAGS)
    page = seconds(partial(visitor.get, "/shop/"))

    def measure(times: int) -> float:
        taken = 0.0
        for _ in range(times):
            sell_a_bag()
            taken += page(1)
        return taken

    return measure


def home(stack: ExitStack, products: int) -> Measure:
    """The front page."""
    return _page(stack, products, "/")


def coffee(stack: ExitStack, products: int) -> Measure:
    """A coffee's page."""
    return _page(stack, products, "/shop/1004/coffee-0003/")


def basket(stack: ExitStack, products: int) -> Measure:
    """A basket of three."""
    return _page(stack, products, "/basket/")


def checkout(stack: ExitStack, products: int) -> Measure:
    """The checkout of a basket of three."""
    return _page(stack, products, "/checkout/")


def _page(stack: ExitStack, products: int, path: str) -> Measure:
    return seconds(partial(shopper(stack, products).get, path))


def search(stack: ExitStack, products: int) -> Measure:
    """A search that was not made before, and finds one of the first twelve coffees."""
    visitor = shopper(stack, products)
    # Case does not matter to the search, but each spelling has its own cache entry.
    words = map("".join, product(*((letter, letter.upper()) for letter in "coffee")))
    searches = (f"q={word}+{number:04}" for word in words for number in range(12))
    return seconds(lambda: visitor.get("/shop/", query=next(searches)))
