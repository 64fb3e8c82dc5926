"""Transactions: levels, rollback, what others see, and how they end."""

from __future__ import annotations

from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver

from .conftest import YIRGA, Connect


def quantity(server: Superserver) -> Any:
    return server.rows()[0]["StockQuantity"]


def test_levels_are_counted(db: Any) -> None:
    assert db.getTLevel() == 0
    db.tStart()
    db.tStart()
    assert db.getTLevel() == 2
    db.tCommit()
    assert db.getTLevel() == 1
    db.tRollback()
    assert db.getTLevel() == 0


def test_committing_nothing_is_an_error_and_rolling_back_nothing_is_not(db: Any) -> None:
    with pytest.raises(RuntimeError, match="<COMMAND>"):
        db.tCommit()
    db.tRollback()
    db.tRollbackOne()


def test_a_rollback_takes_back_objects_sql_and_globals_on_all_levels(
    server: Superserver, db: Any, cursor: Any
) -> None:
    db.set("before", "^node", 1)
    db.tStart()
    found = db.classMethodObject("coffeeco.Inventory", "%OpenId", 1001)
    found.set("StockQuantity", 4)
    found.invoke("%Save")
    db.tStart()
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1002, 'Sidamo')")
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 3 WHERE ProductId = 1001")
    cursor.execute("DELETE FROM coffeeco.Inventory WHERE ProductId = 1001")
    db.set("after", "^node", 1)
    db.set("new", "^node", 2)
    db.kill("^node", 1)
    db.tRollback()
    assert server.rows() == [YIRGA]
    assert server.globals() == {"node": {("1",): "before"}}


def test_rolling_back_one_level_keeps_the_outer_one(server: Superserver, db: Any) -> None:
    db.tStart()
    db.set("outer", "^node")
    db.tStart()
    db.set("inner", "^node")
    db.tRollbackOne()
    assert db.getTLevel() == 1
    db.tCommit()
    assert server.globals() == {"node": {(): "outer"}}


def test_increments_are_not_taken_back(server: Superserver, db: Any) -> None:
    db.tStart()
    db.increment(1, "^count")
    db.tRollback()
    assert server.globals() == {"count": {(): 1}}


def test_others_see_what_is_not_committed(server: Superserver, db: Any, connect: Connect) -> None:
    other = connect().cursor()
    db.tStart()
    db.set("uncommitted", "^node")
    found = db.classMethodObject("coffeeco.Inventory", "%OpenId", 1001)
    found.set("StockQuantity", 4)
    found.invoke("%Save")
    other.execute("SELECT StockQuantity FROM coffeeco.Inventory")
    assert other.fetchall() == ((4,),)
    assert server.globals() == {"node": {(): "uncommitted"}}
    db.tRollback()


@pytest.mark.parametrize("end", ["close", "vanish"])
def test_the_end_of_the_connection_rolls_back(
    server: Superserver, db: Any, connection: Any, end: str
) -> None:
    db.tStart()
    db.set("v", "^node")
    db.lock("", 1, "^held")
    if end == "close":
        connection.close()
    else:
        server.faults.drop_all()
    assert server.wait_for_sessions(0)
    assert server.globals() == {}
    assert server.locks() == []


def test_many_transactions_change_different_rows_at_once(
    server: Superserver, connect: Connect
) -> None:
    links = []
    for number in range(2000, 2020):
        server.insert(ProductId=number, Name="x", StockQuantity=5)
        db = iris.createIRIS(connect())
        db.tStart()
        found = db.classMethodObject("coffeeco.Inventory", "%OpenId", number, 4)
        found.set("StockQuantity", 1)
        assert found.invoke("%Save") == 1
        links.append((number, db))
    for number, db in links:
        db.tCommit() if number % 2 else db.tRollback()
    expected = {number: 1 if number % 2 else 5 for number, _ in links}
    assert {row["ProductId"]: row["StockQuantity"] for row in server.rows()[1:]} == expected


def test_sql_commit_ends_all_levels(server: Superserver, db: Any, connection: Any) -> None:
    db.tStart()
    db.tStart()
    db.set("v", "^node")
    connection.commit()
    assert db.getTLevel() == 0
    assert server.globals() == {"node": {(): "v"}}
    db.tStart()
    db.set("w", "^node")
    connection.rollback()
    assert db.getTLevel() == 0
    assert server.globals() == {"node": {(): "v"}}


def test_transactions_can_be_written_in_sql(server: Superserver, db: Any, cursor: Any) -> None:
    cursor.execute("START TRANSACTION")
    assert db.getTLevel() == 1
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    cursor.execute("ROLLBACK")
    assert db.getTLevel() == 0
    assert quantity(server) == 5
    cursor.execute("START TRANSACTION")
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    cursor.execute("COMMIT WORK")
    assert db.getTLevel() == 0
    assert quantity(server) == 1


def test_without_autocommit_sql_begins_a_transaction(server: Superserver, connect: Connect) -> None:
    connection = connect(autoCommit=False)
    cursor, db = connection.cursor(), iris.createIRIS(connection)
    cursor.execute("SELECT Name FROM coffeeco.Inventory")
    cursor.fetchall()
    assert db.getTLevel() == 0
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    assert db.getTLevel() == 1
    connection.rollback()
    assert quantity(server) == 5
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    connection.commit()
    assert db.getTLevel() == 0
    assert quantity(server) == 1


def test_autocommit_is_switched_without_an_answer(
    server: Superserver, db: Any, connection: Any, cursor: Any
) -> None:
    connection.setAutoCommit(False)
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    assert db.getTLevel() == 1
    connection.rollback()
    connection.setAutoCommit(True)
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 2")
    assert db.getTLevel() == 0
    assert quantity(server) == 2
    kinds = server.messages.by_kind
    assert (kinds["AF"], kinds["AN"]) == (1, 1)
