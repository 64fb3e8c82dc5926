"""Remove e-mail addresses of old orders, and records of wrong tries."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from checkout.models import Order, OrderState

log = logging.getLogger(__name__)

BATCH = 500
"""Orders changed by one statement, so that other writers don't wait long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Purged:
    """How many e-mail addresses and records of wrong tries one round removed."""

    addresses: int
    tries: int


def purge() -> Purged:
    """Remove what is past its time; safe in several processes at once."""
    purged = Purged(addresses=_addresses(), tries=_tries())
    if purged.addresses:
        log.info("E-mail addresses removed from orders: %d.", purged.addresses)
    return purged


def _addresses() -> int:
    """Remove the addresses from orders that are due, oldest first, in batches."""
    due = _due()
    removed = 0
    while ids := list(due.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        # Filtered again, since an order may have been handed over after it was listed.
        changed = due.filter(pk__in=ids).update(email="")
        removed += changed
        if not changed:
            break
    return removed


def _due() -> QuerySet[Order]:
    """Orders whose address was kept for KEEP_EMAIL_DAYS; a queued mail has its own copy.

    The days begin when an order is handed over or cancelled, for any other when it was placed. A
    PENDING order keeps its address, since it may still turn out to be sold.
    """
    limit = timezone.now() - timedelta(days=settings.KEEP_EMAIL_DAYS)
    return (
        # Implied by the last filter; without it, the index on created_at would not be used.
        Order.objects.filter(created_at__lte=limit)
        .exclude(email="")
        .exclude(state=OrderState.PENDING)
        .alias(over=Coalesce("handed_over_at", "cancelled_at", "created_at"))
        .filter(over__lte=limit)
    )


def _tries() -> int:
    """Delete records of wrong tries whose waiting time is over; returns how many."""
    limit = timezone.now() - settings.AXES_COOLOFF_TIME
    removed, _ = AccessAttempt.objects.filter(attempt_time__lte=limit).delete()
    return int(removed)
