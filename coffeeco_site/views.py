"""The home page, the staff front page, and the pages for requests that can't be served."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from checkout.alerts import count_open
from checkout.order_desk import waiting
from shop.branches import BRANCHES
from shop.catalogue import get_catalogue
from shop.inventory import get_inventory
from shop.inventory.contract import (
    InventoryBusy,
    InventoryUnavailable,
    Product,
    ProductQuery,
    StockTotals,
)

FEATURED = 3
AWAY = (OperationalError, InterfaceError, InternalError)
"""How a database fails that is away, locked, full or (the last of them, PostgreSQL) read-only."""
SEES_THE_DESK = ("inventory.view_stock", "inventory.receive_delivery", "checkout.see_orders")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Who we are, some coffees, our branches."""
    coffees, stale = _coffees()
    featured, others = coffees[:FEATURED], coffees[FEATURED : 2 * FEATURED]
    context = {
        "featured": featured,
        # The picture on top shows other bags than the list below it, if there are enough.
        "in_the_window": others if len(others) == FEATURED else featured,
        "branches": BRANCHES,
        "stale": stale,
        "can_buy": not stale,
    }
    return render(request, "home.html", context)


def _coffees() -> tuple[tuple[Product, ...], bool]:
    """Coffees in stock, best shown first, and whether they are as last known; none if unknown."""
    try:
        listing = get_catalogue().listing(ProductQuery(in_stock=True))
    except InventoryUnavailable:
        return (), True
    return one_of_each_origin(listing.products), listing.stale


def one_of_each_origin(products: Sequence[Product]) -> tuple[Product, ...]:
    """For a first choice: of every origin the coffee with most bags; after these the others.

    Among each the one with most bags comes first, so that no last bag is put on show.
    """
    by_bags = sorted(products, key=lambda product: (-product.left, product.id))
    firsts = {product.origin: product for product in reversed(by_bags)}.values()
    return tuple(sorted(by_bags, key=lambda product: product not in firsts))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, and for how long."""
    context = {
        "keep_email_days": settings.KEEP_EMAIL_DAYS,
        "basket_days": timedelta(seconds=settings.SESSION_COOKIE_AGE).days,
    }
    return render(request, "privacy.html", context)


@never_cache
@login_required
@require_safe
def staff_home(request: HttpRequest) -> HttpResponse:
    """The front page for the roaster's people."""
    if not any(request.user.has_perm(permission) for permission in SEES_THE_DESK):
        raise PermissionDenied
    context = {
        "totals": _totals(request),
        "orders_wait": _orders_that_wait(request),
        "alerts_wait": _alerts_that_wait(request),
    }
    return render(request, "staff/home.html", context)


def _orders_that_wait(request: HttpRequest) -> str:
    if not request.user.has_perm("checkout.see_orders"):
        return ""
    found = waiting()
    pending = f", {found.pending:,} pending" if found.pending else ""
    return f"{found.to_collect:,} to collect{pending}"


def _alerts_that_wait(request: HttpRequest) -> str:
    if not request.user.has_perm("inventory.view_stock"):
        return ""
    return f"{count_open():,} open"


def _totals(request: HttpRequest) -> StockTotals | None:
    """The shelf's figures, for those who may see the stock; None while it can't be asked."""
    if not request.user.has_perm("inventory.view_stock"):
        return None
    try:
        return get_inventory().totals()
    except (InventoryUnavailable, InventoryBusy):
        return None


def locked_out(
    request: HttpRequest, _response: HttpResponse, _credentials: dict[str, str]
) -> HttpResponse:
    """After too many failed log-ins; the same page whether there is such an account or not."""
    response = render(request, "staff/locked.html", status=429)
    response["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    response["Cache-Control"] = "no-store"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that has expired, or a browser that keeps no cookies."""
    return render(request, "403_csrf.html", status=403)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """A request that makes no sense.

    Unlike Django's own page, neither this one nor the next reads what was sent: a body that makes
    no sense would be an error of ours there.
    """
    return HttpResponse(loader.get_template("400.html").render(), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """An address of nothing."""
    return render(request, "404.html", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Something failed. A database that can't be asked or written is a matter of minutes: 503."""
    page = loader.get_template("500.html").render()
    if not isinstance(sys.exception(), AWAY):
        return HttpResponse(page, status=500)
    return HttpResponse(page, status=503, headers={"Retry-After": "5"})
