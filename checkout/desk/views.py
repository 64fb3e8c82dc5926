"""The staff's pages of alerts and orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from checkout import aftercare, alerts
from checkout.desk.orders import (
    MOST_EXPORTED,
    MOST_LISTED,
    MOST_PICKED,
    MOST_SEARCHED,
    PER_PAGE,
    OrderQuery,
    Stage,
    are_many,
    export_rows,
    pick_list,
    stage_of,
    waiting,
)
from checkout.desk.restocks import note_restock
from checkout.models import Order
from checkout.service import CheckoutService
from checkout.summary import Summary
from shop.branches import BRANCHES
from shop.desk import StaffForm, WhyField, csv_page, staff_only
from shop.http import encoded, page_url, whole_number
from shop.inventory import get_inventory
from shop.inventory.contract import (
    MAX_ID,
    Decision,
    InventoryBusy,
    InventoryUnavailable,
    OutcomeUnknown,
    UnknownProduct,
)

BRANCH_COOKIE = "staff_branch"


class CancelForm(StaffForm):
    """What becomes of the bags of a cancelled order, and why it is cancelled, if that is said."""

    bags = forms.ChoiceField(
        label="The bags",
        choices=[("back", "go back on the shelf"), ("off", "are written off, such as torn ones")],
    )
    why = WhyField(required=False)


# ── alerts ──────────────────────────────────────────────────────────────────────────────────────


@staff_only("inventory.view_stock")
@require_safe
def staff_alerts(request: HttpRequest) -> HttpResponse:
    """What runs low or is sold out, and has not been noted yet."""
    found = alerts.open_alerts()
    note_restock([alert.product_id for alert in found])
    found = alerts.open_alerts()
    left = _left_now({alert.product_id for alert in found})
    context = {
        "alerts": [(alert, left.get(alert.product_id)) for alert in found],
        "lately": alerts.lately_acknowledged(),
    }
    return render(request, "staff/alerts.html", context)


def _left_now(product_ids: set[int]) -> dict[int, int]:
    """Bags that are left of these by now; nothing while the stock can't be asked."""
    try:
        known = get_inventory().products(product_ids) if product_ids else {}
    except (InventoryUnavailable, InventoryBusy):
        return {}
    return {id_: product.left for id_, product in known.items()}


@staff_only("inventory.change_stock", begin="staff_alerts")
@require_POST
def staff_acknowledge(request: HttpRequest) -> HttpResponse:
    """Closes an alert, as far as the page showed it."""
    product_id, up_to = (
        whole_number(request.POST.get(name, ""), most=MAX_ID) or 0
        for name in ("product_id", "up_to")
    )
    closed = alerts.acknowledge(product_id, up_to=up_to, who=request.user.get_username())
    if closed:
        messages.success(request, "Noted: the alert is closed until the next sale raises it.")
    else:
        messages.info(request, "That alert was closed already. Nothing was changed.")
    return redirect("staff_alerts")


# ── orders ──────────────────────────────────────────────────────────────────────────────────────

sees_orders = staff_only("checkout.see_orders", begin="staff_orders")


@sees_orders
@require_safe
def staff_orders(request: HttpRequest) -> HttpResponse:
    """The orders to search and to narrow down; a whole reference opens its own.

    The branch that was chosen last is remembered by the browser.
    """
    query = _asked_for(request)
    if reference := query.whole_reference():
        return redirect(f"{reverse('staff_order', args=[reference])}#act")
    found = query.orders()
    # Only the numbers, because the rows of all pages before this one would be read to be skipped.
    numbers = found.prefetch_related(None).values_list("pk", flat=True)
    pages = Paginator(numbers[:MOST_LISTED], PER_PAGE)
    page = pages.get_page(query.page)
    orders = found.filter(pk__in=list(page))
    context = {
        "query": query,
        "found": pages.count,
        "are_more": pages.count == MOST_LISTED,
        "searched": MOST_SEARCHED if query.text and are_many() else None,
        "orders": [(order, stage_of(order), Summary.of_order(order)) for order in orders],
        "stages": list(Stage),
        "branches": BRANCHES,
        "listing": {"page": page.number, "pages": pages.num_pages},
        "previous_url": page_url(request, page.number - 1, pages.num_pages),
        "next_url": page_url(request, page.number + 1, pages.num_pages),
        "here": query.address,
        "export_query": replace(query, page=1).address,
        "waiting": waiting(),
        "cancel": CancelForm() if query.stage is Stage.TO_COLLECT else None,
    }
    response = render(request, "staff/orders.html", context)
    if "branch" in request.GET:
        response.set_cookie(
            BRANCH_COOKIE,
            query.branch,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=reverse("staff_home"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def _asked_for(request: HttpRequest) -> OrderQuery:
    """What the list was asked for, of the branch chosen last unless the address has one."""
    remembered = {"branch": request.COOKIES.get(BRANCH_COOKIE, "")}
    return OrderQuery.read(remembered | request.GET.dict())


@sees_orders
@require_safe
def staff_pick_list(request: HttpRequest) -> HttpResponse:
    """What waits to be collected, for each branch, to print and tick off."""
    query = _asked_for(request)
    branches = pick_list(query.branch)
    context = {
        "branches": branches,
        "are_more": sum(len(orders) for _, orders in branches) == MOST_PICKED,
        "most": MOST_PICKED,
        "orders_url": _list_address(query),
    }
    return render(request, "staff/pick_list.html", context)


@sees_orders
@require_safe
def staff_orders_export(request: HttpRequest) -> HttpResponseBase:
    """The orders that the page would list, as a CSV file, a row for each line.

    With ``addresses=no`` it has no e-mail addresses.
    """
    with_addresses = request.GET.get("addresses") != "no"
    query = _asked_for(request)
    orders = query.orders()
    if orders.order_by()[MOST_EXPORTED:].exists():
        many = f"A file has at most {MOST_EXPORTED:,} orders, and these are more"
        messages.warning(request, f"{many}: choose fewer days, with From and To.")
        return redirect(_list_address(query))
    return csv_page("orders.csv", export_rows(orders, with_addresses=with_addresses))


@sees_orders
@require_safe
def staff_order(request: HttpRequest, reference: str) -> HttpResponse:
    """One order, what happened to it, and what the ledger has of it."""
    return _page(request, get_object_or_404(Order, reference=reference))


@sees_orders
@require_POST
def staff_hand_over(request: HttpRequest, reference: str) -> HttpResponse:
    """The customer has the bags."""
    order = get_object_or_404(Order, reference=reference)
    is_in_list, here = "in_list" in request.POST, _address(request, reference)
    if aftercare.hand_over(order, who=request.user.get_username()):
        link = format_html('<a href="{}">{}</a>', here, reference)
        undo = format_html("{} is handed over; it can be undone on its page.", link)
        messages.success(request, undo if is_in_list else f"{reference} is handed over.")
    else:
        messages.info(request, f"{reference} is {_stage_words(order)}. Nothing was changed now.")
    return redirect(list_before(request) if is_in_list else here)


@sees_orders
@require_POST
def staff_undo_hand_over(request: HttpRequest, reference: str) -> HttpResponse:
    """The customer does not have the bags after all."""
    order = get_object_or_404(Order, reference=reference)
    if aftercare.take_back_hand_over(order, who=request.user.get_username()):
        messages.success(request, f"{reference} is to be collected again.")
    else:
        messages.info(request, f"{reference} is {_stage_words(order)}. Nothing was changed now.")
    return _to_order(request, reference)


@sees_orders
@require_POST
def staff_settle(request: HttpRequest, reference: str) -> HttpResponse:
    """Applies the ledger's decision to a pending order."""
    order = get_object_or_404(Order, reference=reference)
    CheckoutService(get_inventory()).settle(order)
    if order.is_pending:
        words = "is still pending: the ledger has not decided it, or can’t be asked now. Try later."
        messages.warning(request, f"{reference} {words}")
    else:
        messages.success(request, f"{reference} is settled: {_stage_words(order)}.")
    return _to_order(request, reference)


@staff_only("checkout.cancel_orders", begin="staff_orders")
@require_POST
def staff_cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """The bags of a confirmed order go back on the shelf, once."""
    order = get_object_or_404(Order, reference=reference)
    form = CancelForm(request.POST)
    form.full_clean()
    why, is_off = form.cleaned_data.get("why", ""), form.cleaned_data.get("bags") == "off"
    who = request.user.get_username()
    try:
        returned = aftercare.cancel(order, get_inventory(), who=who, why=why, written_off=is_off)
    except (aftercare.NotCancellable, UnknownProduct):
        is_unsold = order.is_confirmed and not order.is_handed_over
        words = "has no sale in the ledger" if is_unsold else f"is {_stage_words(order)}"
        error = f"{reference} can’t be cancelled: it {words}. Nothing was changed."
        return _page(request, order, error=error)
    except (InventoryUnavailable, InventoryBusy, OutcomeUnknown):
        # That it is cancelled stands; the page says how far its bags are.
        messages.success(request, f"{reference} is cancelled.")
        return _to_order(request, reference)
    if returned:
        went = aftercare.where_bags_went(returned)
        messages.success(request, f"{reference} is cancelled, and {went}.")
    else:
        messages.info(request, f"{reference} was cancelled before. Nothing was changed now.")
    return _to_order(request, reference)


def list_before(request: HttpRequest) -> str:
    """The address of the list that led here."""
    return _list_address(OrderQuery.before(request))


def _list_address(query: OrderQuery) -> str:
    return reverse("staff_orders") + (f"?{query.address}" if query.address else "")


def _to_order(request: HttpRequest, reference: str) -> HttpResponse:
    """Back to the order's page."""
    return redirect(_address(request, reference))


def _address(request: HttpRequest, reference: str) -> str:
    """The order's page, which still knows the list that led to it."""
    kept = encoded({"from": OrderQuery.before(request).address})
    return reverse("staff_order", args=[reference]) + (f"?{kept}" if kept else "")


def _page(request: HttpRequest, order: Order, *, error: str = "") -> HttpResponse:
    decisions, is_known = _ledger(order)
    stage = stage_of(order)
    can_cancel = stage is Stage.TO_COLLECT and request.user.has_perm("checkout.cancel_orders")
    context: dict[str, Any] = {
        "order": order,
        "came_from": OrderQuery.before(request).address,
        "stage": stage,
        "receipt": Summary.of_order(order),
        "events": order.events.all(),
        "decision": decisions[0],
        "returned": decisions[1],
        "went": aftercare.where_bags_went(decisions[1]) if decisions[1] else "",
        "is_ledger_known": is_known,
        "cancel": CancelForm(request.POST if error else None) if can_cancel else None,
        # A link to the form only while the page has it.
        "errors": {"why" if can_cancel else "": error} if error else {},
    }
    return render(request, "staff/order.html", context, status=422 if error else 200)


def _ledger(order: Order) -> tuple[tuple[Decision | None, Decision | None], bool]:
    """The decisions on the order and on its return, and whether the ledger could be asked."""
    inventory = get_inventory()
    try:
        aftercare.settle_from_ledger(order, inventory)
        decision = CheckoutService(inventory).standing(order)
        return (decision, inventory.decision(aftercare.return_key(order))), True
    except (InventoryUnavailable, InventoryBusy):
        return (None, None), False


def _stage_words(order: Order) -> str:
    return stage_of(order).label.lower()
