"""Selling an order exactly once.

The life of an order: PENDING is committed here; the inventory decides, once and for all, under
the order's reference (a sale, or a void with its reason); the order then follows that decision.
Whatever dies in between, the decision can be read again and the order brought after it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import get_language

from checkout import server_alerts
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
class OrderSale:
    """An open sale of an order, line by line."""

    _sale: Sale

    def sell(self, line: OrderLine) -> None:
        """Sell one line: the row is deleted, or what is left is saved."""
        self._sale.sell(line.product_id)


class CheckoutService:
    """Places orders and sells them through an inventory. Made anew for each request."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._began = monotonic()

    # placing

    def find(self, token_hash: str) -> Order | None:
        """The order that was placed for this token, whatever became of it."""
        if not order_exists(token_hash):
            return None
        order = Order.objects.filter(token_hash=token_hash).first()
        if order:
            order.is_resumed = True
        return order

    def place(self, token_hash: str, lines: list[ShownLine], *, branch: str, email: str) -> Order:
        """The order for this token: a new one, PENDING and committed, or the one that exists.

        One that was given up takes over what the page showed this time. Raises NotPlaced when the
        database is busy, or when each reference is another order's.
        """
        for reference in references(token_hash):
            order = Order(
                reference=reference,
                token_hash=token_hash,
                branch_slug=branch,
                email=email,
                language=_language(),
                tax_rate=settings.TAX_RATE,
                created_at=timezone.now(),
            )
            try:
                with transaction.atomic(durable=True):
                    order.pk = insert_one(order)
                    _write_lines(order, lines)
                    _note(order, "placed")
                return order
            except IntegrityError as error:
                # Any other broken constraint would break again under the next reference.
                if not is_taken(error, Order, "reference", "token_hash"):
                    raise
                existing = self.find(token_hash)
                if existing:
                    return _place_again(existing, lines, branch=branch, email=email)
            except OperationalError as error:
                existing = self.find(token_hash)
                if existing and not existing.is_given_up:
                    return existing
                log.warning("Order %s could not be written: %s", reference, error)
                raise NotPlaced(order, InventoryBusy()) from error
        log.error("No order was placed: %s and those before it are other orders'", reference)
        raise NotPlaced(order, NoFreeReference())

    # selling

    @contextmanager
    def sale(self, order: Order) -> Iterator[OrderSale]:
        """Open the sale of an order; it is committed on leaving, if every line was sold once.

        Raises AlreadyPlaced, OrderRefused, OrderAbandoned, StillChecking or NotPlaced: what they
        say of the order is also what its row says by then, as far as it could be written.
        """
        _raise_unless_pending(order)
        _count_attempt(order)
        try:
            with self._attempt(order) as sale:
                yield sale
        except OutcomeUnknown:
            log.warning("Order %s: a commit was not answered", order.reference)
            raise StillChecking(order) from None
        except (InventoryBusy, InventoryUnavailable, NoFreeReference) as error:
            raise _not_sold(order, error) from error

    @contextmanager
    def _attempt(self, order: Order) -> Iterator[OrderSale]:
        """One press's sale, under another reference if the first turns out to be taken."""
        _raise_unless_pending(order)
        self._raise_if_late()
        try:
            with self.inventory.sale(_request(order)) as sale:
                # To open it may have meant a long wait for a lock.
                self._raise_if_late()
                yield OrderSale(sale)
        except Decided as known:
            self._follow(order, known.decision)
            raise _ending(order) from None
        except SaleRefused as refused:
            names = {line.product_id: line.name for line in order.wanted}
            self._refuse(order, Refusal.of(refused, names))
            raise _ending(order) from None
        except ReferenceTaken:
            self._take_another_reference(order)
            with self._attempt(order) as again:
                yield again
        else:
            if sale.decision:
                self._follow(order, sale.decision, sale.alert_answers)

    def _refuse(self, order: Order, refusal: Refusal) -> None:
        """Write the refusal into the ledger first, then follow whatever stands there."""
        self._follow(order, self._void(order, {"refused": refusal.to_json()}))

    def _raise_if_late(self) -> None:
        """Raise InventoryTimeout once the request is older than a shopper would wait for it."""
        if monotonic() - self._began > settings.INVENTORY_TIMEOUT:
            raise InventoryTimeout("the press of Pay took too long before its sale")

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
            _note(order, "took another reference", taken)

    # settling

    def settle(self, order: Order) -> Order:
        """Bring a PENDING order after the ledger, as far as that can be done now.

        An inventory that is busy or away leaves the order PENDING. The ledger is only read, until
        the order is older than twice INVENTORY_TIMEOUT: no sale of it can still be running.
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
        """Settle a PENDING order, or raise what stood in the way.

        One that is older than ``fence_after`` and undecided gets a void, written behind the sale's
        own lock, so that a slow sale that comes later is refused.
        """
        if not order.is_pending:
            return
        decision = self.standing(order)
        # As far in the future is as good: a clock that was ahead and put right must not keep an
        # order pending until then.
        if decision is None and abs(timezone.now() - order.created_at) >= fence_after:
            decision = self.fence(order)
        if decision:
            self._follow(order, decision)

    def standing(self, order: Order) -> Decision | None:
        """The ledger's decision on this order, if there is one yet."""
        decision = self.inventory.decision(order.reference)
        return decision if decision and decision.token_hash == order.token_hash else None

    def fence(self, order: Order) -> Decision:
        """Make sure that this order is decided now: void, unless the ledger knows better."""
        return self._void(order, {"abandoned": "not sold in time"})

    def _void(self, order: Order, reason: Mapping[str, Any]) -> Decision:
        try:
            return self.inventory.void(order.reference, order.token_hash, reason)
        except ReferenceTaken:
            self._take_another_reference(order)
            return self._void(order, reason)

    def _follow(
        self, order: Order, decision: Decision, answers: Mapping[int, AlertAnswer] | None = None
    ) -> None:
        """Make the order say what the ledger says. After a sale nothing here may fail it.

        ``answers`` are those of the stock server to the sale's alerts, as far as they are known.
        """
        refusal = decision.reason.get("refused")
        state = OrderState.ABANDONED if refusal is None else OrderState.REFUSED
        if decision.kind is DecisionKind.SALE:
            state = OrderState.CONFIRMED
        try:
            with transaction.atomic(durable=True):
                moved = leave_pending(order, state, at=decision.at, refusal=refusal)
                if moved and state is OrderState.CONFIRMED:
                    _write_sold(order, decision)
                    server_alerts.record(decision, answers or {})
                    queue_receipt(order)
                if moved:
                    _note(order, state.value, str(decision.reason.get("abandoned", "")))
            if moved:
                order.state, order.settled_at, order.refusal = state, decision.at, refusal
            else:
                order.refresh_from_db()
                server_alerts.note_answers(decision.reference, answers or {})
        except DatabaseError:
            log.exception("Order %s stays pending though it is decided", order.reference)
            raise StillChecking(order) from None


def _write_sold(order: Order, decision: Decision) -> None:
    """What the ledger has of the lines, where that is not what was shown."""
    placed = {line.product_id: line for line in order.wanted}
    for sold in decision.lines:
        words = {"name": sold.name, "origin": sold.origin, "unit_price": sold.unit_price}
        line = placed.get(sold.product_id)
        if line is None or any(getattr(line, name) != word for name, word in words.items()):
            order.lines.filter(product_id=sold.product_id).update(**words)


def _write_lines(order: Order, lines: list[ShownLine]) -> None:
    order.wanted = [
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
    insert(order.wanted)


def _place_again(order: Order, lines: list[ShownLine], *, branch: str, email: str) -> Order:
    """Take over what the page showed this time, unless somebody may be selling the order."""
    with transaction.atomic(durable=True):
        given_up = Order.objects.filter(pk=order.pk, state=OrderState.PENDING, attempts=0)
        taken = {"branch_slug": branch, "email": email, "language": _language()}
        if given_up.update(attempts=1, tax_rate=settings.TAX_RATE, **taken):
            order.lines.all().delete()
            _write_lines(order, lines)
            _note(order, "placed again")
            order.is_resumed = False
    order.refresh_from_db()
    return order


def _language() -> str:
    """Of the page that Pay was pressed on."""
    return get_language() or settings.LANGUAGE_CODE


def _note(order: Order, what: str, detail: str = "") -> None:
    insert([OrderEvent(order=order, at=timezone.now(), what=what, detail=detail)])


def _request(order: Order) -> SaleRequest:
    return SaleRequest(
        reference=order.reference,
        token_hash=order.token_hash,
        lines=tuple(
            WantedLine(
                product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price
            )
            for line in order.wanted
        ),
    )


def _count_attempt(order: Order) -> None:
    """Note that a press of Pay goes on with an order that was found; a new one counts its own."""
    if order.is_resumed:
        Order.objects.filter(pk=order.pk).update(attempts=F("attempts") + 1)


def _not_sold(
    order: Order, error: InventoryBusy | InventoryUnavailable | NoFreeReference
) -> OrderError:
    """This press of Pay sold nothing, and never will. The last one to say so speaks for all."""
    log.warning("Order %s was not sold: %r", order.reference, error)
    try:
        Order.objects.filter(pk=order.pk, attempts__gt=0).update(attempts=F("attempts") - 1)
        order.refresh_from_db()
    except DatabaseError:
        return StillChecking(order)
    return StillChecking(order) if order.may_be_selling else NotPlaced(order, error)


def _raise_unless_pending(order: Order) -> None:
    if not order.is_pending:
        raise _ending(order)


def _ending(order: Order) -> OrderError:
    """What an order's state means for whoever pressed Pay."""
    endings: dict[str, type[OrderError]] = {
        OrderState.CONFIRMED: AlreadyPlaced,
        OrderState.REFUSED: OrderRefused,
        OrderState.ABANDONED: OrderAbandoned,
    }
    return endings.get(order.state, StillChecking)(order)


def order_exists(token_hash: str) -> bool:
    """True when an order was placed for this token, whatever became of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM checkout_order WHERE token_hash = %s", [token_hash])
        return cursor.fetchone() is not None


def leave_pending(
    order: Order, state: OrderState, *, at: datetime, refusal: Mapping[str, Any] | None
) -> bool:
    """Move an order on in the database, if nobody else has; True for the one who did."""
    values = [
        state.value,
        connection.ops.adapt_datetimefield_value(at),
        None if refusal is None else json.dumps(refusal),
        order.pk,
        OrderState.PENDING.value,
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkout_order SET state = %s, settled_at = %s, refusal = %s "
            "WHERE id = %s AND state = %s",
            values,
        )
        return bool(cursor.rowcount == 1)
