"""INSERT, UPDATE, DELETE: what is written, what is refused."""

from __future__ import annotations

from typing import Any

import iris.dbapi as dbapi
import pytest

from tests.support.superserver import Superserver

from .conftest import YIRGA, Connect, MakeServer


def test_rows_are_inserted_with_nulls_for_what_is_not_given(
    server: Superserver, cursor: Any
) -> None:
    cursor.execute(
        "INSERT INTO coffeeco.Inventory (ProductId, Name, Description) VALUES (?, ?, '')",
        [1002, "Sidamo"],
    )
    assert server.rows()[1] == {
        "ProductId": 1002,
        "Name": "Sidamo",
        "Price": None,
        "StockQuantity": None,
        "CountryOfOrigin": None,
        "Description": "",
    }


def test_letters_beyond_the_basic_plane_count_twice(server: Superserver, cursor: Any) -> None:
    statement = "INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (?, ?)"
    cursor.execute(statement, [1002, "🌱" * 25])
    with pytest.raises(dbapi.Error, match="failed validation"):
        cursor.execute(statement, [1003, "🌱" * 25 + "x"])
    assert server.rows()[-1]["ProductId"] == 1002


def test_many_rows_go_in_one_message(server: Superserver, cursor: Any) -> None:
    rows = [(number, "x" * 50, 9.99, 5) for number in range(2000, 4000)]
    with server.count() as counted:
        cursor.executemany(
            "INSERT INTO coffeeco.Inventory (ProductId, Name, Price, StockQuantity) "
            "VALUES (?, ?, ?, ?)",
            rows,
        )
    assert counted.by_kind == {"PP": 1, "PU": 1}
    assert len(server.rows()) == 2001


def test_rows_can_come_from_a_query(server: Superserver, cursor: Any) -> None:
    cursor.execute(
        "INSERT INTO coffeeco.Inventory (ProductId, Name) "
        "SELECT ProductId + 1, Name FROM coffeeco.Inventory"
    )
    assert [row["ProductId"] for row in server.rows()] == [1001, 1002]


def test_insert_or_update_does_either(server: Superserver, cursor: Any) -> None:
    for product_id in (1001, 1002):
        cursor.execute(
            "INSERT OR UPDATE INTO coffeeco.Inventory (ProductId, StockQuantity) VALUES (?, 9)",
            [product_id],
        )
    assert [(row["Name"], row["StockQuantity"]) for row in server.rows()] == [
        ("Yirgacheffe", 9),
        (None, 9),
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("UPDATE coffeeco.Inventory SET StockQuantity = StockQuantity - 1, Name = 'x'", 1),
        ("UPDATE coffeeco.Inventory i SET Name = UPPER(i.Name) WHERE i.StockQuantity >= 5", 1),
        ("UPDATE coffeeco.Inventory SET Name = 'x' WHERE StockQuantity > 5", 0),
        ("UPDATE %NOLOCK coffeeco.Inventory SET Name = 'x' WHERE ProductId = 1001", 1),
        ("DELETE FROM coffeeco.Inventory WHERE ProductId = 1001", 1),
        ("DELETE FROM coffeeco.Inventory WHERE ProductId = 1002", 0),
        ("DELETE coffeeco.Inventory", 1),
    ],
)
def test_the_number_of_rows_is_told(cursor: Any, text: str, rows: int) -> None:
    cursor.execute(text)
    assert cursor.rowcount == rows


def test_the_last_row_id_is_asked_for(server: Superserver, cursor: Any) -> None:
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (1234)")
    with server.count() as counted:
        assert str(cursor.lastrowid) == "1234"
    assert counted.by_kind == {"SP": 1, "SU": 1}


def test_hidden_ids_are_never_used_again(make_server: MakeServer, connect_to: Connect) -> None:
    server = make_server()
    server.create_store("hidden_id")
    cursor = connect_to(server).cursor()
    for product_id in (7, 8):
        cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (?)", [product_id])
        cursor.execute("DELETE FROM coffeeco.Inventory WHERE ProductId = ?", [product_id])
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (9)")
    cursor.execute("SELECT ID, ProductId FROM coffeeco.Inventory")
    assert cursor.fetchall() == ((3, 9),)


@pytest.mark.parametrize("shape", ["product_id_is_id", "hidden_id"])
def test_a_product_id_is_unique_in_every_shape(
    make_server: MakeServer, connect_to: Connect, shape: str
) -> None:
    server = make_server()
    server.create_store(shape)
    server.insert(**YIRGA)
    cursor = connect_to(server).cursor()
    with pytest.raises(dbapi.IntegrityError, match="SQLCODE: <-119>"):
        cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (1001)")
    assert len(server.rows()) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("INSERT INTO coffeeco.Inventory (Name) VALUES ('x')", 108),
        ("INSERT INTO coffeeco.Inventory (ProductId, Price) VALUES (7, 'dear')", 104),
        ("UPDATE coffeeco.Inventory SET StockQuantity = 'many'", 105),
        ("UPDATE coffeeco.Inventory SET StockQuantity = -1", 105),
        ("UPDATE coffeeco.Inventory SET ProductId = 7", 107),
    ],
)
def test_values_that_the_class_forbids_are_refused(
    make_server: MakeServer, connect_to: Connect, text: str, code: int
) -> None:
    server = make_server()
    server.create_store(minval=True)
    server.insert(**YIRGA)
    with pytest.raises(dbapi.Error, match=f"SQLCODE: <-{code}>"):
        connect_to(server).cursor().execute(text)
    assert server.rows() == [YIRGA]


def test_names_that_are_too_long_are_refused(server: Superserver, cursor: Any) -> None:
    with pytest.raises(dbapi.Error, match="SQLCODE: <-105>"):
        cursor.execute("UPDATE coffeeco.Inventory SET Name = ?", ["x" * 51])


def test_the_tutorials_table_takes_negative_stock(server: Superserver, cursor: Any) -> None:
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = StockQuantity - 6")
    assert server.rows()[0]["StockQuantity"] == -1
