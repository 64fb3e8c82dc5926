"""Selling an order exactly once.

The life of an order: PENDING is committed here; the inventory decides, once and for all, under
the order's reference (a sale, or a void with its reason); the order then follows that decision.
Whatever dies in between, the decision can be read again and the order brought after it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
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
from checkout.models import Order, OrderEvent, OrderLine, OrderState
from checkout.order_sql import leave_pending, order_exists
from checkout.references import following, references
from shop.inventory.contract import (
    AlertAnswer,
    Decided,
    Decision,
    DecisionKind,
    Inventory,
    InventoryBusy,
    InventoryUnavailable,
    OutcomeUnknown,
    ReferenceTaken,
    Sale,
    SaleRefused,
    SaleRequest,
    WantedLine,
)
from shop.inventory.database.sql import insert, insert_one

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
    """Places orders and sells them through an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

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

        One that was given up takes over what the page showed this time.
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
            except IntegrityError:
                existing = self.find(token_hash)
                if existing:
                    return _place_again(existing, lines, branch=branch, email=email)
                # The reference is another order's: take the next.
            except OperationalError as error:
                existing = self.find(token_hash)
                if existing and not existing.is_given_up:
                    return existing
                log.warning("Order %s could not be written: %s", reference, error)
                raise NotPlaced(order, InventoryBusy()) from error
        raise AssertionError("references never end")

    # selling

    @contextmanager
    def sale(self, order: Order) -> Iterator[OrderSale]:
        """Open the sale of an order; it is committed on leaving, if every line was sold once.

        Raises AlreadyPlaced, OrderRefused, OrderAbandoned, StillChecking or NotPlaced: what they
        say of the order is also what its row says by then, as far as it could be written.
        """
        _raise_unless_pending(order)
        _count_press(order)
        with self._attempt(order) as sale:
            yield sale

    @contextmanager
    def _attempt(self, order: Order) -> Iterator[OrderSale]:
        """One press's sale, under another reference if the first turns out to be taken."""
        _raise_unless_pending(order)
        try:
            with self.inventory.sale(_request(order)) as sale:
                yield OrderSale(sale)
        except Decided as known:
            self._follow(order, known.decision)
            raise _ending(order) from None
        except SaleRefused as refused:
            names = {line.product_id: line.name for line in order.wanted}
            self._refuse(order, Refusal.of(refused, names))
            raise _ending(order) from None
        except OutcomeUnknown:
            log.warning("Order %s: the commit of its sale was not answered", order.reference)
            raise StillChecking(order) from None
        except ReferenceTaken:
            self._take_another_reference(order)
            with self._attempt(order) as again:
                yield again
        except (InventoryBusy, InventoryUnavailable) as error:
            raise _not_sold(order, error) from error
        else:
            if sale.decision:
                self._follow(order, sale.decision, sale.alert_answers)

    def _refuse(self, order: Order, refusal: Refusal) -> None:
        """Write the refusal into the ledger first, then follow whatever stands there."""
        try:
            decision = self._void(order, {"refused": refusal.to_json()})
        except OutcomeUnknown:
            raise StillChecking(order) from None
        except (InventoryBusy, InventoryUnavailable) as error:
            raise _not_sold(order, error) from error
        self._follow(order, decision)

    def _take_another_reference(self, order: Order) -> None:
        taken = order.reference
        order.reference = following(order.token_hash, taken)
        changed = Order.objects.filter(
            pk=order.pk, reference=taken, state=OrderState.PENDING
        ).update(reference=order.reference)
        order.refresh_from_db()
        if changed:
            _note(order, "took another reference", taken)

    # settling

    def settle(self, order: Order) -> Order:
        """Bring a PENDING order after the ledger, as far as that can be done now.

        An inventory that is busy or away leaves the order PENDING. The ledger is only read, until
        the order is older than twice IRIS_TIMEOUT: no sale of it can still be under way unseen.
        """
        try:
            self.bring_after(order, fence_after=timedelta(seconds=2 * settings.IRIS_TIMEOUT))
        except (InventoryBusy, InventoryUnavailable, OutcomeUnknown, StillChecking) as error:
            log.info("Order %s stays pending: %r", order.reference, error)
        return order

    def bring_after(self, order: Order, *, fence_after: timedelta) -> None:
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
        given_up = Order.objects.filter(pk=order.pk, state=OrderState.PENDING, presses=0)
        taken = {"branch_slug": branch, "email": email, "language": _language()}
        if given_up.update(presses=1, tax_rate=settings.TAX_RATE, **taken):
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


def _count_press(order: Order) -> None:
    """Note that a press of Pay goes on with an order that was found; a new one counts its own."""
    if order.is_resumed:
        Order.objects.filter(pk=order.pk).update(presses=F("presses") + 1)


def _not_sold(order: Order, error: InventoryBusy | InventoryUnavailable) -> OrderError:
    """This press of Pay sold nothing, and never will. The last one to say so speaks for all."""
    log.warning("Order %s was not sold: %r", order.reference, error)
    try:
        Order.objects.filter(pk=order.pk, presses__gt=0).update(presses=F("presses") - 1)
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
