"""Settling orders that were left PENDING: by a crash, a lost answer, a store that was away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from checkout.errors import StillChecking
from checkout.models import Order, OrderState
from checkout.references import NoFreeReference
from checkout.service import CheckoutService
from shop.inventory.contract import (
    DecisionKind,
    InventoryBusy,
    OutcomeUnknown,
)

STRETCH = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """An order that was looked at and the state it has now, or would get."""

    reference: str
    state: OrderState


def reconcile(
    service: CheckoutService, *, older_than: timedelta, dry_run: bool = False
) -> Iterator[Settled]:
    """Settle every PENDING order older than that, oldest first, yielding each.

    Safe at any time and by many at once: the ledger decides, and an order leaves PENDING by a
    conditional update. Raises InventoryUnavailable when the ledger can't be asked.
    """
    for order in _waiting(older_than):
        if dry_run:
            yield Settled(reference=order.reference, state=_would_be(service, order))
            continue
        # What stood in the way leaves it PENDING; the next round looks at it again.
        with suppress(InventoryBusy, OutcomeUnknown, StillChecking, NoFreeReference):
            service.settle_from_ledger(order, fence_after=older_than)
        yield Settled(reference=order.reference, state=OrderState(order.state))


def count_younger(than: timedelta) -> int:
    """How many PENDING orders are younger than that: their own pages still ask the ledger."""
    now = timezone.now()
    pending = Order.objects.filter(state=OrderState.PENDING)
    return pending.filter(created_at__gt=now - than, created_at__lte=now + than).count()


def _waiting(older_than: timedelta) -> Iterator[Order]:
    """Every order that is PENDING when its turn comes, each once.

    In stretches: on SQLite a connection whose query is still open can't write any more once
    somebody else has written.
    """
    now = timezone.now()
    pending = Order.objects.filter(state=OrderState.PENDING).order_by("created_at", "pk")
    # As far in the future: the machine's clock was ahead. Listed at once, before any are added.
    yield from _still_pending(list(pending.filter(created_at__gt=now + older_than)))
    rest = old = pending.filter(created_at__lte=now - older_than)
    while stretch := list(rest[:STRETCH]):
        yield from _still_pending(stretch)
        last = stretch[-1]
        rest = old.filter(
            Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk)
        )


def _still_pending(listed: list[Order]) -> Iterator[Order]:
    """Those that neither another reconciler nor the shopper settled since they were listed."""
    for order in listed:
        order.refresh_from_db()
        if order.is_pending:
            yield order


def _would_be(service: CheckoutService, order: Order) -> OrderState:
    decision = service.standing(order)
    if decision is None:
        return OrderState.ABANDONED
    if decision.kind is DecisionKind.SALE:
        return OrderState.CONFIRMED
    return OrderState.REFUSED if "refused" in decision.reason else OrderState.ABANDONED
