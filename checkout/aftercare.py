"""What becomes of an order after its sale: handed over, or cancelled."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from checkout.models import Order, OrderEvent, OrderState
from shop.inventory.contract import Decision, Inventory, Note, Return


class NotCancellable(Exception):
    """The order was never sold, or has been handed over."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.reference)
        self.order = order


def return_key(order: Order) -> str:
    """The key under which the ledger has the return of an order's bags; there can be but one."""
    return f"return-{order.reference}"


def hand_over(order: Order, *, who: str) -> bool:
    """Note that the customer has the bags; False when somebody noted it, or cancelled, before."""
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(
            pk=order.pk, state=OrderState.CONFIRMED, handed_over_at=None, cancelled_at=None
        ).update(handed_over_at=timezone.now(), handed_over_by=who)
        if changed:
            _note(order, "handed over", f"by {who}")
    order.refresh_from_db()
    return bool(changed)


def cancel(order: Order, inventory: Inventory, *, who: str, why: str = "") -> bool:
    """Put the bags back, once, then say so on the order; False when it was cancelled before.

    The ledger is written first: a crash in between leaves a return that :func:`bring_after` sees.
    Raises NotCancellable, UnknownProduct, InventoryBusy, InventoryUnavailable, OutcomeUnknown.
    """
    if order.is_cancelled:
        return False
    if not order.is_confirmed or order.is_handed_over:
        raise NotCancellable(order)
    reason = f"order {order.reference} cancelled" + (f": {why}" if why else "")
    note = Note(key=return_key(order), who=who, why=reason)
    return _follow(order, inventory.apply(Return(sale=order.reference), note))


def bring_after(order: Order, inventory: Inventory) -> None:
    """Let the order say that it is cancelled if the ledger has its return. Raises as reading."""
    if order.is_confirmed and not order.is_cancelled and not order.is_handed_over:
        decision = inventory.decision(return_key(order))
        if decision:
            _follow(order, decision)


def _follow(order: Order, decision: Decision) -> bool:
    who = str(decision.reason.get("who", ""))
    with transaction.atomic(durable=True):
        changed = Order.objects.filter(pk=order.pk, cancelled_at=None).update(
            cancelled_at=decision.at, cancelled_by=who
        )
        if changed:
            _note(
                order, "cancelled", str(decision.reason.get("why", ""))[:250] + f", by {who}"[:50]
            )
    order.refresh_from_db()
    return bool(changed)


def _note(order: Order, what: str, detail: str) -> None:
    OrderEvent.objects.create(order=order, at=timezone.now(), what=what, detail=detail)
