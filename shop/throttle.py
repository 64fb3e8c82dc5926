"""Limits on guessing: wrong passwords, and wrong pairs of reference and e-mail on /orders/.

The tries stand in django-axes' table. django-axes itself counts a wrong try after it was checked,
so that tries sent at the same moment all pass. Here a try is counted first, under the lock of its
row, and a right one is forgotten again.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from shop.client_address import client_address, shortened

log = logging.getLogger(__name__)

NAME_LIMIT = 20
"""Wrong passwords for one user name from all addresses within AXES_COOLOFF_TIME.

Tries that are being checked at the same moment may exceed it by their number.
"""
KNOWN_FOR = timedelta(days=365)
"""How long a browser is known after a log-in."""


def take(request: HttpRequest, name: str, limit: int) -> bool:
    """Count a try for this name from the request's address; False when none is left.

    The tries are forgotten AXES_COOLOFF_TIME after the last of them.
    """
    if is_locked_out(request, name, limit):
        # Before the lock below, so that refused tries write nothing.
        return False
    now = timezone.now()
    with transaction.atomic():
        tries, is_first = AccessAttempt.objects.select_for_update().get_or_create(
            username=name,
            ip_address=client_address(request),
            user_agent="",
            defaults={"failures_since_start": 1},
        )
        if not is_first:
            made = tries.failures_since_start if tries.attempt_time > _since() else 0
            if made >= limit:
                return False
            tries.failures_since_start, tries.attempt_time = made + 1, now
            tries.save(update_fields=["failures_since_start", "attempt_time"])
    return True


def give_back(request: HttpRequest, name: str) -> None:
    """Forget a try that was right."""
    with transaction.atomic():
        mine = _tries(name, ip_address=client_address(request)).select_for_update().first()
        if mine and mine.failures_since_start > 1:
            mine.failures_since_start -= 1
            mine.save(update_fields=["failures_since_start"])
        elif mine:
            mine.delete()


def is_locked_out(request: HttpRequest, name: str, limit: int) -> bool:
    """True when this address has no try left for this name."""
    return _tried(name, client_address(request)) >= limit


def log_lock_out(request: HttpRequest, name: str) -> None:
    """Log that this address has used up its tries; ``name`` must not be a text from outside."""
    log.warning("Locked out: %s, from %s", name, shortened(client_address(request)))


def wait(request: HttpRequest, name: str) -> timedelta:
    """How long this address must wait for its next try, at least a second."""
    last = _tries(name, ip_address=client_address(request)).order_by("attempt_time").last()
    until = (last.attempt_time if last else timezone.now()) + settings.AXES_COOLOFF_TIME
    return max(timedelta(seconds=1), until - timezone.now())


def _since() -> datetime:
    return timezone.now() - settings.AXES_COOLOFF_TIME


def _tries(name: str, **which: Any) -> QuerySet[AccessAttempt]:
    tries: QuerySet[AccessAttempt] = AccessAttempt.objects.filter(**which)
    return tries.filter(username=name, attempt_time__gt=_since())


def _tried(name: str, address: str | None = None) -> int:
    """How often this name was tried lately, from one address or from all."""
    tries = _tries(name) if address is None else _tries(name, ip_address=address)
    return tries.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


# ── staff ────────────────────────────────────────────────────────────────────────────────────────


class StaffThrottle(AxesDatabaseHandler):  # type: ignore[misc]  # django-axes has no types
    """Wrong passwords: a few for a name from one address, more for a name from all addresses.

    Strangers could use up the second limit for ever. So it does not hold for a browser in which
    this name has logged in before; a new browser waits, or an operator resets the name.
    """

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any]) -> bool:
        """Count a try, whose password is checked next; True when none is left."""
        name = credentials["username"]
        if _tried(name) >= NAME_LIMIT and not _is_known(request, name):
            return True
        return not take(request, name, settings.AXES_FAILURE_LIMIT)

    def user_login_failed(
        self,
        sender: object,  # noqa: ARG002 (the handler's signature)
        credentials: dict[str, Any],
        request: Any = None,
        **_: Any,
    ) -> None:
        """Log a lock-out; the last wrong password is answered by its page, as later ones are."""
        if request is None or request.axes_locked_out:
            return
        name = credentials["username"]
        if is_locked_out(request, name, settings.AXES_FAILURE_LIMIT):
            request.axes_locked_out = True
            log_lock_out(request, _shown(name))
        if _tried(name) >= NAME_LIMIT:
            log.warning("Locked out: %s, from all addresses", _shown(name))

    def user_logged_in(self, sender: object, request: Any, user: User, **kwargs: Any) -> None:
        """Forget the wrong passwords of this name and address."""
        super().user_logged_in(sender, request, user, **kwargs)
        log.info("%s logged in from %s", user, shortened(client_address(request)))

    def user_logged_out(self, sender: object, request: Any, user: User | None, **_: Any) -> None:  # noqa: ARG002
        if user:
            log.info("%s logged out from %s", user, shortened(client_address(request)))


def _shown(name: str) -> str:
    """The name for the log, unless no account has it: it may be a password in the wrong field."""
    is_account = User.objects.filter(username=name).exists()
    return f"user name {name}" if is_account else "a user name without account"


def make_known(response: HttpResponse, name: str) -> None:
    """Let this browser try to log in under this name while strangers guess its password."""
    response.set_signed_cookie(
        _cookie(name),
        "",
        salt=name,
        max_age=KNOWN_FOR,
        path=reverse("staff_login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_known(request: HttpRequest, name: str) -> bool:
    known = request.get_signed_cookie(_cookie(name), None, salt=name, max_age=KNOWN_FOR)
    return known is not None


def _cookie(name: str) -> str:
    """A cookie for each name, since staff share the computer at the counter."""
    return f"known_{hashlib.sha256(name.encode()).hexdigest()[:16]}"
