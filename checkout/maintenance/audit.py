"""Check that stock, ledger and orders agree, while the shop is selling.

Everything is read in streams, so that memory does not grow with the ledger. A difference may be a
sale in progress, so it is checked again before it is reported: stock under the row's lock,
everything else after all sales that were open at the beginning have ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from time import sleep

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from checkout.models import Order, OrderLine, OrderState
from shop.inventory.contract import (
    Balance,
    Decision,
    DecisionKind,
    Inventory,
    InventoryBusy,
    Movement,
    MovementKind,
)

BATCH = 500
BUCKETS = 4096
"""Sold lines are compared by sums of hashes, one for each bucket of references, because millions of
lines would not fit into memory. Only the lines of a bucket whose sum is not 0 are read again."""
TRIES = 5
"""How often a locked row, or an order that disagrees with its decision, is read."""
LEFT_BEHIND = timedelta(minutes=5)
"""``jobs``, if it runs, has settled every pending order that is older."""

Step = Callable[[int], object]
SoldLines = Counter[tuple[str, int, int]]


class FindingKind(StrEnum):
    """The kinds of findings; the values are printed."""

    BROKEN_CHAIN = "movements do not add up"
    OUTSIDE = "changed outside the shop"
    SALE_WITHOUT_ORDER = "sale without an order"
    ORDER_WITHOUT_SALE = "confirmed order without a sale"
    CLOSED_BUT_SOLD = "order is closed but its sale is in the ledger"
    NOT_SETTLED = "decided but still pending"
    LEFT_BEHIND = "pending for long, and not decided"
    OTHER_LINES = "order and ledger have different lines"
    OTHER_BASKET = "order and ledger are of different baskets"
    SALE_WITHOUT_MOVEMENT = "sale without its movement"
    MOVEMENT_WITHOUT_SALE = "movement without its sale"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One disagreement; ``subject`` is a product's number or an order's reference."""

    kind: FindingKind
    subject: str
    detail: str = ""


STORED = ("reference", "token_hash", "state", "created_at")


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """What is compared of an order."""

    reference: str
    token_hash: str
    state: str
    created_at: datetime
    lines: set[tuple[object, ...]] = field(default_factory=set)


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
    _started: datetime = field(default_factory=timezone.now)
    _sums: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    """For each bucket, the hashes of the movements of sales less those of the decided lines."""
    _broken: dict[int, int] = field(default_factory=dict)
    """For each product, the first movement that does not continue the one before."""
    _unsettled: list[str] = field(default_factory=list)

    def run(self) -> Iterator[Finding]:
        """Yield each finding at once. Raises InventoryError when the ledger can't be read."""
        yield from self.outside()
        yield from self._orders()
        suspects = {bucket for bucket, total in enumerate(self._sums) if total}
        if self._broken or self._unsettled or suspects:
            self._let_sales_end()
            yield from self._broken_chains()
            yield from self._still_pending()
            yield from self._sale_movements(suspects)

    # products: the sum of the movements is the stock

    def outside(self) -> Iterator[Finding]:
        """Only the products whose stock was changed without a movement, by other programs."""
        ends: dict[int, int] = {}
        for movement, follows in _chained(self.inventory.all_movements()):
            if movement.product_id not in ends and len(ends) >= BATCH:
                yield from self._compare(ends)
                ends = {}
            if not follows:
                self._broken.setdefault(movement.product_id, movement.number)
            if self._is_settled_sale(movement):
                sold = _hash(movement.reference, movement.product_id, -movement.change)
                self._sums[_bucket(movement.reference)] += sold
            self.products += movement.product_id not in ends
            ends[movement.product_id] = movement.after
            self.movements += 1
            self.step(1)
        yield from self._compare(ends)

    def _compare(self, ends: dict[int, int]) -> Iterator[Finding]:
        """Compare the last movements with the stock; differences again under the row's lock."""
        known = self.inventory.products(ends)
        for id_, after in ends.items():
            if id_ in known and known[id_].left == after:
                continue
            drift = self._balance(id_).drift
            if drift:
                yield Finding(kind=FindingKind.OUTSIDE, subject=str(id_), detail=f"{drift:+} bags")

    def _balance(self, product_id: int) -> Balance:
        for _ in range(TRIES - 1):
            with suppress(InventoryBusy):
                return self.inventory.balance(product_id)
        return self.inventory.balance(product_id)

    def _broken_chains(self) -> Iterator[Finding]:
        """Gaps that are still there; a movement that was rolled back has left none."""
        if not self._broken:
            return
        for movement, follows in _chained(self.inventory.all_movements()):
            if not follows and self._broken.get(movement.product_id) == movement.number:
                yield Finding(
                    kind=FindingKind.BROKEN_CHAIN,
                    subject=str(movement.product_id),
                    detail=f"at movement {movement.number}",
                )

    # orders: each is compared with its decision; both are read in order of reference

    def _orders(self) -> Iterator[Finding]:
        decisions, orders = self.inventory.decisions(), _stored_orders()
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

    def _judge(self, decision: Decision | None, order: StoredOrder | None) -> Iterator[Finding]:
        self.decisions += decision is not None
        self.orders += order is not None
        self.step(1)
        if decision:
            for product_id, quantity in self._settled_lines(decision):
                decided = _hash(decision.reference, product_id, quantity)
                self._sums[_bucket(decision.reference)] -= decided
        subject = decision.reference if decision else order.reference if order else ""
        kind = _disagreement(decision, order)
        for _ in range(TRIES):
            if kind is None:
                return
            kind = self._read_again(subject)
        if kind is FindingKind.NOT_SETTLED:
            self._unsettled.append(subject)
        elif kind:
            yield Finding(kind=kind, subject=subject)

    def _read_again(self, reference: str) -> FindingKind | None:
        """What is wrong with one order now.

        An order is placed before it is decided and confirmed after that, so the order is read
        before the decision, and once more when it was missing.
        """
        order = _stored_order(reference)
        decision = self.inventory.decision(reference)
        return _disagreement(decision, order or _stored_order(reference))

    def _still_pending(self) -> Iterator[Finding]:
        for reference in self._unsettled:
            kind = self._read_again(reference)
            if kind:
                yield Finding(kind=kind, subject=reference)

    # sales: each line has its movement

    def _sale_movements(self, suspects: set[int]) -> Iterator[Finding]:
        """Differences that two passes found; a sale that ended during the first agrees by then."""
        found = self._sold_lines(suspects)
        if not found:
            return
        again = self._sold_lines(suspects)
        for key in sorted(found.keys() & again.keys()):
            reference, product_id, quantity = key
            is_movement = again[key] > 0
            yield Finding(
                kind=FindingKind.MOVEMENT_WITHOUT_SALE
                if is_movement
                else FindingKind.SALE_WITHOUT_MOVEMENT,
                subject=reference,
                detail=f"{quantity} of product {product_id}",
            )

    def _sold_lines(self, suspects: set[int]) -> SoldLines:
        """The number of movements less decided lines in these buckets, where they differ."""
        left: SoldLines = Counter()
        for movement in self.inventory.all_movements():
            if self._is_settled_sale(movement) and _bucket(movement.reference) in suspects:
                left[movement.reference, movement.product_id, -movement.change] += 1
        for decision in self.inventory.decisions():
            if _bucket(decision.reference) in suspects:
                for product_id, quantity in self._settled_lines(decision):
                    left[decision.reference, product_id, quantity] -= 1
        return Counter({key: n for key, n in left.items() if n})

    # time: later sales are left to the next run; a sale and its movements have the same time

    def _is_settled_sale(self, movement: Movement) -> bool:
        return movement.kind is MovementKind.SALE and movement.at < self._started

    def _settled_lines(self, decision: Decision) -> list[tuple[int, int]]:
        if decision.kind is not DecisionKind.SALE or decision.at >= self._started:
            return []
        return [(line.product_id, line.quantity) for line in decision.lines]

    def _let_sales_end(self) -> None:
        """Wait until every sale that was open when this run began must have ended."""
        longest = 2 * settings.INVENTORY_TIMEOUT
        passed = (timezone.now() - self._started).total_seconds()
        # The clock may have been set back meanwhile, so the wait is bounded.
        sleep(min(longest, max(0.0, longest - passed)))


def entries_expected(inventory: Inventory) -> int:
    """Roughly how many entries a run will read, for a progress bar; no store counts its movements.

    Counts each order, each sold line and one movement for each product, so it is a lower bound.
    """
    sold = OrderLine.objects.filter(order__state=OrderState.CONFIRMED)
    return Order.objects.count() + sold.count() + inventory.totals().products


def _chained(movements: Iterator[Movement]) -> Iterator[tuple[Movement, bool]]:
    """Each movement, and whether it continues the one before of the same product."""
    previous: Movement | None = None
    for movement in movements:
        if previous and previous.product_id != movement.product_id:
            previous = None
        yield movement, _follows(movement, previous)
        previous = movement


def _stored_orders() -> Iterator[StoredOrder]:
    """Every order by reference, in stretches.

    On SQLite, one long query would show this connection only the data of the moment it began, and
    reading an order again would show nothing new.
    """
    after = ""
    orders = Order.objects.order_by("reference")
    while stretch := _stored(orders.filter(reference__gt=after)[:BATCH]):
        yield from stretch
        after = stretch[-1].reference


def _stored_order(reference: str) -> StoredOrder | None:
    found = _stored(Order.objects.filter(reference=reference))
    return found[0] if found else None


def _stored(orders: QuerySet[Order]) -> list[StoredOrder]:
    """These orders with their lines, without an instance for each of millions of rows."""
    found = {pk: StoredOrder(*row) for pk, *row in orders.values_list("pk", *STORED)}
    lines = OrderLine.objects.filter(order_id__in=list(found)).order_by()
    for pk, *line in lines.values_list("order_id", "product_id", "name", "quantity", "unit_price"):
        found[pk].lines.add(tuple(line))
    return list(found.values())


def _bucket(reference: str) -> int:
    return hash(reference) % BUCKETS


def _hash(reference: str, product_id: int, quantity: int) -> int:
    # Of a string: hashes of tuples that differ in small numbers could cancel out in a sum.
    return hash(f"{reference} {product_id} {quantity}")


def _follows(movement: Movement, previous: Movement | None) -> bool:
    number, after = (previous.number, previous.after) if previous else (0, 0)
    return movement.number == number + 1 and movement.after == after + movement.change >= 0


def _disagreement(decision: Decision | None, order: StoredOrder | None) -> FindingKind | None:
    """What is wrong between a decision and an order of the same reference, if anything."""
    is_sale = decision is not None and decision.kind is DecisionKind.SALE
    if order is None:
        return FindingKind.SALE_WITHOUT_ORDER if is_sale else None
    if decision is None:
        return _undecided(order)
    if decision.token_hash != order.token_hash:
        return FindingKind.OTHER_BASKET
    if order.state == OrderState.PENDING:
        return FindingKind.NOT_SETTLED
    if is_sale != (order.state == OrderState.CONFIRMED):
        return FindingKind.CLOSED_BUT_SOLD if is_sale else FindingKind.ORDER_WITHOUT_SALE
    if is_sale and _ledger_lines(decision) != order.lines:
        return FindingKind.OTHER_LINES
    return None


def _undecided(order: StoredOrder) -> FindingKind | None:
    if order.state == OrderState.CONFIRMED:
        return FindingKind.ORDER_WITHOUT_SALE
    # Also in the future, where a clock that was ahead places orders.
    if order.state == OrderState.PENDING and abs(timezone.now() - order.created_at) > LEFT_BEHIND:
        return FindingKind.LEFT_BEHIND
    return None


def _ledger_lines(decision: Decision) -> set[tuple[object, ...]]:
    return {(x.product_id, x.name, x.quantity, x.unit_price) for x in decision.lines}
