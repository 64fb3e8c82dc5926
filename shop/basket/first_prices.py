"""The price of each line when it was added, to show "was $12.00, now $13.00".

The session holds ids and quantities only, so these prices are kept in a signed cookie of their own.
Nothing is charged by them: without a valid cookie the lines are shown without an older price. A
page view does not renew them, so the note stays on basket and checkout, in every tab, until the
shopper acts on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.basket.contents import BasketView
from shop.basket.session import Basket
from shop.inventory.contract import Product

COOKIE = "prices"
SALT = "prices when put into the basket"
LONGEST = 3000
"""Characters; 99 lines with the longest ids and the highest prices stay below that."""


def first_prices(request: HttpRequest) -> dict[int, Decimal]:
    """Prices by product id when each was put into the basket; empty when that is not known."""
    if len(request.COOKIES.get(COOKIE, "")) > LONGEST:
        return {}
    text = request.get_signed_cookie(COOKIE, default="", salt=SALT) or ""
    pairs = (pair.split(".") for pair in text.split("_") if pair)
    return {int(id_): Decimal(cents) / 100 for id_, cents in pairs}


def remember_added(
    request: HttpRequest, response: HttpResponse, basket: Basket, product: Product
) -> None:
    """Keep the price that a product has now, when it is added."""
    known = {id_: price for id_, price in first_prices(request).items() if id_ in basket.lines}
    _keep(response, known | {product.id: product.price})


def remember_shown(
    request: HttpRequest,
    response: HttpResponse,
    view: BasketView,
    newer: Mapping[int, Decimal] | None = None,
) -> None:
    """After a page showed these lines: keep prices of new lines, and drop those of removed ones.

    ``newer`` are prices that replace the kept ones, because a refusal has shown their change.
    """
    known = first_prices(request)
    now = {line.product_id: line.unit_price for line in view.lines if line.product}
    first = {**now, **known, **(newer or {})}
    kept = {id_: first[id_] for id_ in (line.product_id for line in view.lines) if id_ in first}
    if kept and kept != known:
        _keep(response, kept)
    elif not kept and COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, samesite="Lax")


def _keep(response: HttpResponse, prices: Mapping[int, Decimal]) -> None:
    # Only characters that a cookie holds unquoted; any other would take four.
    text = "_".join(f"{id_}.{int(price * 100)}" for id_, price in prices.items())
    response.set_signed_cookie(
        COOKIE,
        text,
        salt=SALT,
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
