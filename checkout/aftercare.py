"""After its sale an order is handed over or cancelled.

One conditional update of the order decides which. The bags of a cancelled order are then put back
under a key of their own, so that after a crash they are still put back, and only once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from checkout.mail import queue_cancellation
from checkout.models import LONGEST_DETAIL, Order, OrderEvent, OrderState
from shop.inventory.contract import (
    Decision,
    Inventory,
    InventoryBusy,
    Note,
    OutcomeUnknown,
    Return,
    UnknownProduct,
)
from shop.plurals import counted

CANCELLING = "cancelling"
WRITING_OFF = "cancelling, bags written off"


class NotCancellable(Exception):
    """The order was never sold, or has been handed over."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.reference)
        self.order = order


def return_key(order: Order) -> str:
    """The ledger's key for the return of an order's bags; an order has one return at most."""
    return f"return-{order.reference}"


def is_being_cancelled(order: Order) -> bool:
    """True from the decision to cancel until the order is marked as cancelled."""
    return bool(order.cancelled_by) and not order.is_cancelled


def hand_over(order: Order, *, who: str, at: datetime | None = None) -> bool:
    """Record that the customer has the bags, now or at another time.

    False if it was handed over or cancelled before.
    """
    at = at or timezone.now()
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(
            pk=order.pk, state=OrderState.CONFIRMED, handed_over_at=None, cancelled_by=""
        ).update(handed_over_at=at, handed_over_by=who)
        if changed:
            _note(order, "handed over", f"by {who}", at)
    order.refresh_from_db()
    return bool(changed)


def take_back_hand_over(order: Order, *, who: str) -> bool:
    """Undo that an order was handed over; False if it is not handed over.

    Its history keeps who handed it over, and when.
    """
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(pk=order.pk, handed_over_at__isnull=False).update(
            handed_over_at=None, handed_over_by=""
        )
        if changed:
            _note(order, "hand-over undone", f"by {who}")
    order.refresh_from_db()
    return bool(changed)


def cancel(
    order: Order, inventory: Inventory, *, who: str, why: str = "", written_off: bool = False
) -> Decision | None:
    """Decide that the order is cancelled, and put its bags back or write them off.

    Returns the ledger's decision on the return, or None if the order was cancelled before.

    Raises NotCancellable, and UnknownProduct when the ledger has no sale of it; neither changes
    the order. After InventoryBusy, InventoryUnavailable or OutcomeUnknown the order stays being
    cancelled: this function, :func:`settle_from_ledger` or :func:`finish_cancellations` can finish.
    """
    begun = WRITING_OFF if written_off else CANCELLING
    _decide(order, begun, who=who, why=why, at=inventory.clock())
    if order.is_cancelled:
        return None
    if not is_being_cancelled(order):
        raise NotCancellable(order)
    return _put_back(order, inventory)


def settle_from_ledger(order: Order, inventory: Inventory) -> None:
    """Finish a cancellation that was decided. Raises the errors of :func:`cancel`."""
    if is_being_cancelled(order):
        _put_back(order, inventory)


def finish_cancellations(inventory: Inventory) -> Iterator[Order]:
    """Finish every cancellation that was interrupted; yields each order that is finished.

    Safe at any time, also in several processes at once. Raises InventoryUnavailable.
    """
    decided = Order.objects.filter(cancelled_at=None).exclude(cancelled_by="")
    for order in list(decided.order_by("pk")):
        # An order that can't be finished now is tried again in the next round.
        with suppress(InventoryBusy, OutcomeUnknown, UnknownProduct):
            if _put_back(order, inventory):
                yield order


def _decide(order: Order, what: str, *, who: str, why: str, at: datetime) -> None:
    """Mark a sold order as being cancelled, unless it is cancelled or handed over already."""
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(
            pk=order.pk, state=OrderState.CONFIRMED, handed_over_at=None, cancelled_by=""
        ).update(cancelled_by=who)
        if changed:
            _note(order, what, why, at)
    order.refresh_from_db()


def where_bags_went(returned: Decision) -> str:
    """Where the returned bags are, as the end of a sentence: in stock, kept, or written off."""
    if not any(result.quantity for result in returned.results):
        return "its bags are written off"
    kept = [result for result in returned.results if result.kept is not None]
    if not kept:
        return "its bags are back in stock"
    bags = sum(result.quantity for result in kept)
    coffees = " and ".join(f"{counted(one.quantity, 'bag')} of {one.name}" for one in kept)
    others = ", and the others are back in stock" if len(kept) < len(returned.results) else ""
    return f"its {coffees} {'is' if bags == 1 else 'are'} kept with the withdrawn ones{others}"


def _put_back(order: Order, inventory: Inventory) -> Decision | None:
    """Return the bags and mark the order as cancelled; None if another process marked it."""
    begun = order.events.filter(what__in=[CANCELLING, WRITING_OFF]).last()
    why = begun.detail if begun else ""
    change = Return(sale=order.reference, written_off=bool(begun and begun.what == WRITING_OFF))
    reason = f"order {order.reference} cancelled" + (f": {why}" if why else "")
    note = Note(key=return_key(order), who=order.cancelled_by, why=reason)
    try:
        decision = inventory.apply(change, note)
    except UnknownProduct:
        # The ledger has no sale for this order, so no return can be in progress; undo the
        # cancellation.
        Order.objects.filter(pk=order.pk, cancelled_at=None).update(cancelled_by="")
        order.refresh_from_db()
        raise
    return decision if _follow(order, decision) else None


def _follow(order: Order, decision: Decision) -> bool:
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(pk=order.pk, cancelled_at=None).update(
            cancelled_at=decision.at, cancelled_by=decision.reason["who"]
        )
        if changed:
            who = decision.reason["who"]
            _note(order, "cancelled", f"by {who}: {where_bags_went(decision)}", decision.at)
            queue_cancellation(order)
    order.refresh_from_db()
    return bool(changed)


def _note(order: Order, what: str, detail: str, at: datetime | None = None) -> None:
    at = at or timezone.now()
    OrderEvent.objects.create(order=order, at=at, what=what, detail=detail[:LONGEST_DETAIL])
