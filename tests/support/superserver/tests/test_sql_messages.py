"""SQL requests message by message, as the driver sends them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.superserver import Superserver

from .conftest import Connect, MakeServer

NAMES = "SELECT Name FROM coffeeco.Inventory ORDER BY ProductId"


@pytest.fixture
def in_parts(make_server: MakeServer) -> Superserver:
    """Return a server that sends three rows to a message, and every message in parts."""
    made = make_server(rows_per_message=3, part_size=20)
    made.create_store()
    for number in range(1, 11):
        made.insert(ProductId=number, Name=f"name {number}")
    return made


def test_a_query_is_prepared_once_for_each_connection(
    server: Superserver, connection: Any, cursor: Any
) -> None:
    query = "SELECT Name FROM coffeeco.Inventory WHERE ProductId = {} AND StockQuantity > ?"
    with server.count() as counted:
        for number in (1001, 7):
            cursor.execute(query.format(number), [1])
            cursor.fetchall()
        other = connection.cursor()
        other.execute(query.format(1001), [4])
        assert other.fetchall() == (("Yirgacheffe",),)
    assert counted.by_kind == {"PP": 1, "PQ": 3}


def test_rows_come_in_several_messages(in_parts: Superserver, connect_to: Connect) -> None:
    cursor = connect_to(in_parts).cursor()
    with in_parts.count() as counted:
        cursor.execute(NAMES)
        assert [row[0] for row in cursor.fetchall()] == [f"name {n}" for n in range(1, 11)]
    assert counted.by_kind == {"PP": 1, "PQ": 1, "FD": 3}
    cursor.execute(NAMES)
    assert tuple(cursor.fetchone()) == ("name 1",)
    assert [row[0] for row in cursor.fetchmany(9)] == [f"name {n}" for n in range(2, 11)]
    assert cursor.fetchone() is None


def test_one_row_more_than_a_message_holds(in_parts: Superserver, connect_to: Connect) -> None:
    cursor = connect_to(in_parts).cursor()
    for count in (3, 4, 6):
        cursor.execute(f"SELECT TOP {count} Name FROM coffeeco.Inventory")
        assert len(cursor.fetchall()) == count


def test_a_half_read_cursor_breaks_the_connection(
    in_parts: Superserver, connect_to: Connect
) -> None:
    connection = connect_to(in_parts)
    cursor = connection.cursor()
    cursor.execute(NAMES)
    cursor.fetchone()
    with pytest.raises(Exception, match="out of order"):
        cursor.execute("SELECT 1")
    assert connection.isClosed()


def test_direct_execution_of_a_query_is_answered_twice(server: Superserver, cursor: Any) -> None:
    with server.count() as counted:
        cursor.direct_execute("SELECT Name FROM coffeeco.Inventory WHERE ProductId = 1001")
        assert cursor.fetchall() == (("Yirgacheffe",),)
    assert counted.by_kind == {"DQ": 1}


def test_direct_execution_of_a_change_is_one_message(server: Superserver, cursor: Any) -> None:
    with server.count() as counted:
        cursor.direct_execute("UPDATE coffeeco.Inventory SET StockQuantity = 9")
        cursor.direct_execute("CREATE TABLE coffeeco.Other (A INTEGER)")
    assert counted.by_kind == {"DU": 2}
    assert server.rows()[0]["StockQuantity"] == 9


def test_an_error_of_a_direct_query_is_told(server: Superserver, cursor: Any) -> None:
    with pytest.raises(Exception, match="SQLCODE: <-30>"):
        cursor.direct_execute("SELECT * FROM coffeeco.Nothing")
    with pytest.raises(Exception, match="SQLCODE: <-30>"):
        cursor.direct_execute("DELETE FROM coffeeco.Nothing")


def test_a_statement_that_is_not_prepared_here_is_sent_anew(
    server: Superserver, cursor: Any
) -> None:
    cursor.execute(NAMES)
    cursor.fetchall()
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    server.faults.fail_call(1, "PQ", code=404)
    server.faults.fail_call(1, "PU", code=404)
    with server.count() as counted:
        cursor.execute(NAMES)
        assert cursor.fetchall() == (("Yirgacheffe",),)
        cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    assert counted.by_kind == {"PQ": 1, "DQ": 1, "PU": 1, "DU": 1}


def test_an_error_costs_one_message_more(server: Superserver, cursor: Any) -> None:
    with server.count() as counted, pytest.raises(Exception, match="not found"):
        cursor.execute("SELECT * FROM coffeeco.Nothing")
    assert counted.by_kind == {"PP": 1, "OE": 1}


def test_commit_and_rollback_are_one_message_each(server: Superserver, connection: Any) -> None:
    with server.count() as counted:
        connection.commit()
        connection.rollback()
    assert counted.by_kind == {"TC": 1, "TR": 1}


def test_large_values_pass_both_ways(server: Superserver, db: Any) -> None:
    text = "x" * 3_000_000
    db.set(text, "^node")
    assert db.get("^node") == text
