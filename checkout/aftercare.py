"""What becomes of an order after its sale: handed over, or cancelled.

Which of the two is decided by one conditional update of the order. Only after it do a cancelled
order's bags go back, under a key of their own: whatever dies in between, they still can, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from checkout.models import Order, OrderEvent, OrderState
from shop.inventory.contract import (
    Decision,
    Inventory,
    InventoryBusy,
    Note,
    OutcomeUnknown,
    Return,
    UnknownProduct,
)

CANCELLING = "cancelling"
LONGEST_DETAIL = 300


class NotCancellable(Exception):
    """The order was never sold, or has been handed over."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.reference)
        self.order = order


def return_key(order: Order) -> str:
    """The key under which the ledger has the return of an order's bags; there can be but one."""
    return f"return-{order.reference}"


def is_being_cancelled(order: Order) -> bool:
    """True from the decision to cancel until its bags are known to be back."""
    return bool(order.cancelled_by) and not order.is_cancelled


def hand_over(order: Order, *, who: str) -> bool:
    """Note that the customer has the bags; False when somebody noted it, or cancelled, before."""
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(
            pk=order.pk, state=OrderState.CONFIRMED, handed_over_at=None, cancelled_by=""
        ).update(handed_over_at=timezone.now(), handed_over_by=who)
        if changed:
            _note(order, "handed over", f"by {who}")
    order.refresh_from_db()
    return bool(changed)


def cancel(order: Order, inventory: Inventory, *, who: str, why: str = "") -> Decision | None:
    """Decide that the order is cancelled, and put its bags back; None if it was so before.

    Returns the ledger's decision on the return; :func:`where_bags_went` puts it in words.

    Raises NotCancellable, and UnknownProduct when the ledger has no sale of it: then it stands.
    After InventoryBusy, InventoryUnavailable or OutcomeUnknown it is being cancelled: its bags go
    back when this is called again, when :func:`settle_from_ledger` is, or with the next
    :func:`finish_cancellations`.
    """
    _decide(order, who=who, why=why)
    if order.is_cancelled:
        return None
    if not is_being_cancelled(order):
        raise NotCancellable(order)
    return _put_back(order, inventory)


def settle_from_ledger(order: Order, inventory: Inventory) -> None:
    """Finish a cancellation that was decided. Raises as :func:`cancel` does."""
    if is_being_cancelled(order):
        _put_back(order, inventory)


def finish_cancellations(inventory: Inventory) -> Iterator[Order]:
    """Finish every cancellation that was left half done, yielding each order that now is.

    Safe at any time and by many at once. Raises InventoryUnavailable.
    """
    decided = Order.objects.filter(cancelled_at=None).exclude(cancelled_by="")
    for order in list(decided.order_by("pk")):
        # Who stands in the way now is done by the next round.
        with suppress(InventoryBusy, OutcomeUnknown, UnknownProduct):
            if _put_back(order, inventory):
                yield order


def _decide(order: Order, *, who: str, why: str) -> None:
    """Take the order for cancelling, unless it is taken, handed over or was never sold."""
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(
            pk=order.pk, state=OrderState.CONFIRMED, handed_over_at=None, cancelled_by=""
        ).update(cancelled_by=who)
        if changed:
            _note(order, CANCELLING, why)
    order.refresh_from_db()


def where_bags_went(returned: Decision) -> str:
    """Where a return's bags are, as the end of a sentence: on sale, or kept with withdrawn ones."""
    kept = [result for result in returned.results if result.kept is not None]
    if not kept:
        return "its bags are back in stock"
    bags = sum(result.quantity for result in kept)
    coffees = " and ".join(f"{_bags(one.quantity)} of {one.name}" for one in kept)
    others = ", and the others are back in stock" if len(kept) < len(returned.results) else ""
    return f"its {coffees} {'is' if bags == 1 else 'are'} kept with the withdrawn ones{others}"


def _bags(quantity: int) -> str:
    return f"{quantity:,} {'bag' if quantity == 1 else 'bags'}"


def _put_back(order: Order, inventory: Inventory) -> Decision | None:
    """Return the bags, once; then the order says so. The decision for the one who did that."""
    why = order.events.filter(what=CANCELLING).values_list("detail", flat=True).last()
    reason = f"order {order.reference} cancelled" + (f": {why}" if why else "")
    note = Note(key=return_key(order), who=order.cancelled_by, why=reason)
    try:
        decision = inventory.apply(Return(sale=order.reference), note)
    except UnknownProduct:
        # Nobody's return of it can succeed, so nobody's is under way: it is not cancelled.
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
            _note(order, "cancelled", f"by {who}: {where_bags_went(decision)}")
    order.refresh_from_db()
    return bool(changed)


def _note(order: Order, what: str, detail: str) -> None:
    OrderEvent.objects.create(
        order=order, at=timezone.now(), what=what, detail=detail[:LONGEST_DETAIL]
    )
