"""Orders from the ledger, after the shop's own database was lost or put back to an older copy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from checkout.models import Order, OrderEvent, OrderLine, OrderState
from shop.inserts import is_taken
from shop.inventory.contract import Decision, DecisionKind, Inventory

STRETCH = 500


def rebuild_orders(inventory: Inventory, *, step: Callable[[int], object] = lambda _n: None) -> int:
    """Make the order of every sale that has none, without contact details; returns how many.

    Orders that are there already are left as they are, also those that somebody else rebuilds
    at the same time. ``step`` is told how many decisions were read, for a progress bar.
    """
    made = 0
    decisions = inventory.decisions()
    while stretch := list(islice(decisions, STRETCH)):
        sales = {one.reference: one for one in stretch if one.kind is DecisionKind.SALE}
        there = Order.objects.filter(reference__in=sales).values_list("reference", flat=True)
        for reference in sales.keys() - set(there):
            made += _rebuild(sales[reference])
        step(len(stretch))
    return made


def _rebuild(decision: Decision) -> bool:
    try:
        with transaction.atomic(durable=True):
            order = Order.objects.create(
                reference=decision.reference,
                token_hash=decision.token_hash,
                state=OrderState.CONFIRMED,
                tax_rate=settings.TAX_RATE,
                created_at=decision.at,
                settled_at=decision.at,
            )
            OrderLine.objects.bulk_create(
                OrderLine(
                    order=order,
                    product_id=line.product_id,
                    name=line.name,
                    origin=line.origin,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                )
                for line in decision.lines
            )
            OrderEvent.objects.create(order=order, at=timezone.now(), what="rebuilt")
    except IntegrityError as error:
        if not is_taken(error, Order, "reference", "token_hash"):
            raise
        return False
    return True
