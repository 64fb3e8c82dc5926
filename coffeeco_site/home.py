"""The home page and the privacy page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.branches import BRANCHES
from shop.catalogue import get_catalogue
from shop.inventory.contract import InventoryUnavailable, Product, ProductQuery

FEATURED = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The roaster, some coffees, the branches."""
    coffees, stale = _coffees()
    featured, others = coffees[:FEATURED], coffees[FEATURED : 2 * FEATURED]
    context = {
        "featured": featured,
        "coffees": {product.id for product in featured},
        # The picture at the top shows other coffees than the list, if there are enough.
        "in_the_window": others if len(others) == FEATURED else featured,
        "branches": BRANCHES,
        "stale": stale,
        "can_buy": not stale,
    }
    return render(request, "home.html", context)


def _coffees() -> tuple[tuple[Product, ...], bool]:
    """Coffees in stock, those to feature first, and whether they are only the last known."""
    try:
        listing = get_catalogue().listing(ProductQuery(in_stock=True))
    except InventoryUnavailable:
        return (), True
    return one_of_each_origin(listing.products), listing.stale


def one_of_each_origin(products: Sequence[Product]) -> tuple[Product, ...]:
    """Of every origin the coffee with most bags, then all others.

    Both are sorted by bags, most first, so that no last bag is featured.
    """
    by_bags = sorted(products, key=lambda product: (-product.left, product.id))
    firsts = {product.origin: product for product in reversed(by_bags)}.values()
    return tuple(sorted(by_bags, key=lambda product: product not in firsts))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Which personal data is kept, and for how long."""
    context = {
        "keep_email_days": settings.KEEP_EMAIL_DAYS,
        "basket_days": timedelta(seconds=settings.SESSION_COOKIE_AGE).days,
    }
    return render(request, "privacy.html", context)
