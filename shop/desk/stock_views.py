"""The page of the whole stock, and the stock as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from shop.deliveries import stock_rows
from shop.desk import stock
from shop.desk.access import staff_only
from shop.desk.csv_page import csv_page
from shop.desk.sales import stock_lines
from shop.desk.shelf import to_collect
from shop.desk.stock import Order, Show, StockQuery
from shop.http import page_url
from shop.inventory import get_inventory
from shop.inventory.contract import MAX_ID


class Filter(NamedTuple):
    """One of the links above the stock table, or in its head."""

    value: str
    label: str
    is_current: bool
    url: str


SORTS = (
    ("id", "No.", (Order.ID,)),
    ("name", "Name", (Order.NAME,)),
    ("price", "Price", (Order.PRICE, Order.PRICE_DOWN)),
    ("quantity", "Bags", (Order.QUANTITY,)),
    ("sold", "Sold, 30 days", (Order.SOLD,)),
    ("lasts", "Lasts", (Order.LASTS,)),
)


@staff_only("inventory.view_stock")
@require_safe
def staff_stock(request: HttpRequest) -> HttpResponse:
    """The whole stock, to search and to narrow down."""
    inventory = get_inventory()
    query = StockQuery.read(request.GET)
    coffees = stock.Stock(inventory)
    listing = stock.listing(coffees, query)
    lines = stock_lines(inventory, listing.products)
    context = {
        "listing": listing,
        "lines": lines,
        "most_sold": lines[0].most_sold if lines else 0,
        "query": query,
        "here": replace(query, page=listing.page).address,
        "filters": _filters(query),
        "sorts": _sorts(query),
        "totals": replace(inventory.totals(), low=len(coffees.selling.low)),
        "sold_out": stock.count_sold_out(coffees),
        "problems": stock.problems(inventory),
        "previous_url": page_url(request, listing.page - 1, listing.pages),
        "next_url": page_url(request, listing.page + 1, listing.pages),
    }
    return render(request, "staff/stock.html", context)


@staff_only("inventory.view_stock")
@require_safe
def staff_stock_export(request: HttpRequest) -> HttpResponseBase:
    """The coffees of all pages of the list as a file."""
    inventory = get_inventory()
    query = replace(StockQuery.read(request.GET), page=1)
    found = stock.listing(stock.Stock(inventory), query, per_page=MAX_ID)
    return csv_page("stock.csv", stock_rows(found.products, to_collect()))


def _filters(query: StockQuery) -> list[Filter]:
    return [
        Filter(show.value, show.label, show is query.show, _url(query, show=show)) for show in Show
    ]


def _sorts(query: StockQuery) -> dict[str, Filter]:
    """The links in the table's head; pressing the sorted column reverses its order if it can."""
    sorts = {}
    for column, label, orders in SORTS:
        current = query.sort in orders
        wanted = orders[(orders.index(query.sort) + 1) % len(orders)] if current else orders[0]
        direction = "descending" if query.sort.value.startswith("-") else "ascending"
        url = _url(query, show=query.show, sort=wanted)
        sorts[column] = Filter(direction if current else "", label, current, url)
    return sorts


def _url(query: StockQuery, *, show: Show, sort: Order = Order.ID) -> str:
    """The first page of the same words in another list or order."""
    kept = replace(query, show=show, sort=sort, page=1).address
    return reverse("staff_stock") + (f"?{kept}" if kept else "")
