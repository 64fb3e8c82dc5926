"""The front page of the staff."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checkout import limits
from checkout.alerts import count_open
from checkout.desk.charts import (
    DAYS,
    WEEK,
    BagsByDay,
    bags_by_day,
    sentence_on_waiting,
    who_is_waiting,
)
from checkout.desk.orders import waiting
from shop.desk import SOON, Selling, StockLine, gone, staff_only, stock_lines
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryBusy, InventoryUnavailable
from shop.plurals import counted

LATELY = 24
"""Of so many that sold out last, the most missed stand in the chart."""
MOST_FIRST = 12


@staff_only("inventory.view_stock", "inventory.receive_delivery", "checkout.see_orders")
@require_safe
def staff_home(request: HttpRequest) -> HttpResponse:
    """The front page; each figure only for those who may see its page."""
    sees_stock = request.user.has_perm("inventory.view_stock")
    sees_orders = request.user.has_perm("checkout.see_orders")
    waiting_at = who_is_waiting() if sees_orders else ()
    context = {
        "stock": _stock() if sees_stock else None,
        "waiting_at": waiting_at,
        "waiting_sentence": sentence_on_waiting(waiting_at),
        "oldest": max((dot.days for one in waiting_at for dot in one.dots), default=0),
        "waiting": waiting() if sees_orders else None,
        "orders_wait": _orders_that_wait() if sees_orders else "",
        "turned_away": limits.turned_away() if sees_orders else [],
        "alerts_wait": f"{count_open():,} open" if sees_stock else "",
    }
    return render(request, "staff/home.html", context)


def _orders_that_wait() -> str:
    found = waiting()
    pending = f", {found.pending:,} pending" if found.pending else ""
    return f"{found.to_collect:,} to collect{pending}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stock:
    """What the front page says of the stock."""

    sold_out: int
    soon: int
    """Coffees that run out within a week."""
    first: tuple[StockLine, ...]
    """What is sold out or runs out first."""
    days: BagsByDay

    @property
    def sentence(self) -> str:
        """What of ``first`` runs out next, or is missed most where nothing does."""
        for line in self.first:
            if line.cover:
                return f"{line.product.name} runs out first, in {counted(line.cover, 'day')}."
        return f"{self.first[0].product.name} is sold out and missed most." if self.first else ""


def _stock() -> _Stock | None:
    """The figures of the stock; None while it can't be asked."""
    inventory = get_inventory()
    try:
        selling = Selling(inventory, days=DAYS + WEEK)
        sold_out = gone(inventory)
        missed = stock_lines(inventory, sold_out[:LATELY])
        first = nsmallest(MOST_FIRST, selling.lasts, key=lambda id_: (selling.lasts[id_], id_))
        known = inventory.products(first)
        lines = stock_lines(
            inventory, [known[id_] for id_ in first if id_ in known], sold=selling.sold
        )
    except (InventoryUnavailable, InventoryBusy):
        return None
    missed = [line for line in missed if line.sales.bags]
    missed.sort(key=lambda line: line.sales.bags / line.sales.days, reverse=True)
    return _Stock(
        sold_out=len(sold_out),
        soon=sum(days <= SOON for days in selling.lasts.values()),
        first=(*missed[: MOST_FIRST // 2], *lines)[:MOST_FIRST],
        days=bags_by_day(selling.sold),
    )
