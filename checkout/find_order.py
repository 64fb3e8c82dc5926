"""The page that finds an order, and its limit on wrong tries."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from checkout import messages
from checkout.forms import FindOrderForm
from checkout.references import sign


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """Find an order by its reference and the e-mail address that was left with it."""
    form = FindOrderForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    if not form.is_bound:
        return render(request, "checkout/find.html", context)
    # Before the lookup, so that a right pair is refused like a wrong one.
    if waiting := wait(request):
        context["wait_minutes"] = ceil(waiting.total_seconds() / 60)
        response = render(request, "checkout/find.html", context, status=429)
        response["Retry-After"] = str(ceil(waiting.total_seconds()))
        return response
    if form.is_valid() and (order := form.order()):
        return redirect("thanks", sign(order.reference))
    # The same error whether the reference, the address or both are wrong.
    form.add_error("reference", messages.NO_SUCH_ORDER)
    count_wrong_try(request)
    return render(request, "checkout/find.html", context, status=422)


MOST_TRIES = 10
"""Wrong pairs from one address, each within AXES_COOLOFF_TIME of the one before."""

_WHO: dict[str, Any] = {"username": "find an order"}


def count_wrong_try(request: HttpRequest) -> None:
    """Count a wrong pair; a right one is neither counted nor resets the count."""
    user_login_failed.send(sender=__name__, request=request, credentials=_WHO)
    # The last allowed try gets the usual answer, not the page of a locked staff login.
    request.axes_locked_out = False  # type: ignore[attr-defined]


def wait(request: HttpRequest) -> timedelta | None:
    """How long this address must wait before the next try; None when it may try now."""
    if AxesProxyHandler.is_allowed(request, _WHO):
        return None
    tries = AccessAttempt.objects.filter(**_WHO, ip_address=get_client_ip_address(request))
    last = tries.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    return max(timedelta(seconds=1), last + settings.AXES_COOLOFF_TIME - timezone.now())


def failure_limit(_request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    """For AXES_FAILURE_LIMIT: how many wrong tries are allowed, here or at the staff login."""
    return MOST_TRIES if credentials == _WHO else settings.STAFF_LOGIN_TRIES
