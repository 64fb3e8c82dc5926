"""The home page, the staff front page, and the pages for requests that can't be served."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shop.branches import BRANCHES
from shop.catalogue import get_catalogue
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryUnavailable, Product, ProductQuery

FEATURED = 3


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who we are, some coffees, our branches."""
    featured, stale = _featured()
    context = {"featured": featured, "branches": BRANCHES, "stale": stale, "can_buy": not stale}
    return render(request, "home.html", context)


def _featured() -> tuple[tuple[Product, ...], bool]:
    """Some coffees in stock, and whether they are as last known; none when nothing is known."""
    try:
        listing = get_catalogue().listing(ProductQuery(in_stock=True))
    except InventoryUnavailable:
        return (), True
    return listing.products[:FEATURED], listing.stale


@never_cache
@login_required
@require_safe
def staff_home(request: HttpRequest) -> HttpResponse:
    """The front page for the roaster's people."""
    if not request.user.has_perm("inventory.view_stock"):
        raise PermissionDenied
    return render(request, "staff/home.html", {"totals": get_inventory().totals()})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that has expired, or a browser that keeps no cookies."""
    return render(request, "403_csrf.html", status=403)
