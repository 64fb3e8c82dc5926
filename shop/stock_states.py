"""How a coffee can be had, for customers and for staff."""

from __future__ import annotations

from enum import StrEnum

from shop.inventory.contract import Product, Shelf


class StockState(StrEnum):
    """How a coffee can be had; ``is-`` and the value make its class in the stylesheets."""

    WITHDRAWN = "withdrawn"
    SOLD_OUT = "sold-out"
    LOW = "low"
    IN_STOCK = "in-stock"

    @property
    def label(self) -> str:
        """The staff's word for it."""
        return self.value.replace("-", " ").capitalize()


def stock_state(product: Product, low_stock: int) -> StockState:
    """How a coffee can be had; it is low with fewer bags than ``low_stock``."""
    if product.shelf is Shelf.WITHDRAWN:
        return StockState.WITHDRAWN
    if product.is_sold_out:
        return StockState.SOLD_OUT
    return StockState.LOW if product.left < low_stock else StockState.IN_STOCK
