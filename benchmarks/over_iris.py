"""The catalogue read from the stand-in IRIS, each of whose messages takes 2 ms longer."""

from __future__ import annotations

import re
from contextlib import ExitStack

from benchmarks.measure import Measure, seconds
from benchmarks.shops import coffees, shop_settings

LATENCY = 0.002
"""Seconds."""


def iris_catalogue(stack: ExitStack, _products: int) -> Measure:
    """The catalogue read from the stand-in IRIS for every page, with 2 ms of latency."""
    url = _iris(stack)
    shop_settings(stack, inventory=url)
    from shop.inventory import get_inventory
    from shop.inventory.contract import ProductQuery

    inventory = get_inventory()

    def page() -> None:
        inventory.version()
        assert len(inventory.page(ProductQuery()).products) == 12

    return seconds(page)


def iris_tutorial(stack: ExitStack, _products: int) -> Measure:
    """The public tutorial's way: a connection for each page, an object for each product."""
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

    return seconds(page)


def _iris(stack: ExitStack) -> str:
    from tests.support.superserver import Superserver

    server = stack.enter_context(Superserver())
    server.create_store(shape="product_id_is_id")
    for row in coffees(12, 40):
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
