"""Template tags for a coffee's stock: its words and its class."""

from __future__ import annotations

from django import template

from shop.catalogue import messages
from shop.inventory.contract import Product
from shop.stock_states import stock_state

register = template.Library()
register.filter(stock_state)


@register.filter
def stock_words(product: Product, low_stock: int) -> str:
    """What is left of a coffee, in the customers' words."""
    return messages.stock(product, low_stock)
