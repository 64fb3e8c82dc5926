"""The page that finds an order, and its limit on wrong tries."""

from __future__ import annotations

from math import ceil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from checkout import messages
from checkout.forms import FindOrderForm
from checkout.references import sign
from shop import throttle

FIND = "find an order"
"""The name under which the tries are counted."""
MOST_TRIES = 10
"""Wrong pairs from one address, each within AXES_COOLOFF_TIME of the one before."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """Find an order by its reference and the e-mail address that was left with it."""
    form = FindOrderForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    if not form.is_bound:
        return render(request, "checkout/find.html", context)
    if not form.is_valid():
        # What can't be a reference is no guess, and costs no try.
        return render(request, "checkout/find.html", context, status=422)
    # Before the lookup, so that a right pair is refused like a wrong one.
    if not throttle.take(request, FIND, MOST_TRIES):
        seconds = throttle.wait(request, FIND).total_seconds()
        context["wait_minutes"] = ceil(seconds / 60)
        response = render(request, "checkout/find.html", context, status=429)
        response["Retry-After"] = str(ceil(seconds))
        return response
    if order := form.order():
        # Neither counted nor a reason to forget the wrong ones.
        throttle.give_back(request, FIND)
        return redirect("thanks", sign(order.reference))
    # The same error whether the reference, the address or both are wrong.
    form.add_error("reference", messages.NO_SUCH_ORDER)
    if throttle.is_locked_out(request, FIND, MOST_TRIES):
        throttle.log_lock_out(request, FIND)
    return render(request, "checkout/find.html", context, status=422)
