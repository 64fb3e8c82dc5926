"""The checkout: the summary, Pay, and the thanks page."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checkout import limits, messages
from checkout.choices import remember
from checkout.errors import BasketChanged, CheckoutError
from checkout.forms import PayForm
from checkout.models import Order, OrderState
from checkout.pages import ending_page, summary_page
from checkout.references import sign, token_hash, unsign
from checkout.service import CheckoutService, Placement, ShownLine
from checkout.summary import RefusedTotals, Summary
from shop.basket import Basket, mark_basket, view_of
from shop.catalogue import get_catalogue
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryUnavailable


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """What will be ordered, where it is collected, and the Pay button."""
    return summary_page(request)


@never_cache
@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """Sell the basket, line by line, once, however often the form is sent."""
    form = PayForm(request.POST)
    response = _sell(request, form)
    mark_basket(request, response)
    remember(request, response, form, is_refused=response.status_code != HTTPStatus.FOUND)
    return response


def _sell(request: HttpRequest, form: PayForm) -> HttpResponse:
    checkout = CheckoutService(get_inventory())
    basket = Basket(request.session)
    try:
        placement = _placement(checkout, basket, form, limits.counted_for(request))
        if placement is None:
            return summary_page(request, form=form, status=422)
        sold = {line.product_id: line.quantity for line in placement.lines}
        with checkout.sale(placement, emptied=basket.emptying(form.token, sold)) as sale:
            for line in placement.lines:
                sale.sell(line)
    except CheckoutError as ending:
        return ending_page(request, basket, form, ending)
    return redirect("thanks", sign(placement.order.reference))


@never_cache
@require_safe
def thanks(request: HttpRequest, signed: str) -> HttpResponse:
    """The receipt of a confirmed order, or the state of any other; needs only the signed link."""
    reference = unsign(signed)
    if reference is None:
        raise Http404
    order = get_object_or_404(Order, reference=reference)
    CheckoutService(get_inventory()).settle(order)
    basket = Basket(request.session)
    if order.is_confirmed and token_hash(basket.token) == order.token_hash:
        basket.drop()
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
        "receipt": Summary.of_order(order),
        "sentence": sentence,
        "refusal": RefusedTotals.of(order) if order.refusal else None,
    }
    response = render(request, template, context)
    mark_basket(request, response)
    response["X-Robots-Tag"] = "noindex"
    return response


def _placement(
    checkout: CheckoutService, basket: Basket, form: PayForm, address: str | None
) -> Placement | None:
    """The order of the posted token, resumed, or a new one; None when the form has errors.

    An order that was given up is placed again. Raises BasketChanged when the session's basket is
    not the one that the posted page showed, and OverLimit.
    """
    hash_ = token_hash(form.token)
    shows_basket = form.token == basket.token and basket.lines.keys() <= form.prices.keys()
    if shows_basket and basket.lines and not form.errors:
        try:
            lines = _shown_lines(basket, form)
        except InventoryUnavailable:
            # An order that exists gets its answer all the same.
            if resumed := checkout.resumed(hash_):
                return resumed
            raise
        return checkout.place(hash_, lines, address_hash=address, **form.cleaned_data)
    if resumed := checkout.resumed(hash_):
        return resumed
    if not shows_basket or not basket.lines:
        raise BasketChanged
    return None


def _shown_lines(basket: Basket, form: PayForm) -> list[ShownLine]:
    """The basket's lines, at the prices that the posted page showed."""
    return [
        ShownLine(
            product_id=line.product_id,
            name=line.name,
            origin=line.origin,
            quantity=line.quantity,
            unit_price=form.prices[line.product_id],
        )
        for line in view_of(basket.lines, get_catalogue()).lines
    ]
