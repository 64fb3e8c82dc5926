"""Writes and reads decisions. Everything here runs on the connection's thread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from shop.inventory.changes import is_delivery
from shop.inventory.contract import Decision, DecisionKind, PastDelivery
from shop.inventory.decisions import void_decision
from shop.inventory.iris.client import Iris, LockTimeout
from shop.inventory.iris.store import ledger

# Longer than any transaction of the shop, plus the error of a clock.
SURELY_SETTLED = timedelta(hours=1)


def void(
    iris: Iris, reference: str, token_hash: str, reason: Mapping[str, Any], at: datetime
) -> Decision:
    """Decide under the lock that an order will never be sold."""
    decision = void_decision(reference, token_hash, reason, at)
    ledger.write_decision(iris, decision)
    ledger.write_version(iris)
    return decision


def committed_decision(iris: Iris, reference: str, lock_wait: float) -> Decision | None:
    """The decision under a reference, if it is committed.

    Globals also show uncommitted values. The writing transaction holds the lock, so while the lock
    is held, there is no committed decision.
    """
    if ledger.decision(iris, reference) is None:
        return None
    try:
        iris.lock(ledger.DECISION, reference, timeout=lock_wait, shared=True)
    except LockTimeout:
        return None
    decision = ledger.decision(iris, reference)
    iris.unlock_now(ledger.DECISION, reference, shared=True)
    return decision


def some_decisions(
    iris: Iris, after: str | None, limit: int, lock_wait: float
) -> tuple[list[Decision], str | None]:
    """The next committed decisions on orders, and the reference to continue after (None: end)."""
    read = list(islice(ledger.decisions(iris, after), limit))
    settled = [
        _settled(iris, one, lock_wait) for one in read if one.kind is not DecisionKind.CHANGE
    ]
    following = read[-1].reference if len(read) == limit else None
    return [one for one in settled if one], following


def _settled(iris: Iris, decision: Decision, lock_wait: float) -> Decision | None:
    if datetime.now(UTC) - decision.at > SURELY_SETTLED:
        return decision
    return committed_decision(iris, decision.reference, lock_wait)


def past_deliveries(
    iris: Iris, limit: int, before: str, lock_wait: float
) -> tuple[PastDelivery, ...]:
    """Committed deliveries, latest first; one message each, three more for those of this hour."""
    last = committed_decision(iris, before, lock_wait) if before else None
    if before and not (last and is_delivery(last)):
        return ()
    settled = (one for one in ledger.deliveries(iris, last) if _has_come_in(iris, one))
    return tuple(islice(settled, limit))


def _has_come_in(iris: Iris, delivery: PastDelivery) -> bool:
    """Whether it is committed. Does not wait for one in progress, which may take a minute."""
    if datetime.now(UTC) - delivery.at > SURELY_SETTLED:
        return True
    try:
        iris.lock(ledger.DECISION, delivery.key, timeout=0, shared=True)
    except LockTimeout:
        return False
    stands = ledger.has_delivery(iris, delivery)
    iris.unlock_now(ledger.DECISION, delivery.key, shared=True)
    return stands
