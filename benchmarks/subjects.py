"""What is measured: ``python -m benchmarks.subjects NAME [--products N]``, driven by its parent."""

from __future__ import annotations

import argparse
import logging
import os
import re
import secrets
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from itertools import count, product
from typing import TYPE_CHECKING

from benchmarks.subject import serve
from benchmarks.visit import Visitor

if TYPE_CHECKING:
    from shop.inventory.contract import DeliveryRow

CLIENTS = 8
PAYS = 160 * 8
"""Pages made beforehand: as many as a comparison of seven rounds and a warm-up presses."""
LATENCY = 0.002
"""Seconds that each message to the stand-in IRIS takes longer."""

Once = Callable[[int], None]


def _repeat(action: Callable[[], object]) -> Once:
    """Do it so many times, one after the other."""

    def once(times: int) -> None:
        for _ in range(times):
            action()

    return once


def floor(_stack: ExitStack, _products: int) -> Once:
    """A bare Django page."""
    from django.core.wsgi import get_wsgi_application

    from benchmarks.floor import configure

    configure()
    visitor = Visitor(get_wsgi_application())
    return _repeat(lambda: visitor.get("/shop/"))


def catalogue(stack: ExitStack, products: int) -> Once:
    """The shop's catalogue, for somebody with three coffees in the basket."""
    visitor = _shopper(stack, products)
    return _repeat(lambda: visitor.get("/shop/"))


def revalidation(stack: ExitStack, products: int) -> Once:
    """The catalogue, for a browser that has the page already."""
    visitor = _shopper(stack, products)
    etag = visitor.etag
    return _repeat(lambda: visitor.get("/shop/", etag=etag, expect=304))


def drawn_anew(stack: ExitStack, products: int) -> Once:
    """The catalogue at an address that nobody has asked for: what was read is known, no page is."""
    visitor, numbers = _shopper(stack, products), count()
    return _repeat(lambda: visitor.get("/shop/", query=f"n={next(numbers)}"))


def search(stack: ExitStack, products: int) -> Once:
    """A search that nobody has made before, and that finds one of the first twelve coffees."""
    visitor = _shopper(stack, products)
    # The shop finds the same in any case, but remembers each spelling by itself.
    words = map("".join, product(*((letter, letter.upper()) for letter in "coffee")))
    searches = (f"q={word}+{number:04}" for word in words for number in range(12))
    return _repeat(lambda: visitor.get("/shop/", query=next(searches)))


def pay(stack: ExitStack, _products: int) -> Once:
    """Pay pressed for three lines, by eight shoppers at once; their pages are made beforehand."""
    application = _shop(stack, 12, quantity=10_000_000)
    presses: list[Callable[[], object]] = [_ready_to_pay(Visitor(application)) for _ in range(PAYS)]

    return _at_once(presses)


def _at_once(presses: list[Callable[[], object]]) -> Once:
    """Eight clients, each with the next press as soon as its last one is answered."""

    def once(times: int) -> None:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda press: press(), presses[:times]))
        del presses[:times]

    return once


def _ready_to_pay(visitor: Visitor) -> Callable[[], str]:
    _fill(visitor)
    page = visitor.get("/checkout/")
    fields = dict(re.findall(r'name="(csrfmiddlewaretoken|token|price_\d+)" value="([^"]*)"', page))
    return lambda: visitor.post("/checkout/pay/", fields | {"branch": "landing"})


def raw_checkout(stack: ExitStack, _products: int) -> Once:
    """Pay pressed as often, on the yardstick."""
    from django.core.wsgi import get_wsgi_application

    from benchmarks.yardstick import configure, stock

    directory = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ |= {"ENV_FILE": os.devnull}
    from coffeeco_site.settings import DATABASES

    configure(DATABASES["default"] | {"NAME": f"{directory}/raw.sqlite3"})
    sessions = [secrets.token_hex(16) for _ in range(PAYS)]
    stock(12, sessions)
    application = get_wsgi_application()
    fields = {"token": secrets.token_hex(32), "1001": "1", "1002": "1", "1003": "1"}

    def press(session: str) -> None:
        visitor = Visitor(application)
        visitor.cookies["sessionid"] = session
        visitor.post("/pay/", fields)

    return _at_once([partial(press, session) for session in sessions])


def iris_catalogue(stack: ExitStack, _products: int) -> Once:
    """The catalogue read from the stand-in IRIS, every page anew, 2 ms away."""
    url = _iris(stack)
    _shop_settings(stack, inventory=url)
    from shop.inventory import get_inventory
    from shop.inventory.contract import ProductQuery

    inventory = get_inventory()

    def once(times: int) -> None:
        for _ in range(times):
            inventory.version()
            assert len(inventory.page(ProductQuery()).products) == 12

    return once


def iris_tutorial(stack: ExitStack, _products: int) -> Once:
    """The public tutorial's way: a connection a page, an object and five properties a product."""
    url = _iris(stack)
    import iris

    match = re.fullmatch(r"iris://(\w+):(\w+)@([\w.]+):(\d+)/(\w+)", url)
    assert match
    user, password, host, port, namespace = match.groups()

    def page() -> None:
        connection = iris.connect(host, int(port), namespace, user, password)
        native = iris.createIRIS(connection)
        cursor = connection.cursor()
        cursor.execute("SELECT ProductId FROM coffeeco.Inventory")
        for row in cursor.fetchall():
            item = native.classMethodObject("coffeeco.Inventory", "%OpenId", row[0])
            for name in ("Name", "Price", "StockQuantity", "CountryOfOrigin", "Description"):
                item.get(name)
        connection.close()

    return _repeat(page)


def _iris(stack: ExitStack) -> str:
    from tests.superserver import Superserver

    server = stack.enter_context(Superserver())
    server.create_store(shape="product_id_is_id")
    for row in _rows(12, 40):
        server.insert(
            ProductId=row.product_id,
            Name=row.name,
            Price=float(row.price),
            StockQuantity=row.quantity,
            CountryOfOrigin=row.origin,
            Description=row.description,
        )
    server.faults.delay(LATENCY)
    return str(server.url)


def _shopper(stack: ExitStack, products: int) -> Visitor:
    visitor = Visitor(_shop(stack, products, quantity=40))
    _fill(visitor)
    visitor.get("/shop/")
    return visitor


def _fill(visitor: Visitor) -> None:
    """Put three coffees into the basket, as a browser would, and forget the message about it."""
    page = visitor.get("/shop/")
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', page)[0]
    for id_ in ("1001", "1002", "1003"):
        fields = {"csrfmiddlewaretoken": token, "product_id": id_, "quantity": "1"}
        visitor.post("/basket/add/", fields)
    visitor.cookies.pop("messages", None)


def _shop(stack: ExitStack, products: int, *, quantity: int) -> Callable[..., list[bytes]]:
    """The whole shop on a SQLite file of its own, with so many products on sale."""
    _shop_settings(stack)
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    call_command("migrate", verbosity=0)

    from shop.inventory import get_inventory
    from shop.inventory.contract import Delivery, Note

    rows = _rows(products, quantity)
    for start in range(0, products, 1000):
        delivery = Delivery(rows=rows[start : start + 1000])
        get_inventory().apply(delivery, Note(key=f"bench-{start}", who="bench"))
    return application  # type: ignore[return-value]


def _shop_settings(stack: ExitStack, *, inventory: str = "database://") -> None:
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ |= {
        "ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
        "DATABASE_URL": f"sqlite:///{directory}/bench.sqlite3",
        "INVENTORY_URL": inventory,
    }
    warnings.simplefilter("ignore")
    import django

    django.setup()
    logging.disable(logging.CRITICAL)


def _rows(number: int, quantity: int) -> tuple[DeliveryRow, ...]:
    from shop.inventory.contract import DeliveryRow

    origins = ("Colombia", "Ethiopia", "Brazil", "Kenya")
    return tuple(
        DeliveryRow(
            product_id=1001 + n,
            name=f"Coffee {n:04}",
            price=Decimal("12.50"),
            quantity=quantity,
            origin=origins[n % len(origins)],
            description="Milk chocolate and toasted hazelnut, with a red apple at the end.",
        )
        for n in range(number)
    )


SUBJECTS = {
    one.__name__: one
    for one in (
        floor,
        catalogue,
        revalidation,
        drawn_anew,
        search,
        pay,
        raw_checkout,
        iris_catalogue,
        iris_tutorial,
    )
}


def main() -> None:
    """Set the subject up, then do it as often as the parent says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=SUBJECTS)
    parser.add_argument("--products", type=int, default=12)
    options = parser.parse_args()
    with ExitStack() as stack:
        serve(SUBJECTS[options.name](stack, options.products))


if __name__ == "__main__":
    main()
