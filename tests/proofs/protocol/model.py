"""An inventory in plain dictionaries: the contract's sale, void and ledger, and nothing else.

It stands for any store that keeps the contract. Its transactions take effect at one point, its
locks are the scheduler's, and it can lose an answer or crash at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from shop.inventory.contract import (
    Decided,
    Decision,
    DecisionKind,
    Inventory,
    InventoryBusy,
    InventoryUnavailable,
    OutcomeUnknown,
    PriceChange,
    Product,
    ReferenceTaken,
    Sale,
    SaleIncomplete,
    SaleRefused,
    SaleRequest,
    Shortage,
    SoldLine,
)
from tests.proofs.protocol.actors import Go, Point, reach

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


class ModelSale(Sale):
    """Lines that were found in stock; sold when the model commits."""

    def __init__(self, request: SaleRequest) -> None:
        self.request = request
        self.sold: list[int] = []
        self.alert_answers = {}

    def sell(self, product_id: int) -> SoldLine:
        line = next(x for x in self.request.lines if x.product_id == product_id)
        self.sold.append(product_id)
        return SoldLine(
            product_id=product_id,
            name=f"Coffee {product_id}",
            origin="",
            quantity=line.quantity,
            unit_price=line.unit_price,
            left=0,
        )


def _no_part(*_: object, **__: object) -> Any:
    raise AssertionError("not part of the protocol")


class ProtocolOnly(Inventory):
    """The rest of the contract, which no part of the protocol may need."""

    raise_alert = version = page = beside_list = sold_out = withdrawn = problems = totals = _no_part
    on_sale_since = quantities = _no_part
    apply = movements = all_movements = decisions = deliveries = balance = check = _no_part


class ModelInventory(ProtocolOnly):
    """Stock and decisions that every actor of one schedule shares."""

    low_stock = 3
    shares_database_log = True

    def __init__(self, stock: Mapping[int, int]) -> None:
        self.stock = dict(stock)
        self.received = dict(stock)
        self.price = Decimal("10.00")
        self.ledger: dict[str, Decision] = {}
        self.locked: set[str] = set()
        self.committed: list[Decision] = []
        """Every decision that was ever committed, also one that another has overwritten."""
        self.synced: Callable[[], None] = lambda: None
        """Called after a commit that made Django's database durable as well."""

    def products(self, ids: Iterable[int]) -> dict[int, Product]:
        return {
            id_: Product(
                id=id_,
                name=f"Coffee {id_}",
                price=self.price,
                quantity=self.stock.get(id_, 0),
                origin="",
                description="",
            )
            for id_ in ids
        }

    def restock(self, product_id: int, quantity: int) -> None:
        """A delivery, as one step."""
        reach(Point("restock"))
        self.stock[product_id] = self.stock.get(product_id, 0) + quantity
        self.received[product_id] = self.received.get(product_id, 0) + quantity
        self.synced()

    # the protocol's part

    @contextmanager
    def sale(self, request: SaleRequest) -> Iterator[Sale]:
        with self._lock(request.reference, "to sell"):
            self._raise_if_decided(request.reference, request.token_hash)
            with self._lock("rows", "to sell"):
                self._raise_if_short(request)
                sale = ModelSale(request)
                yield sale
                if len(sale.sold) != len(request.lines):
                    raise SaleIncomplete(request.reference)
                decision = self._decision(DecisionKind.SALE, request.reference, request.token_hash)
                self._commit(decision, request)
        sale.decision = decision

    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        with self._lock(reference, f"to write {reason}"):
            try:
                self._raise_if_decided(reference, token_hash)
            except Decided as known:
                return known.decision
            decision = self._decision(DecisionKind.VOID, reference, token_hash, reason)
            self._commit(decision, None)
        return decision

    def decision(self, reference: str) -> Decision | None:
        how = reach(Point(f"ask the ledger for {reference}"))
        if how is not Go.ON:
            raise InventoryUnavailable("asked in vain")
        return self.ledger.get(reference)

    def _raise_if_decided(self, reference: str, token_hash: str) -> None:
        known = self.ledger.get(reference)
        if known and known.token_hash != token_hash:
            raise ReferenceTaken(reference)
        if known:
            raise Decided(known)

    def _raise_if_short(self, request: SaleRequest) -> None:
        short = [
            Shortage(
                product_id=x.product_id,
                name=f"Coffee {x.product_id}",
                wanted=x.quantity,
                left=self.stock.get(x.product_id, 0),
            )
            for x in request.lines
            if self.stock.get(x.product_id, 0) < x.quantity
        ]
        dear = [
            PriceChange(
                product_id=x.product_id,
                name=f"Coffee {x.product_id}",
                quantity=x.quantity,
                shown=x.unit_price,
                now=self.price,
            )
            for x in request.lines
            if x.unit_price != self.price
        ]
        if short or dear:
            raise SaleRefused(short, dear)

    def _decision(
        self,
        kind: DecisionKind,
        reference: str,
        token_hash: str,
        reason: Mapping[str, Any] | None = None,
    ) -> Decision:
        return Decision(
            reference=reference, kind=kind, token_hash=token_hash, at=WHEN, reason=reason or {}
        )

    def _commit(self, decision: Decision, request: SaleRequest | None) -> None:
        what = f"commit {decision.kind} {decision.reference} {decision.reason or ''}"
        how = reach(Point(what, may_lose=True))
        if how is Go.FAILS:
            raise OutcomeUnknown(decision.reference)
        for line in request.lines if request else ():
            self.stock[line.product_id] = self.stock.get(line.product_id, 0) - line.quantity
        if request:
            decision = Decision(
                reference=decision.reference,
                kind=decision.kind,
                token_hash=decision.token_hash,
                at=WHEN,
                lines=tuple(
                    SoldLine(
                        product_id=x.product_id,
                        name=f"Coffee {x.product_id}",
                        origin="",
                        quantity=x.quantity,
                        unit_price=x.unit_price,
                        left=self.stock[x.product_id],
                    )
                    for x in request.lines
                ),
            )
        self._write(decision)
        self.synced()
        if how is Go.LOST:
            raise OutcomeUnknown(decision.reference)

    def _write(self, decision: Decision) -> None:
        """As a global does: a second decision would simply overwrite the first."""
        self.committed.append(decision)
        self.ledger[decision.reference] = decision

    @contextmanager
    def _lock(self, name: str, why: str) -> Iterator[None]:
        """An exclusive lock, held by one actor until its transaction ends or it crashes."""
        if reach(Point(f"lock {name} {why}", lock=name)) is Go.TIMES_OUT:
            raise InventoryBusy
        self.locked.add(name)
        try:
            yield
        finally:
            self.locked.discard(name)
