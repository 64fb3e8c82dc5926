"""The pages that Pay can end on when it does not end with thanks."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from checkout import messages
from checkout.errors import (
    AlreadyPlaced,
    BasketChanged,
    CheckoutError,
    NotPlaced,
    OrderAbandoned,
    OrderError,
    OrderRefused,
    StillChecking,
)
from checkout.forms import PayForm
from checkout.references import sign
from checkout.summary import RefusedTotals, Summary
from shop.basket import (
    Basket,
    BasketStatus,
    first_prices,
    next_token,
    remember_shown,
    settle_basket,
    view_of,
)
from shop.branches import BRANCHES
from shop.catalogue import get_catalogue


def summary_page(
    request: HttpRequest,
    *,
    form: PayForm | None = None,
    refusal: RefusedTotals | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """The checkout page for the session's basket as it stands now, if there is one to pay for."""
    basket = Basket(request.session)
    state = settle_basket(basket)
    if state.status is BasketStatus.SPENT:
        return redirect(state.url)
    if not basket.lines:
        # The basket's page says that it is empty.
        return redirect("basket")
    changed = refusal.price_changes if refusal else ()
    first = first_prices(request) | {change.product_id: change.shown for change in changed}
    is_pending = state.status is BasketStatus.PENDING
    view = view_of(basket.lines, get_catalogue(), first, is_ordered=is_pending)
    context = {
        "summary": Summary.of_basket(view),
        "token": basket.token,
        "branches": BRANCHES,
        "branch": form.branch if form else BRANCHES[0].slug,
        "email": form.email if form else "",
        "keep_email_days": settings.KEEP_EMAIL_DAYS,
        "errors": form.errors if form else {},
        "refusal": refusal,
        "notice": notice,
        "pending": state if is_pending else None,
        "can_pay": not view.stale,
    }
    response = render(request, "checkout/summary.html", context, status=status)
    remember_shown(request, response, view, {change.product_id: change.now for change in changed})
    return response


def ending_page(
    request: HttpRequest, basket: Basket, form: PayForm, ending: CheckoutError
) -> HttpResponse:
    """What a shopper sees when Pay raised this."""
    match ending:
        case BasketChanged():
            return summary_page(request, form=form, notice=str(messages.BASKET_CHANGED), status=409)
        case NotPlaced():
            context = {"sentence": messages.not_placed(ending), "form": form}
            return render(request, "checkout/not_placed.html", context, status=503)
        case AlreadyPlaced() | StillChecking():
            return _to_its_page(ending)
        case OrderRefused() | OrderAbandoned():
            return _closed(request, basket, form, ending)
    raise ending


def _to_its_page(ending: OrderError) -> HttpResponse:
    return redirect("thanks", sign(ending.order.reference))


def _closed(
    request: HttpRequest, basket: Basket, form: PayForm, ending: OrderRefused | OrderAbandoned
) -> HttpResponse:
    """The order is over and nothing was sold; its basket stands, under the token that follows."""
    # What was posted may be a bare "Try again", without the choices that were made before.
    form = replace(form, branch=ending.order.branch_slug, email=ending.order.email)
    # What another tab made of the basket while this press waited must not be written over.
    if basket.token == form.token and basket.is_unchanged():
        basket.renew()
    if basket.token != next_token(form.token) or not basket.lines:
        return _to_its_page(ending)
    if isinstance(ending, OrderAbandoned):
        notice = messages.abandoned(ending.order.reference)
        return summary_page(request, form=form, notice=notice, status=409)
    refusal = RefusedTotals.of(ending.order)
    return summary_page(request, form=form, refusal=refusal, status=409)
