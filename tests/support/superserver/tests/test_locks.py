"""Locks: modes, waits, ancestors, and what a transaction does to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver, Traps
from tests.support.superserver.locks import LockTable

from .conftest import YIRGA, Connect, MakeServer


def refused(call: Callable[[], Any]) -> bool:
    """Return whether a lock was not obtained."""
    try:
        call()
    except RuntimeError as error:
        if not str(error).startswith("<TIMEOUT>"):
            raise
        return True
    return False


@pytest.fixture
def other(connect: Connect) -> Any:
    """Return the native side of a second connection."""
    return iris.createIRIS(connect())


@pytest.mark.parametrize(
    ("mine", "theirs", "blocked"),
    [("", "", True), ("S", "", True), ("", "S", True), ("S", "S", False), ("E", "SE", True)],
)
def test_exclusive_locks_exclude_and_shared_ones_do_not(
    db: Any, other: Any, mine: str, theirs: str, blocked: bool
) -> None:
    db.lock(mine, 1, "^node", 1)
    assert refused(lambda: other.lock(theirs, 0, "^node", 1)) is blocked


@pytest.mark.parametrize(
    ("mine", "theirs", "blocked"),
    [
        (("a",), ("a", 1), True),
        (("a", 1), ("a",), True),
        ((), ("a", 1), True),
        (("a", 1), (), True),
        (("a", 1), ("a", 2), False),
        (("a",), ("ab",), False),
        (("1",), (1,), True),
        ((1.0,), (1,), True),
    ],
)
def test_what_is_above_and_below_a_locked_node_is_locked_too(
    db: Any, other: Any, mine: tuple[Any, ...], theirs: tuple[Any, ...], blocked: bool
) -> None:
    db.lock("", 1, "^node", *mine)
    assert refused(lambda: other.lock("", 0, "node", *theirs)) is blocked


def test_a_lock_is_counted_and_released_as_often(server: Superserver, db: Any, other: Any) -> None:
    db.lock("", 1, "^node")
    db.lock("", 1, "^node")
    assert server.locks()[0].count == 2
    db.unlock("", "^node")
    assert refused(lambda: other.lock("", 0, "^node"))
    db.unlock("", "^node")
    assert not refused(lambda: other.lock("", 0, "^node"))


def test_unlocking_what_is_not_held_is_no_error(db: Any) -> None:
    db.unlock("", "^node")
    db.unlock("S", "^node", 1)


def test_release_all_releases_all(server: Superserver, db: Any) -> None:
    db.lock("", 1, "^node", 1)
    db.lock("S", 1, "^node", 2)
    db.releaseAllLocks()
    assert server.locks() == []


def test_a_waiter_gets_the_lock_when_it_is_released(
    server: Superserver, db: Any, other: Any
) -> None:
    db.lock("", 1, "^node")
    outcome: list[bool] = []
    waiter = threading.Thread(
        target=lambda: outcome.append(refused(lambda: other.lock("", 10, "^node")))
    )
    waiter.start()
    assert server.wait_for_waiters()
    db.unlock("", "^node")
    waiter.join(10)
    assert outcome == [False]


def test_stopping_the_server_ends_every_wait(server: Superserver, db: Any) -> None:
    errors: list[str] = []

    def wait() -> None:
        try:
            db.lock("", 60, "^node")
        except RuntimeError as error:
            errors.append(str(error))

    with server.session() as holder:
        holder.lock("^node")
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert server.wait_for_waiters()
        server.stop()
        waiter.join(10)
    assert server.sessions() == []
    assert errors[0].startswith("<COMMUNICATION")


def test_locks_released_within_a_transaction_are_held_to_its_end(db: Any, other: Any) -> None:
    db.tStart()
    db.tStart()
    db.lock("", 1, "^node")
    db.unlock("", "^node")
    assert refused(lambda: other.lock("", 0, "^node"))
    db.tCommit()
    assert refused(lambda: other.lock("", 0, "^node"))
    db.tCommit()
    assert not refused(lambda: other.lock("", 0, "^node"))


def test_all_locks_released_within_a_transaction_are_held_to_its_end(db: Any, other: Any) -> None:
    db.tStart()
    db.lock("", 1, "^node", 1)
    db.lock("S", 1, "^node", 2)
    db.releaseAllLocks()
    assert refused(lambda: other.lock("", 0, "^node", 1))
    assert refused(lambda: other.lock("", 0, "^node", 2))
    assert not refused(lambda: other.lock("S", 0, "^node", 2))
    db.tRollback()
    assert not refused(lambda: other.lock("", 0, "^node", 1))


def test_an_immediate_unlock_does_not_wait_for_the_transaction(db: Any, other: Any) -> None:
    db.tStart()
    db.lock("", 1, "^node")
    db.unlock("I", "^node")
    assert not refused(lambda: other.lock("", 0, "^node"))
    db.tRollback()


def test_a_lock_that_is_not_released_survives_the_transaction(db: Any, other: Any) -> None:
    db.tStart()
    db.lock("", 1, "^node")
    db.tCommit()
    assert refused(lambda: other.lock("", 0, "^node"))


def test_deferred_unlocks_can_be_switched_off(make_server: MakeServer, connect_to: Connect) -> None:
    server = make_server(traps=Traps(deferred_unlocks=False))
    db = iris.createIRIS(connect_to(server))
    db.tStart()
    db.lock("", 1, "^node")
    db.unlock("", "^node")
    assert server.locks() == []
    db.tRollback()


def test_rows_changed_in_a_transaction_are_locked_until_its_end(
    server: Superserver, db: Any, cursor: Any, connect: Connect
) -> None:
    server.insert(ProductId=1002, Name="Sidamo", StockQuantity=5)
    other = connect().cursor()
    other.execute("SET OPTION LOCK_TIMEOUT = 0")
    db.tStart()
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 4 WHERE ProductId = 1001")
    other.execute("UPDATE coffeeco.Inventory SET StockQuantity = 4 WHERE ProductId = 1002")
    for statement in (
        "UPDATE coffeeco.Inventory SET StockQuantity = 3 WHERE ProductId = 1001",
        "DELETE FROM coffeeco.Inventory WHERE ProductId = 1001",
    ):
        with pytest.raises(Exception, match="SQLCODE: <-110>"):
            other.execute(statement)
    db.tCommit()
    other.execute("UPDATE coffeeco.Inventory SET StockQuantity = 3 WHERE ProductId = 1001")
    assert [row["StockQuantity"] for row in server.rows()] == [3, 4]


def test_a_failed_statement_takes_back_its_own_rows_only(
    server: Superserver, db: Any, cursor: Any
) -> None:
    server.insert(ProductId=1002, Name="Sidamo", StockQuantity=5)
    cursor.execute("SET OPTION LOCK_TIMEOUT = 0")
    db.tStart()
    db.set("kept", "^node")
    with server.session() as other:
        other.lock("^coffeeco.InventoryD", 1002)
        with pytest.raises(Exception, match="SQLCODE: <-110>"):
            cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 0")
    db.tCommit()
    assert [row["StockQuantity"] for row in server.rows()] == [5, 5]
    assert server.globals() == {"node": {(): "kept"}}


def test_an_update_looks_again_at_rows_it_waited_for(server: Superserver, cursor: Any) -> None:
    with server.session() as other:
        other.lock("^coffeeco.InventoryD", 1001)
        waiter = threading.Thread(
            target=lambda: cursor.execute(
                "UPDATE coffeeco.Inventory SET StockQuantity = StockQuantity - 2 "
                "WHERE StockQuantity >= 2"
            )
        )
        waiter.start()
        assert server.wait_for_waiters()
        other.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    waiter.join(10)
    assert server.rows()[0]["StockQuantity"] == 1


def test_deleting_by_id_holds_the_row_until_the_end(
    server: Superserver, db: Any, connect: Connect
) -> None:
    db.tStart()
    db.classMethodValue("coffeeco.Inventory", "%DeleteId", 1001)
    other = connect().cursor()
    other.execute("SET OPTION LOCK_TIMEOUT = 0")
    with pytest.raises(Exception, match="SQLCODE: <-110>"):
        other.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1001, 'x')")
    db.tRollback()
    assert server.rows() == [YIRGA]


def test_a_thousand_rows_become_a_table_lock(server: Superserver, db: Any, cursor: Any) -> None:
    with server.session() as other:
        other.executemany(
            "INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (?, 'x')",
            [[number] for number in range(3000, 4001)],
        )
    db.tStart()
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    assert ("coffeeco.InventoryD",) in [lock.name for lock in server.locks()]
    db.tRollback()
    assert server.locks() == []


def test_the_table_knows_no_name_once_all_is_released() -> None:
    table = LockTable()
    for name in (("a",), ("a", "1"), ("a", "1", "2")):
        assert table.acquire(1, name, exclusive=True, timeout=0)
    assert not table.acquire(2, ("a",), exclusive=False, timeout=0)
    table.release_all(1, defer=False)
    assert table.listing() == []
    assert table.acquire(2, ("a",), exclusive=True, timeout=0)
