"""The basket: kept in the session, shown with live prices."""

from shop.basket.contents import BasketView, view_of
from shop.basket.first_prices import first_prices, remember_shown
from shop.basket.marker import mark_basket
from shop.basket.session import (
    OPEN,
    Basket,
    BasketState,
    BasketStatus,
    bags_of,
    guard,
    next_token,
    settle_basket,
)

__all__ = [
    "OPEN",
    "Basket",
    "BasketState",
    "BasketStatus",
    "BasketView",
    "bags_of",
    "first_prices",
    "guard",
    "mark_basket",
    "next_token",
    "remember_shown",
    "settle_basket",
    "view_of",
]
