"""The checkout page, and the pages that Pay shows when nothing was sold."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from checkout import limits, messages
from checkout.choices import remembered
from checkout.errors import (
    AlreadyPlaced,
    BasketChanged,
    CheckoutError,
    NotPlaced,
    OrderAbandoned,
    OrderError,
    OrderRefused,
    OverLimit,
    StillChecking,
)
from checkout.forms import PayForm
from checkout.models import OrderLimit
from checkout.references import sign
from checkout.summary import RefusedTotals, Summary
from shop.basket import (
    Basket,
    BasketStatus,
    BasketView,
    first_prices,
    mark_basket,
    next_token,
    remember_shown,
    settle_basket,
    view_of,
)
from shop.branches import BRANCHES
from shop.catalogue import get_catalogue

FEW_LINES = 4
"""Lines of an order that a phone shows at once; more are folded."""


def summary_page(
    request: HttpRequest,
    *,
    form: PayForm | None = None,
    refusal: RefusedTotals | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    """The checkout page for the session's basket as it is now; redirects without one."""
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
        "form": form or PayForm(initial=remembered(request)),
        "refusal": refusal,
        "is_long": len(view.lines) > FEW_LINES and not refusal and not _has_notes(view),
        "notice": notice,
        "pending": state if is_pending else None,
        "can_pay": not view.stale,
    }
    response = render(request, "checkout/summary.html", context, status=status)
    mark_basket(request, response)
    remember_shown(request, response, view, {change.product_id: change.now for change in changed})
    return response


def _has_notes(view: BasketView) -> bool:
    """True when a line says more than the customer knows, and must not be folded away."""
    return view.has_problems or any(line.was is not None for line in view.lines)


def ending_page(
    request: HttpRequest, basket: Basket, form: PayForm, ending: CheckoutError
) -> HttpResponse:
    """The page for an attempt that ended with this error."""
    match ending:
        case BasketChanged():
            return summary_page(request, form=form, notice=str(messages.BASKET_CHANGED), status=409)
        case OverLimit(limit):
            limits.note(request, limit)
            status = 422 if limit is OrderLimit.ORDER_BAGS else 429
            response = summary_page(request, form=form, notice=messages.over(limit), status=status)
            if status == 429:
                response["Retry-After"] = str(limits.RETRY_SECONDS)
            return response
        case NotPlaced():
            context = {"sentence": messages.not_placed(ending), "form": form}
            response = render(request, "checkout/not_placed.html", context, status=503)
            response["Retry-After"] = "5"
            return response
        case AlreadyPlaced() | StillChecking():
            basket.remember_order(ending.order.reference)
            return _to_order_page(ending)
        case OrderRefused() | OrderAbandoned():
            return _closed(request, basket, form, ending)
    raise ending


def _to_order_page(ending: OrderError) -> HttpResponse:
    return redirect("thanks", sign(ending.order.reference))


def _closed(
    request: HttpRequest, basket: Basket, form: PayForm, ending: OrderRefused | OrderAbandoned
) -> HttpResponse:
    """The order ended unsold: show its basket again, under the token that follows a refusal."""
    # Another tab may have changed the basket during this attempt; that must not be overwritten.
    if basket.token == form.token and basket.is_unchanged():
        basket.renew()
    if basket.token != next_token(form.token) or not basket.lines:
        return _to_order_page(ending)
    # "Try again" may have been sent without the choices that are kept with the order.
    form = PayForm(initial={"branch": ending.order.branch_slug, "email": ending.order.email})
    if isinstance(ending, OrderAbandoned):
        notice = messages.abandoned(ending.order.reference)
        return summary_page(request, form=form, notice=notice, status=409)
    refusal = RefusedTotals.of(ending.order)
    return summary_page(request, form=form, refusal=refusal, status=409)
