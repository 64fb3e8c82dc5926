"""The deliveries of ``database://`` by time, out of the decisions that they left."""

from __future__ import annotations

from django.db.models import Q

from shop.inventory.changes import CHANGE_NAMES
from shop.inventory.contract import DecisionKind, Delivery, PastDelivery
from shop.inventory.models import LedgerDecision
from shop.inventory.records import decision_from_json, past_delivery


def past_deliveries(*, limit: int, before: str) -> tuple[PastDelivery, ...]:
    """The latest first; those that came before the one with this key when there is a key."""
    rows = LedgerDecision.objects.filter(
        kind=DecisionKind.CHANGE, entry__reason__change=CHANGE_NAMES[Delivery]
    )
    if before:
        last = rows.filter(reference=before).first()
        if last is None:
            return ()
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, reference__lt=last.reference))
    return tuple(
        past_delivery(decision_from_json(row.reference, row.entry))
        for row in rows.order_by("-at", "-reference")[:limit]
    )
