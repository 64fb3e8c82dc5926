"""How often wrong pairs of reference and e-mail may be tried from one address.

django-axes counts them as it counts wrong passwords: in Django's database, where every worker
process sees the same number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_ip_address
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone

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
