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
    orders_of,
    settle_basket,
)
from shop.basket.views import put_back

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
    "orders_of",
    "put_back",
    "remember_shown",
    "settle_basket",
    "view_of",
]
