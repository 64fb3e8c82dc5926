"""Proving that stock, ledger and orders tell one story.

Everything is read in streams: a million movements need no more memory than a thousand.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from checkout.models import Order, OrderState
from shop.inventory.contract import Decision, DecisionKind, Inventory, Movement, MovementKind

BATCH = 500
BUCKETS = 4096

Step = Callable[[int], object]


class FindingKind(StrEnum):
    """What can be wrong; the words that a person reads stand in the value."""

    BROKEN_CHAIN = "movements do not add up"
    OUTSIDE = "changed outside the shop"
    SALE_WITHOUT_ORDER = "sale without an order"
    ORDER_WITHOUT_SALE = "confirmed order without a sale"
    CLOSED_BUT_SOLD = "order is closed but its sale is in the ledger"
    NOT_SETTLED = "decided but still pending"
    OTHER_LINES = "order and ledger have different lines"
    OTHER_BASKET = "order and ledger are of different baskets"
    SALE_WITHOUT_MOVEMENT = "sale without its movement"
    MOVEMENT_WITHOUT_SALE = "movement without its sale"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that does not fit; ``subject`` is a product's number or an order's reference."""

    kind: FindingKind
    subject: str
    detail: str = ""


class _Tally:
    """Two heaps of lines, compared without keeping them: one sum of hashes for each bucket."""

    def __init__(self) -> None:
        self._sums = [0] * BUCKETS

    def add(self, reference: str, product_id: int, quantity: int) -> None:
        self._sums[_bucket(reference)] += _weight(reference, product_id, quantity)

    def take(self, reference: str, product_id: int, quantity: int) -> None:
        self._sums[_bucket(reference)] -= _weight(reference, product_id, quantity)

    def suspects(self) -> set[int]:
        """The buckets in which the two heaps differ."""
        return {bucket for bucket, total in enumerate(self._sums) if total}


@dataclass(slots=True)
class Audit:
    """One run over an inventory and the shop's orders."""

    inventory: Inventory
    step: Step = lambda _n: None
    """Called with the number of entries read since the last call, for a progress bar."""

    products: int = 0
    movements: int = 0
    decisions: int = 0
    orders: int = 0
    _sold: _Tally = field(default_factory=_Tally)

    def run(self) -> Iterator[Finding]:
        """Every finding, as it is found. Raises InventoryUnavailable when it can't go on."""
        yield from self._products()
        yield from self._orders()
        yield from self._sale_movements()

    # products: what came in minus what went out is what is there

    def _products(self) -> Iterator[Finding]:
        ends: dict[int, int] = {}
        previous: Movement | None = None
        for movement in self.inventory.all_movements():
            if previous and movement.product_id != previous.product_id:
                ends[previous.product_id] = previous.after
                previous = None
                if len(ends) >= BATCH:
                    yield from self._compare(ends)
                    ends = {}
            if not _follows(movement, previous):
                yield Finding(
                    kind=FindingKind.BROKEN_CHAIN,
                    subject=str(movement.product_id),
                    detail=f"at movement {movement.number}",
                )
            if movement.kind is MovementKind.SALE:
                self._sold.add(movement.reference, movement.product_id, -movement.change)
            previous = movement
            self.movements += 1
            self.step(1)
        if previous:
            ends[previous.product_id] = previous.after
        yield from self._compare(ends)

    def _compare(self, ends: dict[int, int]) -> Iterator[Finding]:
        """The ledger's last figures against the stock, suspects once more under their locks."""
        self.products += len(ends)
        known = self.inventory.products(ends)
        for id_, after in ends.items():
            if id_ in known and known[id_].left == after:
                continue
            drift = self.inventory.balance(id_).drift
            if drift:
                yield Finding(kind=FindingKind.OUTSIDE, subject=str(id_), detail=f"{drift:+} bags")

    # orders: each against its decision, both by reference

    def _orders(self) -> Iterator[Finding]:
        decisions = self.inventory.decisions()
        orders = (
            Order.objects.order_by("reference").prefetch_related("lines").iterator(chunk_size=BATCH)
        )
        decision, order = next(decisions, None), next(orders, None)
        while decision or order:
            if order is None or (decision and decision.reference < order.reference):
                if decision:
                    yield from self._judge(decision, None)
                decision = next(decisions, None)
            elif decision is None or order.reference < decision.reference:
                yield from self._judge(None, order)
                order = next(orders, None)
            else:
                yield from self._judge(decision, order)
                decision, order = next(decisions, None), next(orders, None)

    def _judge(self, decision: Decision | None, order: Order | None) -> Iterator[Finding]:
        self.decisions += decision is not None
        self.orders += order is not None
        self.step(1)
        if decision and decision.kind is DecisionKind.SALE:
            for line in decision.lines:
                self._sold.take(decision.reference, line.product_id, line.quantity)
        if _disagreement(decision, order):
            # Sales go on while this runs: look at both once more before saying so.
            subject = decision.reference if decision else order.reference if order else ""
            decision = self.inventory.decision(subject)
            order = Order.objects.filter(reference=subject).prefetch_related("lines").first()
            kind = _disagreement(decision, order)
            if kind:
                yield Finding(kind=kind, subject=subject)

    # every sale's line against its movement

    def _sale_movements(self) -> Iterator[Finding]:
        suspects = self._sold.suspects()
        if not suspects:
            return
        left: Counter[tuple[str, int, int]] = Counter()
        for movement in self.inventory.all_movements():
            if movement.kind is MovementKind.SALE and _bucket(movement.reference) in suspects:
                left[movement.reference, movement.product_id, -movement.change] += 1
        for decision in self.inventory.decisions():
            if decision.kind is DecisionKind.SALE and _bucket(decision.reference) in suspects:
                for line in decision.lines:
                    left[decision.reference, line.product_id, line.quantity] -= 1
        for reference, product_id, quantity in sorted(key for key, n in left.items() if n):
            number = self._count(reference, product_id, quantity)
            if number:
                yield Finding(
                    kind=FindingKind.MOVEMENT_WITHOUT_SALE
                    if number > 0
                    else FindingKind.SALE_WITHOUT_MOVEMENT,
                    subject=reference,
                    detail=f"{quantity} of product {product_id}",
                )

    def _count(self, reference: str, product_id: int, quantity: int) -> int:
        """Movements less decided lines of this kind, asked for once more: sales go on meanwhile."""
        decision = self.inventory.decision(reference)
        lines = decision.lines if decision and decision.kind is DecisionKind.SALE else ()
        decided = sum((x.product_id, x.quantity) == (product_id, quantity) for x in lines)
        moved = sum(
            movement.kind is MovementKind.SALE
            and (movement.reference, -movement.change) == (reference, quantity)
            for movement in self.inventory.movements(product_id)
        )
        return moved - decided


def _bucket(reference: str) -> int:
    return _weight(reference, 0, 0) % BUCKETS


def _weight(reference: str, product_id: int, quantity: int) -> int:
    text = f"{reference} {product_id} {quantity}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest())


def _follows(movement: Movement, previous: Movement | None) -> bool:
    number, after = (previous.number, previous.after) if previous else (0, 0)
    return movement.number == number + 1 and movement.after == after + movement.change >= 0


def _disagreement(decision: Decision | None, order: Order | None) -> FindingKind | None:
    """What is wrong between a decision and an order of the same reference, if anything."""
    is_sale = decision is not None and decision.kind is DecisionKind.SALE
    if order is None:
        return FindingKind.SALE_WITHOUT_ORDER if is_sale else None
    if decision is None:
        return FindingKind.ORDER_WITHOUT_SALE if order.is_confirmed else None
    if decision.token_hash != order.token_hash:
        return FindingKind.OTHER_BASKET
    if order.state == OrderState.PENDING:
        return FindingKind.NOT_SETTLED
    if is_sale != order.is_confirmed:
        return FindingKind.CLOSED_BUT_SOLD if is_sale else FindingKind.ORDER_WITHOUT_SALE
    if is_sale and _ledger_lines(decision) != _order_lines(order):
        return FindingKind.OTHER_LINES
    return None


def _ledger_lines(decision: Decision) -> set[tuple[object, ...]]:
    return {(x.product_id, x.name, x.quantity, x.unit_price) for x in decision.lines}


def _order_lines(order: Order) -> set[tuple[object, ...]]:
    return {(x.product_id, x.name, x.quantity, x.unit_price) for x in order.lines.all()}
