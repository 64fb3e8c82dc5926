"""Orders that wait for long: their customers are reminded, or they are cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from checkout import aftercare
from checkout.mail import queue_reminder
from checkout.models import Order, OrderEvent, OrderState, SwitchedOn
from shop.inventory.contract import (
    Inventory,
    InventoryBusy,
    OutcomeUnknown,
    UnknownProduct,
)

REMINDED = "reminded"
SHOP = "the shop"
"""Who reminds and cancels by itself; no user name, since those have no space."""
WHY = "not collected"
DAY = timedelta(days=1)
LATEST_REMINDER = timedelta(days=7)
"""An order that became due longer ago is not reminded by the shop itself: when the setting is
switched on, customers of long ago get no mail."""
MOST = 200
"""Orders that one round reminds or cancels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chased:
    """What a round did."""

    reminded: int
    cancelled: int


def waiting() -> QuerySet[Order]:
    """The orders to collect, oldest first."""
    found = Order.objects.filter(state=OrderState.CONFIRMED, handed_over_at=None, cancelled_by="")
    return found.order_by("created_at", "pk")


def remind(order: Order, *, who: str) -> bool:
    """Queue a mail that the bags wait; False without an address, and within a day of the last."""
    now = timezone.now()
    with transaction.atomic():
        standing = waiting().select_for_update().filter(pk=order.pk).exclude(email="").first()
        lately = OrderEvent.objects.filter(order=order, what=REMINDED, at__gt=now - DAY)
        if standing is None or lately.exists():
            return False
        queue_reminder(standing, now)
        OrderEvent.objects.create(order=order, at=now, what=REMINDED, detail=f"by {who}")
    return True


def chase(inventory: Inventory) -> Chased:
    """One round of what the settings ask for. Raises InventoryUnavailable."""
    return Chased(reminded=_remind_due(), cancelled=_cancel_due(inventory))


def _remind_due() -> int:
    if not settings.REMIND_AFTER_DAYS:
        return 0
    due = timezone.now() - timedelta(days=settings.REMIND_AFTER_DAYS)
    orders = waiting().filter(created_at__lte=due, created_at__gt=due - LATEST_REMINDER)
    orders = orders.exclude(email="").exclude(events__what=REMINDED)[:MOST]
    return sum(remind(order, who=SHOP) for order in list(orders))


def _cancel_due(inventory: Inventory) -> int:
    """Cancel what was not collected by the end of the day that its receipt names."""
    now = timezone.now()
    if not settings.CANCEL_UNCOLLECTED:
        SwitchedOn.objects.all().delete()
        return 0
    if now - _on_since(now) < DAY:
        return 0
    today = timezone.localdate()
    orders = waiting().filter(created_at__lt=now - timedelta(days=settings.PICKUP_KEEP_DAYS))
    late = [one for one in orders[:MOST] if one.kept_until and one.kept_until.date() < today]
    return sum(_cancel(order, inventory) for order in late)


def _on_since(now: datetime) -> datetime:
    """When a round first found the setting on, with the days of now: fewer days begin anew."""
    days = settings.PICKUP_KEEP_DAYS
    SwitchedOn.objects.exclude(days=days).delete()
    row, _ = SwitchedOn.objects.get_or_create(days=days, defaults={"at": now})
    return row.at


def _cancel(order: Order, inventory: Inventory) -> bool:
    """Whether it is cancelled now; one that was handed over in this moment is not."""
    try:
        return aftercare.cancel(order, inventory, who=SHOP, why=WHY) is not None
    except (aftercare.NotCancellable, UnknownProduct):
        return False
    except (InventoryBusy, OutcomeUnknown):
        # That it is cancelled stands; reconcile_orders puts its bags back.
        return True
