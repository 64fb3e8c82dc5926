"""A sale in Django's own database, inside the transaction that the inventory opened."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from django.db import OperationalError

from shop.inserts import insert
from shop.inventory.contract import (
    AlertAnswer,
    AlertKind,
    Decision,
    Movement,
    MovementKind,
    Product,
    Sale,
    SaleRequest,
    SoldLine,
)
from shop.inventory.database.rows import (
    last_movements,
    movement_row,
    put_on_shelf,
    shelved_product,
    storable,
)
from shop.inventory.database.sql import set_quantity, stock_rows
from shop.inventory.decisions import (
    HeldLine,
    due_alert,
    held_lines,
    sale_decision,
    sold_line,
    sold_out,
)
from shop.inventory.ledger import Prices, Stamp, Step, next_movements
from shop.inventory.models import ShelvedProduct, StockRow
from shop.inventory.row import product_of

alerts_log = logging.getLogger("coffeeco.alerts")


class LocalAlerts:
    """Logs alerts, in place of ``coffeeco.Alerts`` on an IRIS server; staff pages show them too."""

    def low_stock(self, product_id: int, name: str) -> str:
        """Log that few bags are left; returns the text."""
        return self._say(f"Low stock: {name} ({product_id})")

    def out_of_stock(self, product_id: int, name: str) -> str:
        """Log that the last bag was sold; returns the text."""
        return self._say(f"Out of stock: {name} ({product_id})")

    def _say(self, text: str) -> str:
        alerts_log.warning(text)
        return text

    def answer(self, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
        """Raise the alert of this kind; an error is returned as the answer."""
        call = self.out_of_stock if kind is AlertKind.OUT else self.low_stock
        try:
            return AlertAnswer(answer=call(product_id, name))
        except Exception as error:  # noqa: BLE001 (the sale is committed; nothing may fail it)
            return AlertAnswer(error=str(error))


class DatabaseSale(Sale):
    """A sale whose rows are locked; movements are written on closing."""

    def __init__(self, request: SaleRequest, *, at: datetime, low_stock: int) -> None:
        self.request = request
        self.at = at
        self.low_stock = low_stock
        self.alert_answers = {}
        self._held: dict[int, HeldLine] = {}
        self._sold: dict[int, SoldLine] = {}

    def open(self) -> None:
        """Lock every line's row in id order; raises SaleRefused with every reason."""
        ids = sorted(line.product_id for line in self.request.lines)
        rows = stock_rows(storable(ids), lock=True)
        found = {id_: product for id_, row in rows.items() if (product := product_of(id_, row))}
        self._held = held_lines(self.request, found, _shelved)

    def sell(self, product_id: int) -> SoldLine:
        if product_id not in self._held or product_id in self._sold:
            raise ValueError(f"product {product_id} is not waiting to be sold")
        line, product = self._held[product_id]
        left = product.quantity - line.quantity
        if left == 0:
            self._delete(product)
        else:
            self._save(product, left)
        sold = sold_line(line, product, left, due_alert(left, self.low_stock))
        self._sold[product_id] = sold
        return sold

    def close(self) -> Decision:
        """Write the movements and return the decision; raise SaleIncomplete if a line is unsold."""
        decision = sale_decision(self.request, self._sold, self.at)
        last = last_movements(self._held)
        stamp = Stamp(at=self.at, who="", reference=self.request.reference)
        movements: list[Movement] = []
        for id_, sold in self._sold.items():
            step = Step(MovementKind.SALE, -sold.quantity)
            before = self._held[id_].product.quantity
            prices = Prices(sold.unit_price, sold.unit_price)
            movements += next_movements(id_, last.get(id_), before, [step], stamp, prices)
        insert([movement_row(movement) for movement in movements])
        return decision

    def _save(self, product: Product, left: int) -> None:
        if not set_quantity(product.id, before=product.quantity, after=left):
            raise OperationalError(f"the row of product {product.id} changed under its lock")

    def _delete(self, product: Product) -> None:
        unchanged = StockRow.objects.filter(id=product.id, quantity=product.quantity)
        if unchanged.delete()[0] != 1:
            raise OperationalError(f"the row of product {product.id} changed under its lock")
        put_on_shelf(sold_out(product, self.at))


def _shelved(ids: Collection[int]) -> dict[int, Product]:
    rows = ShelvedProduct.objects.filter(id__in=storable(ids))
    return {row.id: shelved_product(row) for row in rows}
