"""The sale, line for line as the rule has it. Everything here runs on the connection's thread.

For a line of an order, in this order:

1. open the product by its id;
2. gone, or fewer in stock than wanted: the whole order is refused, with every such line named;
3. wanted equals stock: raise the server's alert and delete the product;
4. else the new quantity is stock minus wanted; if few are left raise the alert; set it and save.

What an alert does on the server is not in the shop's hands: it may commit, or roll back. So all
lines have raised theirs before the first of them writes, and then there is nothing to spoil.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shop.inventory.changes import Row
from shop.inventory.contract import (
    AlertAnswer,
    AlertKind,
    Decided,
    Decision,
    DecisionKind,
    InventoryBusy,
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
from shop.inventory.iris.client.driver import Item, ServerError
from shop.inventory.iris.client.errors import checked
from shop.inventory.iris.names import ALERT_METHODS, ALERTS, INVENTORY
from shop.inventory.iris.store import ledger
from shop.inventory.iris.store.rows import is_id, product_of, rows, text
from shop.inventory.iris.store.transaction import Lease
from shop.inventory.ledger import Stamp, Step, next_movements
from shop.inventory.sale_values import price_change, sold_line, sold_out

MOST_WORDS = 500
"""Characters that are kept of what an alert answers: the ledger is no place for its novels."""
MEDDLED = (
    "An alert of this sale ended the sale's transaction, or left one of its own open. "
    "The sale was begun again without it."
)


class IrisSale(Sale):
    """Lines held under exclusive locks of the server, sold one by one."""

    def __init__(self, request: SaleRequest, lease: Lease, *, at: datetime, low_stock: int) -> None:
        self._request = request
        self._lease = lease
        self._iris = lease.iris
        self._transaction = lease.transaction
        self._low_stock = low_stock
        self._stamp = Stamp(at=at, who="", reference=request.reference)
        self._items: dict[int, Item] = {}
        self._held: dict[int, tuple[WantedLine, Product]] = {}
        self._sold: dict[int, SoldLine] = {}
        self._writes: list[Callable[[], None]] = []

    def open(self) -> None:
        """Lock the decision, then every line's row in id order; raise what stands in the way."""
        iris, transaction = self._iris, self._transaction
        lines = sorted(self._request.lines, key=lambda line: line.product_id)

        transaction.lock(ledger.DECISION, self._request.reference)
        self._raise_if_decided()

        transaction.begin()
        for line in lines:
            if is_id(line.product_id) and (item := transaction.open(line.product_id)):
                self._items[line.product_id] = item

        # One question for all lines, now that nobody else can change them.
        self._hold(lines, rows(iris, self._items))

    def sell(self, product_id: int) -> SoldLine:
        if product_id not in self._held or product_id in self._sold:
            raise ValueError(f"product {product_id} is not waiting to be sold")
        line, product = self._held[product_id]
        sold = self._lease.call(lambda: self._sell(line, product))
        self._sold[product_id] = sold
        return sold

    def _sell(self, line: WantedLine, product: Product) -> SoldLine:
        """Steps 3 and 4; what they write is written when every line has raised its alert."""
        left = product.quantity - line.quantity
        alert = None

        if left == 0:
            alert = self._raise_alert(AlertKind.OUT, product)
            self._writes.append(lambda: self._delete(line, product))
        else:
            if left < self._low_stock:
                alert = self._raise_alert(AlertKind.LOW, product)
            self._writes.append(lambda: self._save(line, product, left))

        return sold_line(line, product, left, alert)

    def _delete(self, line: WantedLine, product: Product) -> None:
        self._write_movement(line, product)
        ledger.shelve(self._iris, sold_out(product, self._stamp.at))
        checked(self._iris, self._iris.class_method_value(INVENTORY, "%DeleteId", product.id))

    def _save(self, line: WantedLine, product: Product, left: int) -> None:
        self._write_movement(line, product)
        item = self._items[product.id]
        item.set("StockQuantity", left)
        checked(self._iris, item.invoke("%Save"))

    def commit(self) -> Decision:
        """Write rows, ledger and version, and commit; raise SaleIncomplete if a line is unsold."""
        if self._sold.keys() != self._held.keys():
            raise SaleIncomplete(self._request.reference)
        if self._was_meddled_with():
            self._begin_again()
        for write in self._writes:
            write()
        decision = Decision(
            reference=self._request.reference,
            kind=DecisionKind.SALE,
            token_hash=self._request.token_hash,
            at=self._stamp.at,
            lines=tuple(self._sold[line.product_id] for line in self._request.lines),
        )
        ledger.write_decision(self._iris, decision)
        ledger.write_version(self._iris)
        self._transaction.commit()
        return decision

    def _was_meddled_with(self) -> bool:
        """True when an alert ended the transaction, or left one of its own open; one message."""
        return any(sold.alert for sold in self._sold.values()) and self._iris.t_level() != 1

    def _begin_again(self) -> None:
        """Lock and look once more, for a server may let go of rows when a transaction ends."""
        held, self._held = self._held, {}
        self._items.clear()
        self._transaction.undo()
        try:
            self.open()
        except ReferenceTaken:
            # Who began this sale was told on entering that the reference is free. Another press
            # hears of it there.
            raise InventoryBusy from None
        if self._held != held:
            raise InventoryBusy
        for product_id, sold in self._sold.items():
            if sold.alert and not sold.alert.error:
                self._sold[product_id] = replace(sold, alert=replace(sold.alert, error=MEDDLED))

    def _raise_if_decided(self) -> None:
        decision = ledger.decision(self._iris, self._request.reference)
        if decision and decision.token_hash != self._request.token_hash:
            raise ReferenceTaken(decision.reference)
        if decision:
            raise Decided(decision)

    def _hold(self, lines: list[WantedLine], found: dict[int, Row]) -> None:
        """Keep what the store has of each line; raise SaleRefused naming all that is amiss."""
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

    def _shortage(self, line: WantedLine, product: Product | None) -> Shortage:
        known = product or ledger.shelved(self._iris, [line.product_id]).get(line.product_id)
        return Shortage(
            product_id=line.product_id,
            name=known.name if known else "",
            wanted=line.quantity,
            left=product.quantity if product else 0,
        )

    def _write_movement(self, line: WantedLine, product: Product) -> None:
        """Write the ledger before the row: see Transaction.open for who relies on it."""
        last = ledger.last_movement(self._iris, product.id)
        step = Step(MovementKind.SALE, -line.quantity)
        movements = next_movements(product.id, last, product.quantity, [step], self._stamp)
        ledger.write_movements(self._iris, movements)

    def _raise_alert(self, kind: AlertKind, product: Product) -> AlertAnswer:
        """Call the server's alert. Its failure is noted, and does not stop the sale."""
        iris, method = self._iris, ALERT_METHODS[kind]
        try:
            answer = iris.class_method_value(ALERTS, method, product.id, product.name)
        except ServerError as error:
            return AlertAnswer(kind=kind, error=text(error)[:MOST_WORDS])
        return AlertAnswer(kind=kind, answer=text(answer)[:MOST_WORDS])
