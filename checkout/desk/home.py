"""The front page of the staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checkout import limits
from checkout.alerts import count_open
from checkout.desk.orders import waiting
from shop.desk import staff_only
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryBusy, InventoryUnavailable, StockTotals


@staff_only("inventory.view_stock", "inventory.receive_delivery", "checkout.see_orders")
@require_safe
def staff_home(request: HttpRequest) -> HttpResponse:
    """The front page; each figure only for those who may see its page."""
    sees_stock = request.user.has_perm("inventory.view_stock")
    sees_orders = request.user.has_perm("checkout.see_orders")
    context = {
        "totals": _totals() if sees_stock else None,
        "orders_wait": _orders_that_wait() if sees_orders else "",
        "turned_away": limits.turned_away() if sees_orders else [],
        "alerts_wait": f"{count_open():,} open" if sees_stock else "",
    }
    return render(request, "staff/home.html", context)


def _orders_that_wait() -> str:
    found = waiting()
    pending = f", {found.pending:,} pending" if found.pending else ""
    return f"{found.to_collect:,} to collect{pending}"


def _totals() -> StockTotals | None:
    """The figures of the stock; None while it can't be asked."""
    try:
        return get_inventory().totals()
    except (InventoryUnavailable, InventoryBusy):
        return None
