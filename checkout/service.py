"""Selling an order exactly once.

An order is committed as PENDING. The inventory then decides once, under the order's reference: a
sale, or a void with its reason. Last, the decision is applied to the order. After a crash between
these steps, the decision is read from the ledger and applied later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language

from checkout import limits, server_alerts
from checkout.errors import (
    AlreadyPlaced,
    NotPlaced,
    OrderAbandoned,
    OrderError,
    OrderRefused,
    Refusal,
    StillChecking,
)
from checkout.mail import queue_receipt
from checkout.models import Order, OrderEvent, OrderLine, OrderState
from checkout.references import NoFreeReference, following, references
from shop.inserts import insert, insert_one, is_taken
from shop.inventory.contract import (
    AlertAnswer,
    Decided,
    Decision,
    DecisionKind,
    Inventory,
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    OutcomeUnknown,
    ReferenceTaken,
    Sale,
    SaleRefused,
    SaleRequest,
    WantedLine,
)
from shop.transactions import committed

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLine:
    """A line as the checkout page showed it."""

    product_id: int
    name: str
    origin: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Placement:
    """An order and its lines, in order of product id; this request's attempt is counted."""

    order: Order
    lines: Sequence[OrderLine]


@dataclass(frozen=True, slots=True)
class OrderSale:
    """An open sale of an order."""

    _sale: Sale

    def sell(self, line: OrderLine) -> None:
        """Sell one line: delete the product if no bag is left, else save the new quantity."""
        self._sale.sell(line.product_id)


@dataclass(frozen=True, slots=True)
class _MySale:
    """What an attempt knows of its own sale: the order's lines, the answers of the stock server to
    the alerts, and how to empty the basket."""

    lines: Sequence[OrderLine] | None = None
    answers: Mapping[int, AlertAnswer] = field(default_factory=dict)
    emptied: Callable[[], None] | None = None


class CheckoutService:
    """Places orders and sells them through an inventory; one instance for each request."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._began = monotonic()

    # placing

    def find(self, token_hash: str) -> Order | None:
        """The order that was placed for this token, in any state."""
        return Order.objects.filter(token_hash=token_hash).first()

    def resumed(self, token_hash: str) -> Placement | None:
        """The order of this token, resumed; None when there is none, or it was given up."""
        order = self.find(token_hash)
        return self.resume(order) if order and not order.is_given_up else None

    def resume(self, order: Order) -> Placement:
        """Count this attempt at an order that exists already, and return it with its lines.

        The lines are read after the attempt is counted: from then on they are not replaced.
        """
        if order.is_pending:
            Order.objects.filter(pk=order.pk).update(attempts=F("attempts") + 1)
        return Placement(order, list(order.lines.all()))

    def place(
        self,
        token_hash: str,
        lines: list[ShownLine],
        *,
        branch: str,
        email: str,
        address_hash: str | None = None,
    ) -> Placement:
        """The order for this token: a new one, PENDING and committed, or the one that exists.

        No order is looked for first: the unique token refuses a second one. An order that was given
        up is placed again with these lines. Raises NotPlaced when the database is busy, or when
        every reference belongs to another order, and OverLimit when a new order is over a limit;
        without ``address_hash`` it is not counted for any address.
        """
        for reference in references(token_hash):
            order = Order(
                reference=reference,
                token_hash=token_hash,
                branch_slug=branch,
                email=email,
                language=_language(),
                tax_rate=settings.TAX_RATE,
                created_at=self.inventory.clock(),
                address_hash=address_hash,
            )
            try:
                with self._before_the_sale():
                    limits.take_turn(address_hash)
                    order.pk = insert_one(order)
                    if order.pk:
                        written = _write_lines(order, lines)
                        # After the insert, which finds out whether the order exists already.
                        limits.check(order, sum(line.quantity for line in lines))
                        self._note(order, "placed")
            except OperationalError as error:
                if resumed := self.resumed(token_hash):
                    return resumed
                log.warning("Order %s could not be written: %s", reference, error)
                raise NotPlaced(order, InventoryBusy()) from error
            if order.pk:
                return Placement(order, written)
            existing = self.find(token_hash)
            if existing and existing.is_given_up:
                return self._place_again(existing, lines, branch=branch, email=email)
            if existing:
                return self.resume(existing)
        log.error("No order was placed: %s and the references before it are taken", reference)
        raise NotPlaced(order, NoFreeReference())

    def _place_again(
        self, order: Order, lines: list[ShownLine], *, branch: str, email: str
    ) -> Placement:
        """Replace the lines of an order that was given up; resume any other."""
        written = None
        with self._before_the_sale():
            given_up = Order.objects.filter(pk=order.pk, state=OrderState.PENDING, attempts=0)
            shown = {"branch_slug": branch, "email": email, "language": _language()}
            if given_up.update(attempts=1, tax_rate=settings.TAX_RATE, **shown):
                order.lines.all().delete()
                written = _write_lines(order, lines)
                self._note(order, "placed again")
        order.refresh_from_db()
        return self.resume(order) if written is None else Placement(order, written)

    def _before_the_sale(self) -> AbstractContextManager[None]:
        """A transaction that the sale's own commit makes durable, if both are in one log."""
        return committed(waits=not self.inventory.shares_database_log)

    # selling

    @contextmanager
    def sale(
        self, placement: Placement, *, emptied: Callable[[], None] | None = None
    ) -> Iterator[OrderSale]:
        """Open the sale of an order; it is committed on leaving, if every line was sold once.

        ``emptied`` empties the basket, in the transaction that confirms the order. If it fails, the
        order is confirmed without it.

        Raises AlreadyPlaced, OrderRefused, OrderAbandoned, StillChecking or NotPlaced. The order's
        row then has the same state as the error, unless it could not be written.
        """
        order = placement.order
        try:
            with self._attempt(placement, emptied) as sale:
                yield sale
        except OutcomeUnknown:
            log.warning("Order %s: a commit was not answered", order.reference)
            raise StillChecking(order) from None
        except (InventoryBusy, InventoryUnavailable, NoFreeReference) as error:
            raise _not_sold(order, error) from error

    @contextmanager
    def _attempt(
        self, placement: Placement, emptied: Callable[[], None] | None
    ) -> Iterator[OrderSale]:
        """The sale of one attempt, under the next reference if the first is taken."""
        order = placement.order
        if not order.is_pending:
            raise _ending(order)
        self._raise_if_late()
        try:
            with self.inventory.sale(_request(placement)) as sale:
                # Opening the sale may have waited long for a lock.
                self._raise_if_late()
                yield OrderSale(sale)
        except Decided as known:
            self._follow(order, known.decision)
            raise _ending(order) from None
        except SaleRefused as refused:
            names = {line.product_id: line.name for line in placement.lines}
            self._refuse(order, Refusal.of(refused, names))
            raise _ending(order) from None
        except ReferenceTaken:
            self._take_another_reference(order)
            # ``emptied`` would keep the former reference; the thanks page empties the basket.
            with self._attempt(placement, None) as again:
                yield again
        else:
            if sale.decision:
                mine = _MySale(placement.lines, sale.alert_answers, emptied)
                self._follow(order, sale.decision, mine)

    def _refuse(self, order: Order, refusal: Refusal) -> None:
        """Write the refusal into the ledger first, then apply the ledger's decision."""
        self._follow(order, self._void(order, {"refused": refusal.to_json()}))

    def _raise_if_late(self) -> None:
        """Raise InventoryTimeout when the request has taken longer than INVENTORY_TIMEOUT."""
        if monotonic() - self._began > settings.INVENTORY_TIMEOUT:
            raise InventoryTimeout("the attempt took too long before its sale")

    def _take_another_reference(self, order: Order) -> None:
        """Give the order its next free reference. Raises NoFreeReference after the last one."""
        taken = reference = order.reference
        still_has_it = Order.objects.filter(pk=order.pk, reference=taken, state=OrderState.PENDING)
        changed = None
        while changed is None:
            reference = following(order.token_hash, reference)
            try:
                changed = still_has_it.update(reference=reference)
            except IntegrityError as error:
                if not is_taken(error, Order, "reference"):
                    raise
        order.refresh_from_db()
        if changed:
            self._note(order, "took another reference", taken)

    # settling

    def settle(self, order: Order) -> Order:
        """Apply the ledger's decision to a pending order, if there is one and it can be read.

        A busy or unavailable inventory leaves the order PENDING. An undecided order is voided once
        it is older than twice INVENTORY_TIMEOUT: no sale of it can be running by then.
        """
        try:
            self.settle_from_ledger(
                order, fence_after=timedelta(seconds=2 * settings.INVENTORY_TIMEOUT)
            )
        except (
            InventoryBusy,
            InventoryUnavailable,
            NoFreeReference,
            OutcomeUnknown,
            StillChecking,
        ) as error:
            log.info("Order %s stays pending: %r", order.reference, error)
        return order

    def settle_from_ledger(self, order: Order, *, fence_after: timedelta) -> None:
        """Apply the ledger's decision to a pending order; raises the error that prevented it.

        An undecided order that is older than ``fence_after`` gets a void, written under the same
        lock as a sale, so that a slow sale that comes later is refused.
        """
        if not order.is_pending:
            return
        decision = self.standing(order)
        # An order from the future counts as old: the clock was ahead and has been corrected.
        if decision is None and abs(timezone.now() - order.created_at) >= fence_after:
            decision = self.fence(order)
        if decision:
            self._follow(order, decision)

    def standing(self, order: Order) -> Decision | None:
        """The ledger's decision on this order, or None."""
        decision = self.inventory.decision(order.reference)
        return decision if decision and decision.token_hash == order.token_hash else None

    def fence(self, order: Order) -> Decision:
        """Void the order unless the ledger has a decision already; returns the decision."""
        return self._void(order, {"abandoned": "not sold in time"})

    def _void(self, order: Order, reason: Mapping[str, Any]) -> Decision:
        try:
            return self.inventory.void(order.reference, order.token_hash, reason)
        except ReferenceTaken:
            self._take_another_reference(order)
            return self._void(order, reason)

    def _note(self, order: Order, what: str, detail: str = "") -> None:
        at = self.inventory.clock()
        insert([OrderEvent(order=order, at=at, what=what, detail=detail)])

    def _follow(self, order: Order, decision: Decision, mine: _MySale | None = None) -> None:
        """Apply the ledger's decision to the order; when that fails, it stays PENDING.

        ``mine`` is given when the decision is a sale of this attempt.
        """
        mine = mine or _MySale()
        try:
            try:
                self._apply(order, decision, mine)
            except DatabaseError:
                if not mine.emptied:
                    raise
                log.exception("Order %s is confirmed without its basket", order.reference)
                self._apply(order, decision, replace(mine, emptied=None))
        except DatabaseError:
            log.exception("Order %s is decided but could not be updated", order.reference)
            raise StillChecking(order) from None

    def _apply(self, order: Order, decision: Decision, mine: _MySale) -> None:
        """Write what the decision makes of a pending order, in one transaction.

        A confirmation that a power cut takes away is written again from the ledger.
        """
        refusal = decision.reason.get("refused")
        state = OrderState.ABANDONED if refusal is None else OrderState.REFUSED
        if decision.kind is DecisionKind.SALE:
            state = OrderState.CONFIRMED
        with committed(waits=state is not OrderState.CONFIRMED):
            pending = Order.objects.filter(pk=order.pk, state=OrderState.PENDING)
            moved = pending.update(state=state, settled_at=decision.at, refusal=refusal)
            if moved and state is OrderState.CONFIRMED:
                _write_sold(order, decision, mine.lines)
                server_alerts.record(decision, mine.answers)
                queue_receipt(order)
            if moved:
                self._note(order, state.value, str(decision.reason.get("abandoned", "")))
            if mine.emptied:
                mine.emptied()
        if moved:
            order.state, order.settled_at, order.refusal = state, decision.at, refusal
        else:
            order.refresh_from_db()
            server_alerts.note_answers(decision.reference, mine.answers)


def _write_sold(order: Order, decision: Decision, lines: Sequence[OrderLine] | None) -> None:
    """Correct the lines that differ from the ledger's; they are read unless they are given."""
    placed = {line.product_id: line for line in (order.lines.all() if lines is None else lines)}
    for sold in decision.lines:
        values = {"name": sold.name, "origin": sold.origin, "unit_price": sold.unit_price}
        line = placed.get(sold.product_id)
        if line is None or any(getattr(line, name) != value for name, value in values.items()):
            order.lines.filter(product_id=sold.product_id).update(**values)


def _write_lines(order: Order, lines: list[ShownLine]) -> list[OrderLine]:
    written = [
        OrderLine(
            order=order,
            product_id=line.product_id,
            name=line.name,
            origin=line.origin,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )
        for line in sorted(lines, key=attrgetter("product_id"))
    ]
    insert(written)
    return written


def _language() -> str:
    """The language of the checkout page."""
    return get_language() or settings.LANGUAGE_CODE


def _request(placement: Placement) -> SaleRequest:
    return SaleRequest(
        reference=placement.order.reference,
        token_hash=placement.order.token_hash,
        lines=tuple(
            WantedLine(
                product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price
            )
            for line in placement.lines
        ),
    )


def _not_sold(
    order: Order, error: InventoryBusy | InventoryUnavailable | NoFreeReference
) -> OrderError:
    """This attempt sold nothing. The order is "not placed" only when no other attempt is running.

    An attempt that crashed counts as running until the order is settled.
    """
    log.warning("Order %s was not sold: %r", order.reference, error)
    try:
        Order.objects.filter(pk=order.pk, attempts__gt=0).update(attempts=F("attempts") - 1)
        order.refresh_from_db()
    except DatabaseError:
        return StillChecking(order)
    return StillChecking(order) if order.may_be_selling else NotPlaced(order, error)


def _ending(order: Order) -> OrderError:
    """The error that tells the shopper the state of the order."""
    endings: dict[str, type[OrderError]] = {
        OrderState.CONFIRMED: AlreadyPlaced,
        OrderState.REFUSED: OrderRefused,
        OrderState.ABANDONED: OrderAbandoned,
    }
    return endings.get(order.state, StillChecking)(order)
