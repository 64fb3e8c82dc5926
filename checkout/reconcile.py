"""Settling orders that were left PENDING: by a crash, a lost answer, a store that was away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from checkout.errors import StillChecking
from checkout.models import Order, OrderState
from checkout.service import CheckoutService
from shop.inventory.contract import DecisionKind, InventoryBusy, OutcomeUnknown


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
    limit = timezone.now() - older_than
    waiting = Order.objects.filter(state=OrderState.PENDING, created_at__lte=limit)
    for order in waiting.order_by("created_at", "pk").iterator(chunk_size=200):
        if dry_run:
            yield Settled(reference=order.reference, state=_would_be(service, order))
            continue
        # What stood in the way leaves it PENDING; the next round looks at it again.
        with suppress(InventoryBusy, OutcomeUnknown, StillChecking):
            service.bring_after(order, fence_after=older_than)
        yield Settled(reference=order.reference, state=OrderState(order.state))


def _would_be(service: CheckoutService, order: Order) -> OrderState:
    decision = service.standing(order)
    if decision is None:
        return OrderState.ABANDONED
    if decision.kind is DecisionKind.SALE:
        return OrderState.CONFIRMED
    return OrderState.REFUSED if "refused" in decision.reason else OrderState.ABANDONED
