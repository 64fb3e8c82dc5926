"""The sale, from top to bottom. What a line of an order comes to is in :meth:`IrisSale.sell`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from shop.inventory.contract import (
    AlertAnswer,
    AlertKind,
    Decided,
    Decision,
    DecisionKind,
    MovementKind,
    PriceChange,
    Product,
    ReferenceTaken,
    Sale,
    SaleIncomplete,
    SaleRefused,
    SaleRequest,
    Shortage,
    SoldLine,
    WantedLine,
)
from shop.inventory.iris.client import Iris, IrisError, Item, ServerError, Session, Transaction
from shop.inventory.iris.names import ALERT_METHODS, ALERTS, INVENTORY
from shop.inventory.iris.store import ledger
from shop.inventory.iris.store.rows import is_id, product_of, rows, text
from shop.inventory.ledger import Stamp, Step, next_movements
from shop.inventory.sale_values import due_alert, price_change, sold_line, sold_out

MOST_WORDS = 500
"""Characters that are kept of what an alert answers."""


@contextmanager
def iris_sale(
    session: Session, request: SaleRequest, *, at: datetime, low_stock: int
) -> Iterator[IrisSale]:
    """One transaction that sells all of a request's lines or none; then the alerts."""
    with session.transaction(ledger.DECISION, request.reference) as tx:
        sale = IrisSale(tx, request, at=at, low_stock=low_stock)
        tx.run(sale.open)
        yield sale
        decision = tx.run(sale.close)
    sale.decision = decision
    # After the commit, with every lock given back: an alert can't undo a sale, or hold one up.
    sale.raise_alerts(session)


class IrisSale(Sale):
    """Lines held under exclusive locks of the server, sold one by one."""

    def __init__(
        self, tx: Transaction, request: SaleRequest, *, at: datetime, low_stock: int
    ) -> None:
        self._tx = tx
        self._iris = tx.iris
        self._request = request
        self._stamp = Stamp(at=at, who="", reference=request.reference)
        self._low_stock = low_stock
        self._items: dict[int, Item] = {}
        self._held: dict[int, tuple[WantedLine, Product]] = {}
        self._sold: dict[int, SoldLine] = {}
        self.alert_answers = {}

    def open(self) -> None:
        """Lock every line's row in the order of ids, read all at once; raise what forbids it."""
        if decided := ledger.decision(self._iris, self._request.reference):
            same = decided.token_hash == self._request.token_hash
            raise Decided(decided) if same else ReferenceTaken(decided.reference)

        lines = sorted(self._request.lines, key=lambda line: line.product_id)
        for line in lines:
            if is_id(line.product_id) and (item := self._tx.open(INVENTORY, line.product_id)):
                self._items[line.product_id] = item
        # Now that nobody else can change them; an object in memory may be minutes old.
        found = rows(self._iris, self._items)

        shortages: list[Shortage] = []
        price_changes: list[PriceChange] = []
        for line in lines:
            row = found.get(line.product_id)
            product = product_of(line.product_id, row) if row else None
            if product is None or product.quantity < line.quantity:
                shortages.append(self._shortage(line, product))
            if product and product.price != line.unit_price:
                price_changes.append(price_change(line, product))
            if product:
                self._held[line.product_id] = (line, product)
        if shortages or price_changes:
            raise SaleRefused(shortages, price_changes)

    def sell(self, product_id: int) -> SoldLine:
        """Delete the row with its last bag, else save what is left."""
        if product_id not in self._held or product_id in self._sold:
            raise ValueError(f"product {product_id} is not waiting to be sold")
        line, product = self._held[product_id]
        left = product.quantity - line.quantity

        def write() -> None:
            if left == 0:
                ledger.shelve(self._iris, sold_out(product, self._stamp.at))
                self._tx.delete(INVENTORY, product_id)
            else:
                self._tx.save(self._items[product_id], StockQuantity=left)
            self._write_movement(line, product)

        self._tx.run(write)
        sold = sold_line(line, product, left, due_alert(left, self._low_stock))
        self._sold[product_id] = sold
        return sold

    def close(self) -> Decision:
        """Write decision and version; raise SaleIncomplete if a line is unsold."""
        if self._sold.keys() != self._held.keys():
            raise SaleIncomplete(self._request.reference)
        decision = Decision(
            reference=self._request.reference,
            kind=DecisionKind.SALE,
            token_hash=self._request.token_hash,
            at=self._stamp.at,
            lines=tuple(self._sold[line.product_id] for line in self._request.lines),
        )
        ledger.write_decision(self._iris, decision)
        ledger.write_version(self._iris)
        return decision

    def raise_alerts(self, session: Session) -> None:
        """Call the server's alerts for what was sold. One that is not answered stays due."""
        with contextlib.suppress(IrisError):
            for sold in self._sold.values():
                if sold.alert:
                    self.alert_answers[sold.product_id] = session.run(
                        raise_alert, session.iris, sold.alert, sold.product_id, sold.name
                    )

    def _shortage(self, line: WantedLine, product: Product | None) -> Shortage:
        known = product or ledger.shelved(self._iris, [line.product_id]).get(line.product_id)
        return Shortage(
            product_id=line.product_id,
            name=known.name if known else "",
            wanted=line.quantity,
            left=product.quantity if product else 0,
        )

    def _write_movement(self, line: WantedLine, product: Product) -> None:
        last = ledger.last_movement(self._iris, product.id)
        step = Step(MovementKind.SALE, -line.quantity)
        movements = next_movements(product.id, last, product.quantity, [step], self._stamp)
        ledger.write_movements(self._iris, movements)


def raise_alert(iris: Iris, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
    """Call the server's alert; an error that it returns is an answer."""
    try:
        answer = iris.call_user_code(ALERTS, ALERT_METHODS[kind], product_id, name)
    except ServerError as error:
        return AlertAnswer(error=text(error)[:MOST_WORDS])
    return AlertAnswer(answer=text(answer)[:MOST_WORDS])
