"""A sale in Django's own database, inside the transaction that the inventory opened."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import OperationalError

from shop.inserts import insert
from shop.inventory.contract import (
    AlertAnswer,
    AlertKind,
    Decision,
    DecisionKind,
    Movement,
    MovementKind,
    Product,
    Sale,
    SaleIncomplete,
    SaleRefused,
    SaleRequest,
    Shortage,
    SoldLine,
)
from shop.inventory.database.rows import (
    last_movements,
    movement_row,
    problems_of,
    product_of,
    put_on_shelf,
    shelved_product,
    storable,
)
from shop.inventory.database.sql import set_quantity, stock_lines
from shop.inventory.ledger import Stamp, Step, next_movements
from shop.inventory.models import ShelvedProduct, StockRow
from shop.inventory.sale_values import due_alert, price_change, sold_line, sold_out

alerts_log = logging.getLogger("coffeeco.alerts")


class LocalAlerts:
    """What ``coffeeco.Alerts`` is on an IRIS server: here the log; staff see every alert anyway."""

    def low_stock(self, product_id: int, name: str) -> str:
        """Say that few bags are left; returns what was said."""
        return self._say(f"Low stock: {name} ({product_id})")

    def out_of_stock(self, product_id: int, name: str) -> str:
        """Say that the last bag was sold; returns what was said."""
        return self._say(f"Out of stock: {name} ({product_id})")

    def _say(self, text: str) -> str:
        alerts_log.warning(text)
        return text

    def answer(self, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
        """Raise the alert of this kind; an error is an answer."""
        call = self.out_of_stock if kind is AlertKind.OUT else self.low_stock
        try:
            return AlertAnswer(answer=call(product_id, name))
        except Exception as error:  # noqa: BLE001 (the sale is committed; nothing may fail it)
            return AlertAnswer(error=str(error))


class DatabaseSale(Sale):
    """Lines held under row locks, sold one by one, written down on closing."""

    def __init__(self, request: SaleRequest, *, at: datetime, low_stock: int) -> None:
        self.request = request
        self.at = at
        self.low_stock = low_stock
        self.alert_answers = {}
        self._wanted = {
            line.product_id: line for line in sorted(request.lines, key=lambda x: x.product_id)
        }
        self._held: dict[int, Product] = {}
        self._sold: dict[int, SoldLine] = {}

    def open(self) -> None:
        """Lock every line's row in id order; raise SaleRefused with all that stands in the way."""
        rows = stock_lines(storable(self._wanted), lock=True)
        self._held = {row.id: product_of(row) for row in rows if not problems_of(row)}
        gone = self._wanted.keys() - self._held.keys()
        names = (
            {
                row.id: shelved_product(row).name
                for row in ShelvedProduct.objects.filter(id__in=storable(gone))
            }
            if gone
            else {}
        )
        shortages = []
        price_changes = []
        for id_, line in self._wanted.items():
            product = self._held.get(id_)
            if product is None or product.left < line.quantity:
                shortages.append(
                    Shortage(
                        product_id=id_,
                        name=product.name if product else names.get(id_, ""),
                        wanted=line.quantity,
                        left=product.left if product else 0,
                    )
                )
            if product and product.price != line.unit_price:
                price_changes.append(price_change(line, product))
        if shortages or price_changes:
            raise SaleRefused(shortages, price_changes)

    def sell(self, product_id: int) -> SoldLine:
        if product_id not in self._held or product_id in self._sold:
            raise ValueError(f"product {product_id} is not waiting to be sold")
        product, line = self._held[product_id], self._wanted[product_id]
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
        if self._sold.keys() != self._wanted.keys():
            raise SaleIncomplete(self.request.reference)
        last = last_movements(self._wanted)
        stamp = Stamp(at=self.at, who="", reference=self.request.reference)
        movements: list[Movement] = []
        for id_, sold in self._sold.items():
            step = Step(MovementKind.SALE, -sold.quantity)
            before = self._held[id_].quantity
            movements += next_movements(id_, last.get(id_), before, [step], stamp)
        insert([movement_row(movement) for movement in movements])
        return Decision(
            reference=self.request.reference,
            kind=DecisionKind.SALE,
            token_hash=self.request.token_hash,
            at=self.at,
            lines=tuple(self._sold[line.product_id] for line in self.request.lines),
        )

    def _save(self, product: Product, left: int) -> None:
        if not set_quantity(product.id, before=product.quantity, after=left):
            raise OperationalError(f"the row of product {product.id} changed under its lock")

    def _delete(self, product: Product) -> None:
        unchanged = StockRow.objects.filter(id=product.id, quantity=product.quantity)
        if unchanged.delete()[0] != 1:
            raise OperationalError(f"the row of product {product.id} changed under its lock")
        put_on_shelf(sold_out(product, self.at))
