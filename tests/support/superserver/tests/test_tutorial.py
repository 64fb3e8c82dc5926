"""The public tutorial's way of working, word for word, against the stand-in."""

from __future__ import annotations

from typing import Any

import iris

from tests.support.superserver import Superserver

from .conftest import MakeServer

COFFEES = [
    (1001, "Yirgacheffe", 9.99, 5, "Ethiopia", "Floral"),
    (1002, "Antigua", 12.5, 1, "Guatemala", "Cocoa"),
    (1003, "Supremo", 8.0, 40, "Colombia", "Nutty"),
]


def connect(server: Superserver) -> Any:
    """Connect as the tutorial does: nothing but address, account and namespace."""
    return iris.connect("127.0.0.1", server.port, server.namespace, server.user, server.password)


def load(connection: Any) -> None:
    """Fill the inventory."""
    cursor = connection.cursor()
    cursor.executemany(
        "INSERT INTO coffeeco.Inventory "
        "(ProductId, Name, Price, StockQuantity, CountryOfOrigin, Description) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        COFFEES,
    )
    connection.commit()
    cursor.close()


def catalogue(connection: Any) -> list[tuple[Any, ...]]:
    """Read every product: the ids in SQL, the rest through objects."""
    native = iris.createIRIS(connection)
    cursor = connection.cursor()
    cursor.execute("SELECT ProductId FROM coffeeco.Inventory ORDER BY ProductId")
    found = []
    for (product_id,) in cursor.fetchall():
        product = native.classMethodObject("coffeeco.Inventory", "%OpenId", product_id)
        found.append(
            tuple(
                product.get(name)
                for name in (
                    "ProductId",
                    "Name",
                    "Price",
                    "StockQuantity",
                    "CountryOfOrigin",
                    "Description",
                )
            )
        )
    cursor.close()
    return found


def buy(connection: Any, product_id: int, quantity: int) -> None:
    """Sell bags of one product."""
    native = iris.createIRIS(connection)
    product = native.classMethodObject("coffeeco.Inventory", "%OpenId", product_id)
    left = product.get("StockQuantity") - quantity
    if left == 0:
        native.classMethodVoid(
            "coffeeco.Alerts", "OutOfStockAlert", product_id, product.get("Name")
        )
        native.classMethodVoid("coffeeco.Inventory", "%DeleteId", product_id)
        return
    if left < 3:
        native.classMethodVoid("coffeeco.Alerts", "LowStockAlert", product_id, product.get("Name"))
    product.set("StockQuantity", left)
    product.invokeVoid("%Save")


def test_the_tutorials_shop_works(make_server: MakeServer) -> None:
    server = make_server()
    server.create_store(alerts="tutorial")
    connection = connect(server)
    load(connection)
    assert catalogue(connection) == COFFEES
    connection.close()

    connection = connect(server)
    buy(connection, 1001, 3)
    buy(connection, 1002, 1)
    buy(connection, 1003, 1)
    connection.close()

    connection = connect(server)
    assert [(row[0], row[3]) for row in catalogue(connection)] == [(1001, 2), (1003, 39)]
    connection.close()
    assert [(call.method, call.arguments) for call in server.alerts()] == [
        ("LowStockAlert", (1001, "Yirgacheffe")),
        ("OutOfStockAlert", (1002, "Antigua")),
    ]


def test_the_tutorials_shop_sells_the_last_bag_twice(make_server: MakeServer) -> None:
    server = make_server()
    server.create_store(alerts="tutorial")
    server.insert(ProductId=1001, Name="Yirgacheffe", StockQuantity=5)
    first, second = connect(server), connect(server)
    # Both read five before either saves: the second save writes over the first.
    server.before("%Save", lambda session: buy(second, 1001, 1))
    buy(first, 1001, 1)
    assert server.rows()[0]["StockQuantity"] == 4
    first.close()
    second.close()
