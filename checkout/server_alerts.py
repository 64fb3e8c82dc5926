"""The stock server's alerts: what it answered, and calling again those that it did not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from checkout.models import ALERT_IS_DUE_FOR, StockAlert
from shop.inventory.contract import (
    MAX_ANSWER,
    AlertAnswer,
    AlertKind,
    Decision,
    Inventory,
    InventoryError,
)

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


def record(decision: Decision, answers: Mapping[int, AlertAnswer]) -> None:
    """Write down the alerts of a sale, each with its answer, or when it is called again."""
    alerts = []
    for sold in decision.lines:
        if sold.alert is None:
            continue
        answer = answers.get(sold.product_id)
        alerts.append(
            StockAlert(
                reference=decision.reference,
                product_id=sold.product_id,
                kind=sold.alert,
                name=sold.name,
                left=sold.left,
                at=decision.at,
                **_words(answer or AlertAnswer()),
                # By then the sale has got its answer, or never will.
                due_at=None if answer else decision.at + SHORTEST_PAUSE,
            )
        )
    if alerts:
        # Not ignore_conflicts: SQLite would leave out what breaks any constraint.
        StockAlert.objects.bulk_create(
            alerts,
            update_conflicts=True,
            unique_fields=["reference", "product_id", "kind"],
            update_fields=["at"],
        )


def note_answers(reference: str, answers: Mapping[int, AlertAnswer]) -> None:
    """Store the answers to alerts that another process recorded as due."""
    for product_id, answer in answers.items():
        due = StockAlert.objects.filter(reference=reference, product_id=product_id)
        due.exclude(due_at=None).update(due_at=None, **_words(answer))


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """How many alerts were answered in a round, and how many are still due."""

    answered: int
    due: int


def raise_due(inventory: Inventory) -> Raised:
    """Call the alerts that are due, oldest first, until one is not answered.

    The pause before the next call of that one is as long as it has waited so far, between a minute
    and an hour. After a day it is not called any more.
    """
    answered = 0
    unanswered = StockAlert.objects.filter(at__gt=timezone.now() - ALERT_IS_DUE_FOR)
    for alert in unanswered.filter(due_at__lte=timezone.now()).order_by("at", "pk"):
        now = timezone.now()
        pause = min(max(SHORTEST_PAUSE, now - alert.at), LONGEST_PAUSE)
        # Moved before the call, so that two jobs never call the same alert.
        claim = StockAlert.objects.filter(pk=alert.pk, due_at=alert.due_at)
        if not claim.update(due_at=now + pause):
            continue
        try:
            answer = inventory.raise_alert(AlertKind(alert.kind), alert.product_id, alert.name)
        except InventoryError:
            break
        StockAlert.objects.filter(pk=alert.pk).update(due_at=None, **_words(answer))
        answered += 1
    return Raised(answered=answered, due=unanswered.exclude(due_at=None).count())


def _words(answer: AlertAnswer) -> dict[str, str]:
    return {"answer": answer.answer[:MAX_ANSWER], "error": answer.error[:MAX_ANSWER]}
