"""Finding an order again."""

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
from checkout.models import Order
from checkout.references import sign
from shop.http import plain


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """Find an order by its reference and the e-mail address that was left with it."""
    reference = plain(request.POST.get("reference", "")).upper()[:20]
    email = plain(request.POST.get("email", ""))[:254]
    context: dict[str, object] = {"reference": reference, "email": email}
    if request.method != "POST":
        return render(request, "checkout/find.html", context)
    # Before anything is looked up, so that the right pair is refused like a wrong one.
    if waiting := wait(request):
        context["wait_minutes"] = ceil(waiting.total_seconds() / 60)
        response = render(request, "checkout/find.html", context, status=429)
        response["Retry-After"] = str(ceil(waiting.total_seconds()))
        return response
    order = Order.objects.filter(reference=reference, email__iexact=email).first()
    if order and email:
        return redirect("thanks", sign(order.reference))
    count_wrong_try(request)
    # The same answer whether the reference, the address or both are wrong.
    context["errors"] = {"reference": messages.NO_SUCH_ORDER}
    return render(request, "checkout/find.html", context, status=422)


MOST_TRIES = 10
"""Wrong tries from one address, none of them AXES_COOLOFF_TIME after the one before."""

_WHO: dict[str, Any] = {"username": "find an order"}


def count_wrong_try(request: HttpRequest) -> None:
    """Remember that a pair was wrong; a right one neither counts nor wipes the slate."""
    user_login_failed.send(sender=__name__, request=request, credentials=_WHO)
    # The last try that is allowed gets its answer like the others, not the staff's locked door.
    request.axes_locked_out = False  # type: ignore[attr-defined]


def wait(request: HttpRequest) -> timedelta | None:
    """How long nothing more may be tried from this address; None when something may."""
    if AxesProxyHandler.is_allowed(request, _WHO):
        return None
    tries = AccessAttempt.objects.filter(**_WHO, ip_address=get_client_ip_address(request))
    last = tries.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    return max(timedelta(seconds=1), last + settings.AXES_COOLOFF_TIME - timezone.now())


def failure_limit(_request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    """For AXES_FAILURE_LIMIT: after how many wrong tries the door is closed, for this one's key."""
    return MOST_TRIES if credentials == _WHO else settings.STAFF_LOGIN_TRIES
