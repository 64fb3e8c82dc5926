"""Remove e-mail addresses that are past their time, and records of wrong tries and of limits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from checkout import limits
from checkout.models import Order, OrderState, TurnedAway
from shop.catalogue import purge_restock
from shop.mail import HOUR
from shop.models import OutgoingMail

log = logging.getLogger(__name__)

BATCH = 500
"""Rows changed by one statement, so that other writers don't wait long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Purged:
    """How much one round removed."""

    addresses: int
    tries: int
    hashes: int = 0
    """Hashes of visitors' addresses, of orders and of mails."""
    requests: int = 0
    """Requests to be told when a coffee is back."""


def purge() -> Purged:
    """Remove what is past its time; safe in several processes at once."""
    purged = Purged(
        addresses=_addresses(), tries=_tries(), hashes=_hashes(), requests=purge_restock()
    )
    if purged.addresses:
        log.info("E-mail addresses removed from orders: %d.", purged.addresses)
    return purged


def _addresses() -> int:
    """Remove the addresses from orders that are due."""
    return _emptied(_due(), email="")


def _hashes() -> int:
    """Remove what the limits on orders and on mails need no more."""
    now = timezone.now()
    TurnedAway.objects.filter(last_at__lte=now - limits.DAY).delete()
    orders = Order.objects.filter(created_at__lte=now - limits.DAY)
    mails = OutgoingMail.objects.filter(next_try_at__lte=now - HOUR)
    return sum(
        _emptied(rows.exclude(address_hash=None), address_hash=None) for rows in (orders, mails)
    )


def _emptied(due: QuerySet[Any], **empty: str | None) -> int:
    """Empty a column of the rows that are due, oldest first, in batches; returns how many."""
    removed = 0
    while ids := list(due.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        # Filtered again, since an order may have been handed over after it was listed.
        changed = due.filter(pk__in=ids).update(**empty)
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
