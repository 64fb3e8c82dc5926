"""What templates say of a coffee's stock, and the class that colours it."""

from __future__ import annotations

from enum import StrEnum

from django import template

from shop.catalogue import messages
from shop.inventory.contract import Product, Shelf

register = template.Library()


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


@register.filter
def stock_state(product: Product, low_stock: int) -> StockState:
    """How a coffee can be had; it is low with fewer bags than ``low_stock``."""
    if product.shelf is Shelf.WITHDRAWN:
        return StockState.WITHDRAWN
    if product.is_sold_out:
        return StockState.SOLD_OUT
    return StockState.LOW if product.left < low_stock else StockState.IN_STOCK


@register.filter
def stock_words(product: Product, low_stock: int) -> str:
    """What is left of a coffee, in the customers' words."""
    return messages.stock(product, low_stock)
