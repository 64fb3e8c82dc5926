"""The ledger at the stock desk: every movement of one product."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.desk.access import staff_only
from shop.desk.csv_page import csv_page
from shop.desk.ledger import LATEST, MOST_FOUND, LedgerQuery, export_rows, found
from shop.desk.product import ProductDesk, product_desk
from shop.desk.product_forms import new_key
from shop.inventory import get_inventory
from shop.inventory.contract import Inventory, Movement, MovementKind


@staff_only("inventory.view_stock")
@require_safe
def staff_ledger(request: HttpRequest) -> HttpResponse:
    """A product's movements with their running quantity, or the products to choose from."""
    query = LedgerQuery.read(request.GET)
    inventory = get_inventory()
    product_id = query.product_id
    products = () if product_id else found(inventory, query.text)
    if query.text and len(products) == 1:
        product_id = products[0].id
    desk = product_desk(inventory, product_id, latest=LATEST) if product_id else None
    movements, older = _shown(inventory, query, desk) if desk else ((), 0)
    context: dict[str, Any] = {
        "query": query,
        "products": () if desk else products[:MOST_FOUND],
        "are_more": len(products) > MOST_FOUND,
        "desk": desk,
        "keys": {"accept": new_key()},
        "kinds": list(MovementKind),
        "movements": movements,
        "older": older,
    }
    return render(request, "staff/ledger.html", context)


@staff_only("inventory.view_stock")
@require_safe
def staff_ledger_export(request: HttpRequest) -> HttpResponseBase:
    """The movements of one product as a CSV file, the first one first."""
    query = LedgerQuery.read(request.GET)
    product_id = query.product_id
    movements = get_inventory().movements(product_id) if product_id else ()
    if not movements:
        raise Http404
    return csv_page(f"ledger-{product_id}.csv", export_rows(query.of_kind(movements)))


def _shown(
    inventory: Inventory, query: LedgerQuery, desk: ProductDesk
) -> tuple[tuple[Movement, ...], int]:
    """The latest movements that were asked for, and how many older ones there are."""
    if query.kind is None:
        older = desk.movements[0].number - LATEST if desk.movements else 0
        return desk.movements, max(0, older)
    found = query.of_kind(inventory.movements(desk.id, newest_first=True))
    return found[:LATEST], max(0, len(found) - LATEST)
