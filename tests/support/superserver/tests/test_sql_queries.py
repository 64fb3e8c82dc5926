"""SELECT: the server's dialect, its collation, its types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.superserver import Superserver, Traps

from .conftest import YIRGA, Connect, MakeServer

ROWS = [
    (1001, "Yirgacheffe", 9.5, 5, "Ethiopia", "Floral"),
    (1002, "Sidamo", 8.0, 0, "ETHIOPIA", "100% washed"),
    (1003, "antigua", 12.25, 2, "Guatemala", ""),
    (1004, "Łódź", None, 7, None, None),
]


@pytest.fixture
def server(make_server: MakeServer) -> Superserver:
    """Return a server with four products."""
    made = make_server()
    made.create_store()
    for row in ROWS:
        made.insert(**dict(zip(YIRGA, row, strict=True)))
    return made


def select(cursor: Any, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    cursor.execute(text, list(values))
    return list(cursor.fetchall() or ())


def column(cursor: Any, text: str, *values: Any) -> list[Any]:
    """Return the first column of a query."""
    return [row[0] for row in select(cursor, text, *values)]


def ids(cursor: Any, condition: str, *values: Any) -> list[int]:
    """Return the ids of the products that meet a condition."""
    query = f"SELECT ProductId FROM coffeeco.Inventory WHERE {condition} ORDER BY ProductId"
    return column(cursor, query, *values)


def test_a_star_is_all_columns_in_their_order(cursor: Any) -> None:
    assert select(cursor, "SELECT * FROM coffeeco.Inventory") == ROWS
    assert [described[0] for described in cursor.description] == list(YIRGA)


def test_names_in_sql_have_no_case(cursor: Any) -> None:
    assert column(cursor, "select productid from COFFEECO.INVENTORY where NAME = 'x'") == []
    assert cursor.description[0][0] == "ProductId"


def test_columns_are_described_with_their_types(cursor: Any) -> None:
    cursor.execute(
        "SELECT ProductId, Name, Price, COUNT(*) OVER () AS Total FROM coffeeco.Inventory"
    )
    assert [(name, kind) for name, kind, *_ in cursor.description] == [
        ("ProductId", 4),
        ("Name", 12),
        ("Price", 8),
        ("Total", -5),
    ]
    cursor.fetchall()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Name = 'YIRGACHEFFE'", [1001]),
        ("%EXACT(Name) = 'YIRGACHEFFE'", []),
        ("%EXACT Name = 'Yirgacheffe'", [1001]),
        ("Name LIKE 'y%'", [1001]),
        ("Name LIKE '_idamo'", [1002]),
        ("Description LIKE '%100!%%' ESCAPE '!'", [1002]),
        ("Name %STARTSWITH 'ant'", [1003]),
        ("Name [ 'dam'", [1002]),
        ("UPPER(Name) LIKE UPPER('%łódź%')", [1004]),
        ("LOWER(Name) = 'sidamo'", [1002]),
        ("Price IS NULL", [1004]),
        ("Description = ''", [1003]),
        ("Description IS NULL", [1004]),
        ("Price BETWEEN 8 AND 10", [1001, 1002]),
        ("ProductId IN (1001, 1003, 9)", [1001, 1003]),
        ("NOT (StockQuantity > 0 OR Price > 10)", [1002]),
        ("CountryOfOrigin = 'ethiopia' AND StockQuantity <> 0", [1001]),
        ("COALESCE(Price, 0) = 0", [1004]),
        ("NVL(Price, 1) = 1", [1004]),
        ("{fn UCASE(Name)} = 'SIDAMO'", [1002]),
        ("ID = 1002", [1002]),
        ("%ID > 1002", [1003, 1004]),
        ("ProductId = (SELECT MAX(ProductId) FROM coffeeco.Inventory)", [1004]),
        ("CASE WHEN StockQuantity > 4 THEN 'many' ELSE 'few' END = 'many'", [1001, 1004]),
        ("StockQuantity / 2 = 2.5", [1001]),
        ("LENGTH(Name) = 6", [1002]),
    ],
)
def test_conditions_mean_what_they_mean_on_the_server(
    cursor: Any, condition: str, expected: list[int]
) -> None:
    assert ids(cursor, condition) == expected


@pytest.mark.parametrize("value", [1002, "1002", Decimal(1002), 1002.0])
def test_parameters_of_any_type_find_the_row(cursor: Any, value: Any) -> None:
    assert ids(cursor, "ProductId = ?", value) == [1002]


def test_text_parameters_may_be_empty_or_null(cursor: Any) -> None:
    assert ids(cursor, "Description = ?", "") == [1003]
    assert ids(cursor, "? IS NULL AND ProductId = 1001", None) == [1001]


def test_text_is_ordered_without_case(cursor: Any) -> None:
    found = column(cursor, "SELECT Name FROM coffeeco.Inventory WHERE Price > 0 ORDER BY Name")
    assert found == ["antigua", "Sidamo", "Yirgacheffe"]


def test_distinct_and_group_by_return_capitals(cursor: Any) -> None:
    names = "FROM coffeeco.Inventory WHERE CountryOfOrigin IS NOT NULL"
    assert column(cursor, f"SELECT DISTINCT CountryOfOrigin {names} ORDER BY CountryOfOrigin") == [
        "ETHIOPIA",
        "GUATEMALA",
    ]
    assert select(
        cursor,
        f"SELECT CountryOfOrigin, COUNT(*), SUM(StockQuantity) {names} "
        "GROUP BY CountryOfOrigin ORDER BY 2 DESC",
    ) == [("ETHIOPIA", 2, 5), ("GUATEMALA", 1, 2)]
    assert sorted(column(cursor, f"SELECT DISTINCT %EXACT(CountryOfOrigin) {names}")) == [
        "ETHIOPIA",
        "Ethiopia",
        "Guatemala",
    ]
    assert column(cursor, f"SELECT JSON_ARRAYAGG(DISTINCT CountryOfOrigin) {names}") == [
        '["ETHIOPIA","GUATEMALA"]'
    ]
    assert column(cursor, f"SELECT JSON_ARRAYAGG(%EXACT(CountryOfOrigin)) {names}") == [
        '["Ethiopia","ETHIOPIA","Guatemala"]'
    ]


def test_capitals_can_be_switched_off(make_server: MakeServer, connect_to: Connect) -> None:
    server = make_server(traps=Traps(upper_case_groups=False))
    server.create_store()
    server.insert(**YIRGA)
    cursor = connect_to(server).cursor()
    assert column(cursor, "SELECT DISTINCT Name FROM coffeeco.Inventory") == ["Yirgacheffe"]


PAGE_TWO = [(1003,), (1004,)]
BY_LIMIT = "SELECT ProductId FROM coffeeco.Inventory ORDER BY ProductId LIMIT 2 OFFSET 2"
BY_FETCH = """SELECT ProductId FROM coffeeco.Inventory ORDER BY ProductId
    OFFSET 2 ROWS FETCH NEXT 2 ROWS ONLY"""
BY_ROW_NUMBER = """SELECT ProductId FROM (
        SELECT ProductId, ROW_NUMBER() OVER (ORDER BY ProductId) AS Place FROM coffeeco.Inventory
    ) WHERE Place BETWEEN 3 AND 4 ORDER BY Place"""
BY_POSITION = """SELECT ProductId FROM (
        SELECT TOP ALL ProductId FROM coffeeco.Inventory ORDER BY ProductId
    ) page WHERE %VID BETWEEN 3 AND 4"""
BY_LAST_SEEN = """SELECT TOP 2 ProductId FROM coffeeco.Inventory
    WHERE ProductId > 1002 ORDER BY ProductId"""


@pytest.mark.parametrize("text", [BY_LIMIT, BY_FETCH, BY_ROW_NUMBER, BY_POSITION, BY_LAST_SEEN])
def test_there_are_several_ways_to_turn_a_page(cursor: Any, text: str) -> None:
    assert select(cursor, text) == PAGE_TWO


def test_a_star_does_not_stand_for_the_row_position(cursor: Any) -> None:
    page = "FROM (SELECT TOP ALL ProductId FROM coffeeco.Inventory ORDER BY Name) p WHERE %VID = 1"
    assert select(cursor, f"SELECT * {page}") == [(1003,)]
    assert select(cursor, f"SELECT *, %VID {page}") == [(1003, 1)]


def test_window_functions_count_and_number(cursor: Any) -> None:
    assert select(
        cursor,
        "SELECT ProductId, ROW_NUMBER() OVER (ORDER BY Price DESC) AS Place, "
        "COUNT(*) OVER () AS Total FROM coffeeco.Inventory WHERE Price > 9 ORDER BY Place",
    ) == [(1003, 1, 2), (1001, 2, 2)]


def test_older_servers_know_neither_limit_nor_fetch(
    make_server: MakeServer, connect_to: Connect
) -> None:
    server = make_server(version="2024.1")
    server.create_store()
    cursor = connect_to(server).cursor()
    for end in ("LIMIT 2", "LIMIT 2 OFFSET 2", "OFFSET 1 ROWS FETCH FIRST 2 ROWS ONLY"):
        with pytest.raises(Exception, match="SQLCODE: <-25>"):
            cursor.execute(f"SELECT Name FROM coffeeco.Inventory ORDER BY Name {end}")
    assert select(cursor, "SELECT TOP 2 Name FROM coffeeco.Inventory") == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT TOP 2 Name FROM coffeeco.Inventory LIMIT 2",
        "SELECT * FROM (SELECT Name FROM coffeeco.Inventory ORDER BY Name LIMIT 2)",
    ],
)
def test_ways_of_turning_a_page_cannot_be_mixed(cursor: Any, text: str) -> None:
    with pytest.raises(Exception, match="SQLCODE: <-1>"):
        cursor.execute(text)


def test_tables_can_be_joined_and_columns_qualified(cursor: Any) -> None:
    assert select(
        cursor,
        "SELECT a.Name, b.Name FROM coffeeco.Inventory a "
        "LEFT JOIN coffeeco.Inventory AS b ON b.ProductId = a.ProductId + 1 "
        "WHERE a.ProductId IN (1003, 1004) ORDER BY a.ProductId",
    ) == [("antigua", "Łódź"), ("Łódź", None)]
    assert column(
        cursor,
        "SELECT coffeeco.Inventory.Name FROM coffeeco.Inventory WHERE Inventory.ProductId = 1002",
    ) == ["Sidamo"]


def test_expressions_are_computed_and_named(cursor: Any) -> None:
    assert select(
        cursor,
        "SELECT Name || '!', StockQuantity * 2 AS Twice, COUNT(*) FROM coffeeco.Inventory "
        "WHERE ProductId = 1001 GROUP BY ProductId",
    ) == [("Yirgacheffe!", 10, 1)]
    assert [described[0] for described in cursor.description] == [
        "Expression_1",
        "Twice",
        "Aggregate_3",
    ]


def test_a_query_needs_no_table(cursor: Any) -> None:
    assert select(cursor, "SELECT 1, 'x', ?", 2) == [(1, "x", 2)]


def test_ifnull_is_null_for_what_is_not(cursor: Any) -> None:
    assert select(cursor, "SELECT IFNULL(Price, 'none') FROM coffeeco.Inventory") == [
        (None,),
        (None,),
        (None,),
        ("none",),
    ]


def test_prices_and_their_sums_are_exact_in_a_numeric_column(
    make_server: MakeServer, connect_to: Connect
) -> None:
    server = make_server()
    server.create_store(price="NUMERIC")
    server.insert(ProductId=1, Name="a", Price="0.10")
    server.insert(ProductId=2, Name="b", Price="16.00")
    server.insert(ProductId=3, Name="c", Price="0.20")
    cursor = connect_to(server).cursor()
    assert column(cursor, "SELECT Price FROM coffeeco.Inventory ORDER BY ProductId") == [
        Decimal("0.1"),
        16,
        Decimal("0.2"),
    ]
    assert column(cursor, "SELECT SUM(Price) FROM coffeeco.Inventory WHERE Price < 1") == [
        Decimal("0.3")
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT * FROM coffeeco.Nothing", 30),
        ("SELECT * FROM Inventory", 30),
        ("SELECT Missing FROM coffeeco.Inventory", 29),
        ("SELECT FROM", 1),
        ("SELECT (1 FROM coffeeco.Inventory", 1),
        ("NONSENSE", 1),
        ("UPDATE coffeeco.Nothing SET a = 1", 30),
        ("UPDATE coffeeco.Inventory SET Missing = 1", 29),
        ("DELETE FROM coffeeco.Inventory WHERE Missing = 1", 29),
        ("INSERT INTO coffeeco.Inventory (Missing) VALUES (1)", 29),
        ("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1)", 62),
    ],
)
def test_errors_carry_the_servers_number(
    server: Superserver, cursor: Any, text: str, code: int
) -> None:
    with pytest.raises(Exception, match=f"SQLCODE: <-{code}>"):
        cursor.execute(text)
    assert server.messages.by_kind["OE"] == 1
    assert column(cursor, "SELECT COUNT(*) FROM coffeeco.Inventory") == [len(ROWS)]


def test_privileges_on_tables_can_be_taken_away(server: Superserver, cursor: Any) -> None:
    server.deny("SELECT coffeeco.Inventory", "UPDATE")
    for text in ("SELECT * FROM coffeeco.Inventory", "UPDATE coffeeco.Inventory SET Price = 1"):
        with pytest.raises(Exception, match="SQLCODE: <-99>"):
            cursor.execute(text)
    server.allow()
    assert len(select(cursor, "SELECT * FROM coffeeco.Inventory")) == len(ROWS)
