"""What the shop forgets by itself: e-mail addresses whose order is long over, and failed tries."""

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
"""Orders that one statement changes, so that no other writer waits for long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Purged:
    """What one round removed: e-mail addresses, and records of wrong tries."""

    addresses: int
    tries: int


def purge() -> Purged:
    """Remove what is kept no longer; twice, or twice at once, does no harm."""
    purged = Purged(addresses=_addresses(), tries=_tries())
    if purged.addresses:
        log.info("E-mail addresses removed from orders: %d.", purged.addresses)
    return purged


def _addresses() -> int:
    """Take the addresses off orders that are over, oldest first, batch by batch."""
    due = _due()
    removed = 0
    while ids := list(due.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        # Asked again: somebody may have handed an order over since it was listed.
        changed = due.filter(pk__in=ids).update(email="")
        removed += changed
        if not changed:
            break
    return removed


def _due() -> QuerySet[Order]:
    """Orders whose address was kept for KEEP_EMAIL_DAYS; a mail that waits has its own copy.

    The days begin when an order was handed over or cancelled; of any other, when it was placed. A
    PENDING order keeps its address, because nobody knows yet whether it was sold.
    """
    limit = timezone.now() - timedelta(days=settings.KEEP_EMAIL_DAYS)
    return (
        # Nothing is over before it was placed: this says no more, but there is an index for it.
        Order.objects.filter(created_at__lte=limit)
        .exclude(email="")
        .exclude(state=OrderState.PENDING)
        .alias(over=Coalesce("handed_over_at", "cancelled_at", "created_at"))
        .filter(over__lte=limit)
    )


def _tries() -> int:
    """Forget from which addresses passwords and orders were guessed, once they may try again."""
    limit = timezone.now() - settings.AXES_COOLOFF_TIME
    removed, _ = AccessAttempt.objects.filter(attempt_time__lte=limit).delete()
    return int(removed)
