"""The sale in IRIS. :meth:`IrisSale.sell` decides what happens to a line of an order."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from shop.inventory.contract import (
    MAX_ANSWER,
    AlertAnswer,
    AlertKind,
    Decision,
    MovementKind,
    Product,
    Sale,
    SaleRequest,
    SoldLine,
    WantedLine,
)
from shop.inventory.decisions import (
    HeldLine,
    due_alert,
    held_lines,
    sale_decision,
    sold_line,
    sold_out,
)
from shop.inventory.iris.client import Iris, IrisError, Item, ServerError, Session, Transaction
from shop.inventory.iris.names import ALERT_METHODS, ALERTS, INVENTORY
from shop.inventory.iris.store import ledger
from shop.inventory.iris.store.rows import is_id, rows, text
from shop.inventory.ledger import Prices, Stamp, Step, next_movements
from shop.inventory.row import product_of


@contextmanager
def iris_sale(
    session: Session, request: SaleRequest, *, at: datetime, low_stock: int
) -> Iterator[IrisSale]:
    """One transaction that sells all of a request's lines or none; then the alerts."""
    decided = partial(ledger.raise_decided, request.reference, request.token_hash)
    with session.transaction(ledger.DECISION, request.reference, first=decided) as tx:
        sale = IrisSale(tx, request, at=at, low_stock=low_stock)
        tx.run(sale.open)
        yield sale
        decision = tx.run(sale.close)
    sale.decision = decision
    # After the commit and the release of every lock, so that an alert can't undo or delay a sale.
    sale.raise_alerts(session)


class IrisSale(Sale):
    """A sale whose rows are locked exclusively on the server."""

    def __init__(
        self, tx: Transaction, request: SaleRequest, *, at: datetime, low_stock: int
    ) -> None:
        self._tx = tx
        self._iris = tx.iris
        self._request = request
        self._stamp = Stamp(at=at, who="", reference=request.reference)
        self._low_stock = low_stock
        self._items: dict[int, Item] = {}
        self._held: dict[int, HeldLine] = {}
        self._sold: dict[int, SoldLine] = {}
        self.alert_answers = {}

    def open(self) -> None:
        """Lock every line's row in id order and read all of them; raises SaleRefused."""
        for product_id in sorted(line.product_id for line in self._request.lines):
            if is_id(product_id) and (item := self._tx.open(INVENTORY, product_id)):
                self._items[product_id] = item
        # Read again under the locks, because an object in memory may be minutes old.
        read = rows(self._iris, self._items)
        found = {id_: product for id_, row in read.items() if (product := product_of(id_, row))}
        self._held = held_lines(self._request, found, partial(ledger.shelved, self._iris))

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
        """Write decision and version; raises SaleIncomplete if a line is unsold."""
        decision = sale_decision(self._request, self._sold, self._stamp.at)
        gone = [self._held[line.product_id].product for line in decision.lines if not line.left]
        if gone:
            at = self._stamp.at
            ledger.list_sold_out(self._tx, [sold_out(product, at) for product in gone])
        ledger.write_decision(self._iris, decision)
        ledger.write_version(self._iris)
        return decision

    def raise_alerts(self, session: Session) -> None:
        """Call the server's alerts for the lines sold; an alert without an answer stays due."""
        with contextlib.suppress(IrisError):
            for sold in self._sold.values():
                if sold.alert:
                    self.alert_answers[sold.product_id] = session.run(
                        raise_alert, session.iris, sold.alert, sold.product_id, sold.name
                    )

    def _write_movement(self, line: WantedLine, product: Product) -> None:
        last = ledger.last_movement(self._iris, product.id)
        step = Step(MovementKind.SALE, -line.quantity)
        prices = Prices(product.price, product.price)
        movements = next_movements(product.id, last, product.quantity, [step], self._stamp, prices)
        ledger.write_movements(self._iris, movements)


def raise_alert(iris: Iris, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
    """Call the server's alert; an error that it returns counts as its answer."""
    try:
        answer = iris.call_user_code(ALERTS, ALERT_METHODS[kind], product_id, name)
    except ServerError as error:
        return AlertAnswer(error=text(error)[:MAX_ANSWER])
    return AlertAnswer(answer=text(answer)[:MAX_ANSWER])
