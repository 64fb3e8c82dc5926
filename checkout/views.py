"""The checkout: the summary, and Pay."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checkout import limits
from checkout.choices import remember
from checkout.errors import BasketChanged, CheckoutError
from checkout.forms import PayForm
from checkout.pages import ending_page, summary_page
from checkout.references import sign, token_hash
from checkout.service import CheckoutService, Placement, ShownLine
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
        with checkout.sale(
            placement, emptied=basket.emptying(form.token, sold, placement.order.reference)
        ) as sale:
            for line in placement.lines:
                sale.sell(line)
    except CheckoutError as ending:
        return ending_page(request, basket, form, ending)
    return redirect("thanks", sign(placement.order.reference))


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
