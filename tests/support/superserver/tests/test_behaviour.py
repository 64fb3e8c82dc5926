"""What a real server may do besides: each switch on and off, seen through the real driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import iris
import pytest

from tests.support.superserver import Behaviour, Superserver
from tests.support.superserver.locks import LockInfo

from .conftest import YIRGA, Connect, MakeServer
from .test_objects import INVENTORY, open_product

OFF: tuple[Behaviour, ...] = ()
INSERT = "INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1002, 'Sidamo')"
SELECT = "SELECT Name FROM coffeeco.Inventory"
MakeDb = Callable[..., tuple[Superserver, Any, Any]]


@pytest.fixture
def make_db(make_server: MakeServer, connect_to: Connect) -> MakeDb:
    """Starts a server that behaves so, and connects: the server, its native side, a cursor."""

    def make(*behaviour: Behaviour, auto_commit: bool = True) -> tuple[Superserver, Any, Any]:
        server = make_server(behaviour=behaviour, lock_timeout=1)
        server.create_store()
        server.insert(**YIRGA)
        connection = connect_to(server, autoCommit=auto_commit)
        return server, iris.createIRIS(connection), connection.cursor()

    return make


def raise_after_it_was_deleted(server: Superserver, db: Any) -> Any:
    """Open a row without a lock; another process deletes it; open it at level 4."""
    held = open_product(db)
    with server.session() as other:
        other.call(INVENTORY, "%DeleteId", 1001)
    status = iris.IRISReference(1)
    assert db.classMethodObject(INVENTORY, "%OpenId", 1001, 4, status) is None
    assert held.invoke("%Id") == "1001"
    return status.getValue()


def row_locks(server: Superserver) -> list[LockInfo]:
    return [lock for lock in server.locks() if lock.name == ("coffeeco.InventoryD", "1001")]


def test_opening_what_another_process_deleted_may_answer_nothing(make_db: MakeDb) -> None:
    server, db, _ = make_db(Behaviour.SILENT_RELOAD)
    assert raise_after_it_was_deleted(server, db) is None
    assert row_locks(server) == []
    server, db, _ = make_db(*OFF)
    words = db.classMethodString(
        "%SYSTEM.Status", "GetErrorText", raise_after_it_was_deleted(server, db)
    )
    assert words.startswith("ERROR #5809:")


@pytest.mark.parametrize("on", [True, False])
def test_an_object_that_could_not_be_raised_may_stay_at_level_4(
    make_db: MakeDb, *, on: bool
) -> None:
    server, db, _ = make_db(Behaviour.SILENT_RELOAD, *([Behaviour.LEVEL_STAYS] if on else OFF))
    raise_after_it_was_deleted(server, db)
    assert len(row_locks(server)) == on
    db.releaseAllLocks()
    server.insert(**YIRGA | {"Name": "Huila", "StockQuantity": 8})
    again = open_product(db, concurrency=4)
    assert len(row_locks(server)) == (not on)
    again.set("StockQuantity", 7)
    assert again.invoke("%Save") == 1
    (row,) = server.rows()
    assert (row["Name"], row["StockQuantity"]) == ("Yirgacheffe" if on else "Huila", 7)


def test_what_stayed_at_level_4_can_be_reached_at_level_0_and_let_go(make_db: MakeDb) -> None:
    server, db, _ = make_db(Behaviour.LEVEL_STAYS)
    raise_after_it_was_deleted(server, db)
    stayed = open_product(db, concurrency=0)
    assert stayed.invoke("%GetConcurrency") == 4
    assert stayed.invoke("%DowngradeConcurrency", 0) == 1
    assert row_locks(server) == []
    server.insert(**YIRGA | {"Name": "Huila"})
    assert open_product(db, concurrency=4).get("Name") == "Huila"


@pytest.mark.parametrize("on", [True, False])
def test_downgrading_what_was_deleted_may_raise(make_db: MakeDb, *, on: bool) -> None:
    server, db, _ = make_db(*([Behaviour.DELETE_EMPTIES_OID] if on else OFF))
    db.tStart()
    held = open_product(db, concurrency=4)
    assert db.classMethodValue(INVENTORY, "%DeleteId", 1001) == 1
    assert (held.invoke("%Id") or "") == ("" if on else "1001")
    assert len(row_locks(server)) == 1
    db.tCommit()
    assert len(row_locks(server)) == (not on)
    if on:
        with pytest.raises(RuntimeError, match="UnlockId"):
            held.invoke("%DowngradeConcurrency", 0)
    else:
        assert held.invoke("%DowngradeConcurrency", 0) == 1
    assert db.getTLevel() == 0


@pytest.mark.parametrize(
    ("behaviour", "auto_commit", "level_after_select", "level_after_insert"),
    [
        (OFF, True, 1, 1),
        ([Behaviour.CHANGE_COMMITS], True, 1, 0),
        ([Behaviour.QUERY_COMMITS], True, 0, 0),
        ([Behaviour.CHANGE_COMMITS, Behaviour.QUERY_COMMITS], True, 0, 0),
        ([Behaviour.CHANGE_COMMITS, Behaviour.QUERY_COMMITS], False, 1, 1),
    ],
)
def test_statements_may_commit_for_a_connection_with_autocommit(
    make_db: MakeDb,
    behaviour: list[Behaviour],
    auto_commit: bool,
    level_after_select: int,
    level_after_insert: int,
) -> None:
    server, db, cursor = make_db(*behaviour, auto_commit=auto_commit)
    db.tStart()
    cursor.execute(SELECT)
    assert cursor.fetchall() == (("Yirgacheffe",),)
    assert db.getTLevel() == level_after_select
    cursor.execute(INSERT)
    assert db.getTLevel() == level_after_insert
    db.tRollback()
    assert (len(server.rows()) == 1) is (level_after_insert == 1)


def test_without_autocommit_native_calls_and_sql_are_one_transaction(make_db: MakeDb) -> None:
    server, db, cursor = make_db(*Behaviour, auto_commit=False)
    cursor.execute(SELECT)
    cursor.fetchall()
    assert db.getTLevel() == 0
    db.tStart()
    cursor.execute(INSERT)
    assert db.getTLevel() == 1
    db.tCommit()
    assert db.getTLevel() == 0
    server.faults.drop_all()
    assert server.wait_for_sessions(0)
    assert len(server.rows()) == 2


def test_without_autocommit_a_change_alone_is_lost_with_the_connection(make_db: MakeDb) -> None:
    server, db, cursor = make_db(auto_commit=False)
    cursor.execute(INSERT)
    assert db.getTLevel() == 1
    db.tStart()
    db.tCommit()
    assert len(server.rows()) == 2
    server.faults.drop_all()
    assert server.wait_for_sessions(0)
    assert server.rows() == [YIRGA]


@pytest.mark.parametrize("on", [True, False])
def test_an_alert_may_leave_a_transaction_that_swallows_the_next_commit(
    make_db: MakeDb, *, on: bool
) -> None:
    server, db, _ = make_db(*([Behaviour.ALERT_LEAVES_TSTART] if on else OFF))
    db.classMethodString("coffeeco.Alerts", "LowStockAlert", 1001, "Yirgacheffe")
    db.tStart()
    db.set("sold", "^node")
    db.tCommit()
    assert db.getTLevel() == on
    server.faults.drop_all()
    assert server.wait_for_sessions(0)
    assert server.globals() == ({} if on else {"node": {(): "sold"}})
    assert len(server.rows("coffeeco.AlertLog")) == 1


def test_any_method_may_leave_a_transaction_open(make_db: MakeDb) -> None:
    server, db, _ = make_db(*OFF)
    server.define_method("some.Class", "Begins", lambda session, arguments: session.tstart())
    db.classMethodVoid("some.Class", "Begins")
    assert db.getTLevel() == 1


def test_the_environment_names_them(
    make_server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"": frozenset(), "silent_reload, level_stays": {*list(Behaviour)[:2]}}
    for words, meant in (named | {"all": frozenset(Behaviour)}).items():
        monkeypatch.setenv("IRIS_BEHAVIOUR", words)
        assert make_server().instance.behaviour == meant
    assert make_server(behaviour=()).instance.behaviour == frozenset()
    monkeypatch.setenv("IRIS_BEHAVIOUR", "silence")
    with pytest.raises(ValueError, match="silence"):
        make_server()
