"""The page of an order, and what its customer can do from there."""

from __future__ import annotations

from math import ceil

from django.contrib import messages as banners
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout import aftercare, messages
from checkout.forms import NewAddressForm
from checkout.mail import queue_second_receipt
from checkout.models import Order, OrderEvent, OrderState
from checkout.references import token_hash, unsign
from checkout.service import CheckoutService
from checkout.summary import RefusedTotals, Summary
from shop import throttle
from shop.basket import Basket, mark_basket, orders_of, put_back
from shop.inventory import get_inventory
from shop.inventory.contract import (
    InventoryBusy,
    InventoryUnavailable,
    OutcomeUnknown,
    UnknownProduct,
)

CANCEL = "cancel an order"
"""The name under which cancellations are counted."""
MOST_CANCELLED = 3
"""Cancellations from one address, each within AXES_COOLOFF_TIME of the one before."""
CUSTOMER = "the customer"
"""Who cancelled, in order and ledger; no user name, since those have no space."""
ADDRESS_CORRECTED = "address corrected"


@never_cache
@require_safe
def thanks(request: HttpRequest, signed: str) -> HttpResponse:
    """The receipt of a confirmed order, or the state of any other; needs only the signed link."""
    order = _order(signed)
    CheckoutService(get_inventory()).settle(order)
    basket = Basket(request.session)
    if order.is_confirmed and token_hash(basket.token) == order.token_hash:
        basket.remember_order(order.reference)
        basket.drop()
    return _page(request, order, signed)


@never_cache
@require_POST
def correct_address(request: HttpRequest, signed: str) -> HttpResponse:
    """Send the receipt to the right address, once, from the browser that ordered."""
    order = _order(signed)
    form = NewAddressForm(request.POST)
    if not _can_correct(request, order):
        banners.info(request, messages.ADDRESS_STANDS)
    elif not form.is_valid():
        return _page(request, order, signed, form=form, status=422)
    elif _change_address(order, form.cleaned_data["email"]):
        banners.success(request, messages.ADDRESS_CHANGED)
    return redirect("thanks", signed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, signed: str) -> HttpResponse:
    """Ask whether the order is to be cancelled; POST cancels it, until it is handed over."""
    order = _order(signed)
    if not _can_cancel(order):
        banners.info(request, messages.NOT_CANCELLABLE)
        return redirect("thanks", signed)
    if request.method != "POST":
        return render(request, "checkout/cancel.html", {"order": order, "signed": signed})
    if not throttle.take(request, CANCEL, MOST_CANCELLED):
        seconds = throttle.wait(request, CANCEL).total_seconds()
        context = {
            "order": order,
            "signed": signed,
            "wait_minutes": ceil(seconds / 60),
            "this_page": request.path,
        }
        response = render(request, "checkout/cancel.html", context, status=429)
        response["Retry-After"] = str(ceil(seconds))
        return response
    try:
        aftercare.cancel(order, get_inventory(), who=CUSTOMER)
    except (aftercare.NotCancellable, UnknownProduct):
        banners.info(request, messages.NOT_CANCELLABLE)
    except (InventoryUnavailable, InventoryBusy, OutcomeUnknown):
        banners.success(request, messages.BEING_CANCELLED)
    else:
        banners.success(request, messages.CANCELLED)
    return redirect("thanks", signed)


@never_cache
@require_POST
def order_again(request: HttpRequest, signed: str) -> HttpResponse:
    """Put the order's coffees into the basket, as far as they can be had."""
    lines = _order(signed).lines.all()
    return put_back(request, {line.product_id: line.quantity for line in lines})


def _order(signed: str) -> Order:
    """The order of a signed link, or 404."""
    reference = unsign(signed)
    if reference is None:
        raise Http404
    return get_object_or_404(Order, reference=reference)


def _page(
    request: HttpRequest,
    order: Order,
    signed: str,
    *,
    form: NewAddressForm | None = None,
    status: int = 200,
) -> HttpResponse:
    pages = {
        OrderState.CONFIRMED: ("checkout/thanks.html", ""),
        OrderState.PENDING: ("checkout/checking.html", ""),
        OrderState.REFUSED: ("checkout/refused.html", messages.REFUSED_THEN),
        OrderState.ABANDONED: ("checkout/refused.html", messages.ABANDONED_THEN),
    }
    template, sentence = pages[OrderState(order.state)]
    if order.is_given_up:
        template, sentence = "checkout/refused.html", messages.NOT_SOLD
    context = {
        "order": order,
        "signed": signed,
        "this_page": reverse("thanks", args=[signed]),
        "receipt": Summary.of_order(order),
        "sentence": sentence,
        "refusal": RefusedTotals.of(order) if order.refusal else None,
        "ordered_here": _ordered_here(request, order),
        "form": (form or NewAddressForm()) if _can_correct(request, order) else None,
        "can_cancel": _can_cancel(order),
    }
    response = render(request, template, context, status=status)
    mark_basket(request, response)
    response["X-Robots-Tag"] = "noindex"
    return response


def _ordered_here(request: HttpRequest, order: Order) -> bool:
    """True in the browser that placed the order; the link alone may have been passed on."""
    return order.reference in orders_of(request.session)


def _can_cancel(order: Order) -> bool:
    return order.is_confirmed and not order.is_handed_over and not order.cancelled_by


def _can_correct(request: HttpRequest, order: Order) -> bool:
    return (
        bool(order.email)
        and order.is_confirmed
        and not order.cancelled_by
        and _ordered_here(request, order)
        and not order.events.filter(what=ADDRESS_CORRECTED).exists()
    )


def _change_address(order: Order, address: str) -> bool:
    """Write the right address and send the receipt there; False if another request just did."""
    if address == order.email:
        return False
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(pk=order.pk, email=order.email).update(email=address)
        if changed:
            now = timezone.now()
            OrderEvent.objects.create(order=order, at=now, what=ADDRESS_CORRECTED)
            order.email = address
            queue_second_receipt(order)
    return bool(changed)
