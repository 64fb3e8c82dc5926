"""The page of what was sold on some days."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from checkout.desk.days import Days
from checkout.desk.sums import Sums, sold
from shop.desk import csv_page, staff_only
from shop.http import encoded

MOST_COFFEES = 200
MOST_ORDERS = 30_000
"""The file adds up any number; more take too long for a page."""

sees_orders = staff_only("checkout.see_orders", begin="staff_orders")


@sees_orders
@require_safe
def staff_sums(request: HttpRequest) -> HttpResponse:
    """The sums of the days that are asked for; of this month when none are."""
    today = timezone.localdate()
    this_month = Days.month_of(today)
    last_month = Days.month_of(today.replace(day=1) - timedelta(days=1))
    days = _days(request)
    orders = sold(days).count()
    sums = Sums.of(days) if orders <= MOST_ORDERS else None
    context = {
        "orders": orders,
        "sums": sums,
        "days": days,
        "coffees": sums.coffees(MOST_COFFEES) if sums else [],
        "most": MOST_COFFEES,
        "most_orders": MOST_ORDERS,
        "here": encoded(days.asked),
        "months": [
            ("This month", encoded(this_month.asked), days == this_month),
            ("Last month", encoded(last_month.asked), days == last_month),
        ],
    }
    return render(request, "staff/sums.html", context)


@sees_orders
@require_safe
def staff_sums_export(request: HttpRequest) -> HttpResponseBase:
    """The same as a CSV file."""
    return csv_page("sums.csv", Sums.of(_days(request)).rows())


def _days(request: HttpRequest) -> Days:
    days = Days.read(request.GET.dict())
    return days if days != Days() else Days.month_of(timezone.localdate())
