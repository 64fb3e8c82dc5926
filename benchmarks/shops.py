"""The shop that is measured, on its own SQLite file, and visitors with full baskets."""

from __future__ import annotations

import logging
import os
import re
import secrets
import tempfile
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING

from benchmarks.visit import Visitor

if TYPE_CHECKING:
    from shop.inventory.contract import DeliveryRow

PRICE = Decimal("12.50")
MANY_BAGS = 10_000_000


def shopper(stack: ExitStack, products: int, *, quantity: int = 40) -> Visitor:
    """A visitor with three coffees in the basket, who has just seen the catalogue."""
    visitor = Visitor(open_shop(stack, products, quantity=quantity))
    fill_basket(visitor)
    visitor.get("/shop/")
    return visitor


def fill_basket(visitor: Visitor) -> None:
    """Put three coffees into the basket, as a browser would, and forget the message about it."""
    page = visitor.get("/shop/")
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', page)[0]
    for id_ in ("1001", "1002", "1003"):
        fields = {"csrfmiddlewaretoken": token, "product_id": id_, "quantity": "1"}
        visitor.post("/basket/add/", fields)
    visitor.cookies.pop("messages", None)


def open_shop(stack: ExitStack, products: int, *, quantity: int) -> Callable[..., list[bytes]]:
    """The whole shop on its own SQLite file, with ``products`` products on sale."""
    shop_settings(stack)
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    call_command("migrate", verbosity=0)

    from shop.inventory import get_inventory
    from shop.inventory.contract import Delivery, Note

    rows = coffees(products, quantity)
    for start in range(0, products, 1000):
        delivery = Delivery(rows=rows[start : start + 1000])
        get_inventory().apply(delivery, Note(key=f"bench-{start}", who="bench"))
    return application  # type: ignore[return-value]


def sell_a_bag() -> None:
    """Another customer buys one bag of the fourth coffee."""
    from shop.inventory import get_inventory
    from shop.inventory.contract import SaleRequest, WantedLine

    line = WantedLine(product_id=1004, quantity=1, unit_price=PRICE)
    name = secrets.token_hex(16)
    with get_inventory().sale(SaleRequest(reference=name, token_hash=name, lines=(line,))) as sale:
        sale.sell(line.product_id)


def shop_settings(stack: ExitStack, *, inventory: str = "database://") -> None:
    """Configure this process and its children as a shop on a new, empty SQLite file."""
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ |= {
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": f"sqlite:///{directory}/bench.sqlite3",
        "INVENTORY_URL": inventory,
        # All visitors come from one address.
        **dict.fromkeys(("ORDER_MAX_BAGS", "ADDRESS_MAX_BAGS", "ADDRESS_MAX_ORDERS"), "0"),
    }
    warnings.simplefilter("ignore")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)


def coffees(number: int, quantity: int | Sequence[int]) -> tuple[DeliveryRow, ...]:
    """``number`` products with ``quantity`` bags each, or with a number of bags for each."""
    from shop.inventory.contract import DeliveryRow

    origins = ("Colombia", "Ethiopia", "Brazil", "Kenya")
    return tuple(
        DeliveryRow(
            product_id=1001 + n,
            name=f"Coffee {n:04}",
            price=PRICE,
            quantity=quantity if isinstance(quantity, int) else quantity[n],
            origin=origins[n % len(origins)],
            description="Milk chocolate and toasted hazelnut, with a red apple at the end.",
        )
        for n in range(number)
    )
