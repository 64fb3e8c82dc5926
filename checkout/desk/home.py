"""The front page of the staff."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from checkout.alerts import count_open
from checkout.desk.orders import waiting
from shop.inventory import get_inventory
from shop.inventory.contract import (
    InventoryBusy,
    InventoryUnavailable,
    StockTotals,
)

SEES_THE_DESK = ("inventory.view_stock", "inventory.receive_delivery", "checkout.see_orders")


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
