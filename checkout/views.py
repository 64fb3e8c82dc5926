"""The checkout: the summary, Pay, and the thanks page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checkout import messages
from checkout.errors import BasketChanged, CheckoutError
from checkout.forms import PayForm
from checkout.models import Order, OrderState
from checkout.pages import ending_page, summary_page
from checkout.references import sign, token_hash, unsign
from checkout.service import CheckoutService, ShownLine
from checkout.summary import RefusedTotals, Summary
from shop.basket import Basket, view_of
from shop.catalogue import get_catalogue
from shop.inventory import get_inventory


@never_cache
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """What will be ordered, where it is collected, and the Pay button."""
    return summary_page(request)


@never_cache
@require_POST
def pay(request: HttpRequest) -> HttpResponse:
    """Sell the basket, line by line, once, however often it is pressed."""
    form = PayForm.read(request.POST)
    checkout = CheckoutService(get_inventory())
    basket = Basket(request.session)
    try:
        order = _order(checkout, basket, form)
        if order is None:
            return summary_page(request, form=form, status=422)
        with checkout.sale(order) as sale:
            for line in order.wanted:
                sale.sell(line)
    except CheckoutError as ending:
        return ending_page(request, basket, form, ending)
    basket.remove_sold(form.token, {line.product_id: line.quantity for line in order.wanted})
    return redirect("thanks", sign(order.reference))


@never_cache
@require_safe
def thanks(request: HttpRequest, signed: str) -> HttpResponse:
    """The receipt, for whoever holds the link; until the order is settled, how it stands."""
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
    response["X-Robots-Tag"] = "noindex"
    return response


def _order(checkout: CheckoutService, basket: Basket, form: PayForm) -> Order | None:
    """The order for the posted token: the one there is, or a new one for the session's basket.

    One that was given up is as good as none. None when the form has to be mended
    first. Raises BasketChanged when the page that was posted showed something else than the basket
    that stands.
    """
    hash_ = token_hash(form.token)
    existing = checkout.find(hash_) if form.token else None
    if existing and not existing.is_given_up:
        return existing
    if not form.token or form.token != basket.token or not basket.lines:
        raise BasketChanged
    if not basket.lines.keys() <= form.prices.keys():
        raise BasketChanged
    if form.errors:
        return None
    lines = [
        ShownLine(
            product_id=line.product_id,
            name=line.name,
            origin=line.origin,
            quantity=line.quantity,
            unit_price=form.prices[line.product_id],
        )
        for line in view_of(basket.lines, get_catalogue()).lines
    ]
    return checkout.place(hash_, lines, branch=form.branch, email=form.email)
