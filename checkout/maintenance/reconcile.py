"""Settle orders that a crash, a lost answer or an unavailable inventory left PENDING."""

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
    """An order that was checked, with its state now; in a dry run, the state it would get."""

    reference: str
    state: OrderState


def reconcile(
    service: CheckoutService, *, older_than: timedelta, dry_run: bool = False
) -> Iterator[Settled]:
    """Settle every PENDING order older than ``older_than``, oldest first; yields each.

    Safe at any time, also in several processes at once: the ledger decides, and a conditional
    update changes the state. Raises InventoryUnavailable when the ledger can't be read.
    """
    for order in _waiting(older_than):
        if dry_run:
            yield Settled(reference=order.reference, state=_would_be(service, order))
            continue
        # After such an error the order stays PENDING until the next round.
        with suppress(InventoryBusy, OutcomeUnknown, StillChecking, NoFreeReference):
            service.settle_from_ledger(order, fence_after=older_than)
        yield Settled(reference=order.reference, state=OrderState(order.state))


def count_younger(than: timedelta) -> int:
    """How many PENDING orders are younger than that: their own pages still ask the ledger."""
    now = timezone.now()
    pending = Order.objects.filter(state=OrderState.PENDING)
    return pending.filter(created_at__gt=now - than, created_at__lte=now + than).count()


def _waiting(older_than: timedelta) -> Iterator[Order]:
    """Every order that is still PENDING when it is yielded, each once.

    Read in stretches, because on SQLite a connection with an open query can't write after another
    connection has written.
    """
    now = timezone.now()
    pending = Order.objects.filter(state=OrderState.PENDING).order_by("created_at", "pk")
    # Orders from the future, placed while the clock was ahead. Listed before any are added.
    yield from _still_pending(list(pending.filter(created_at__gt=now + older_than)))
    rest = old = pending.filter(created_at__lte=now - older_than)
    while stretch := list(rest[:STRETCH]):
        yield from _still_pending(stretch)
        last = stretch[-1]
        rest = old.filter(
            Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, pk__gt=last.pk)
        )


def _still_pending(listed: list[Order]) -> Iterator[Order]:
    """The listed orders that no other process has settled since."""
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
