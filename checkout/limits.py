"""Limits on new orders: bags in one, and bags and orders from one address within a day.

They are checked in the transaction that inserts the order, so an order over a limit leaves no
trace, and one that exists already is never checked. New orders from one address take turns in that
transaction, so that none passes because it did not see another; their sales don't.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Sum
from django.http import HttpRequest
from django.utils import timezone

from checkout.errors import OverLimit
from checkout.models import Order, OrderLimit, TurnedAway
from shop.client_address import address_hash, client_address, shortened

log = logging.getLogger(__name__)

DAY = timedelta(days=1)
RETRY_SECONDS = 3600
"""When to try again, as a guess: bags that are collected at the desk make room at any time."""
# Plain SQL because Pay waits for it: 0.1 ms, and 1.9 ms with the ORM.
OF_ONE_ADDRESS = """
    SELECT COUNT(DISTINCT o.id), COALESCE(SUM(
        CASE WHEN o.state IN ('pending', 'confirmed') AND o.handed_over_at IS NULL
            AND o.cancelled_by = '' THEN l.quantity END), 0)
    FROM checkout_order o LEFT JOIN checkout_orderline l ON l.order_id = o.id
    WHERE o.address_hash = %s AND o.created_at > %s
"""
"""Orders from one address since a moment, and their bags that are not collected."""


def counted_for(request: HttpRequest) -> str | None:
    """The hash of the address for which a new order is counted; None when none is counted."""
    is_on = settings.ADDRESS_MAX_BAGS or settings.ADDRESS_MAX_ORDERS
    return address_hash(request) if is_on else None


def take_turn(address: str | None) -> None:
    """Wait until no other transaction inserts an order from this address (a hash).

    SQLite has one writer at a time; PostgreSQL gets a lock that ends with the transaction.
    """
    if address and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(address[:15], 16)])


def check(order: Order, bags: int) -> None:
    """Raise OverLimit if an order that this transaction has inserted is over a limit."""
    if 0 < settings.ORDER_MAX_BAGS < bags:
        raise OverLimit(OrderLimit.ORDER_BAGS)
    if not order.address_hash:
        return
    since = connection.ops.adapt_datetimefield_value(timezone.now() - DAY)
    with connection.cursor() as cursor:
        cursor.execute(OF_ONE_ADDRESS, [order.address_hash, since])
        orders, waiting = cursor.fetchone()
    if 0 < settings.ADDRESS_MAX_BAGS < waiting:
        raise OverLimit(OrderLimit.ADDRESS_BAGS)
    if 0 < settings.ADDRESS_MAX_ORDERS < orders:
        raise OverLimit(OrderLimit.ADDRESS_ORDERS)


def note(request: HttpRequest, limit: OrderLimit) -> None:
    """Note for the staff that an order was turned away; the log has the first of an address."""
    now = timezone.now()
    row, is_first = TurnedAway.objects.get_or_create(
        address_hash=address_hash(request), limit=limit, defaults={"times": 1, "last_at": now}
    )
    if is_first:
        where = shortened(client_address(request))
        log.warning("Orders from %s are turned away: over %s", where, limit.value)
    else:
        TurnedAway.objects.filter(pk=row.pk).update(times=F("times") + 1, last_at=now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """A limit that turned orders away within a day: how often, and at how many addresses."""

    limit: OrderLimit
    times: int
    addresses: int

    @property
    def most(self) -> int:
        """The limit's number as it is set now."""
        return int(getattr(settings, self.limit.value))


def turned_away() -> list[Reached]:
    """The limits that turned orders away within a day."""
    lately = TurnedAway.objects.filter(last_at__gt=timezone.now() - DAY).values("limit")
    found = lately.annotate(times=Sum("times"), addresses=Count("pk")).order_by("limit")
    return [
        Reached(limit=OrderLimit(row["limit"]), times=row["times"], addresses=row["addresses"])
        for row in found
    ]
