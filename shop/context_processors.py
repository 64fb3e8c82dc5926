"""What every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from shop.basket import Basket

SHOP_NAME = "CoffeeCo"


def shop(request: HttpRequest) -> dict[str, Any]:
    """The shop's name and settings, and how many bags are in the basket."""
    session = getattr(request, "session", None)
    return {
        "shop_name": SHOP_NAME,
        "currency": settings.CURRENCY,
        "low_stock": settings.LOW_STOCK,
        "base_url": settings.BASE_URL,
        # Without a session cookie there is no basket, and no need to ask the database.
        "basket_count": Basket(session).count if session is not None else 0,
    }
