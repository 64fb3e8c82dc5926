"""Everything that can be made to go wrong, and that the driver meets it."""

from __future__ import annotations

import threading
from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver

from .conftest import YIRGA, Connect

LOST = r"^<COMMUNICATION"


def in_thread(call: Any, *arguments: Any) -> threading.Thread:
    """Start a call in a thread; a lost link ends it quietly."""

    def run() -> None:
        try:
            call(*arguments)
        except RuntimeError as error:
            if not str(error).startswith("<COMMUNICATION"):
                raise

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def arrived(server: Superserver, kind: str) -> threading.Event:
    """Return an event that is set when a message of a kind is about to be served."""
    event = threading.Event()
    server.before(kind, lambda session: event.set())
    return event


def test_a_frozen_server_serves_what_it_received_when_it_thaws(
    server: Superserver, db: Any
) -> None:
    server.faults.freeze()
    served = arrived(server, "set")
    caller = in_thread(db.set, "v", "^node")
    assert not served.wait(0.05)
    assert server.globals() == {}
    server.faults.thaw()
    caller.join(10)
    assert server.globals() == {"node": {(): "v"}}


def test_a_frozen_server_lets_no_client_in(server: Superserver, connect: Connect) -> None:
    server.faults.freeze()
    with pytest.raises(RuntimeError, match="timed out"):
        connect(timeout=1)


def test_the_server_can_freeze_at_a_message(server: Superserver, db: Any) -> None:
    server.faults.freeze_at(2, "get")
    db.get("^node")
    caller = in_thread(db.get, "^node")
    caller.join(0.05)
    assert caller.is_alive()
    server.faults.thaw()
    caller.join(10)
    assert not caller.is_alive()


def test_a_stopped_server_does_not_wait_for_the_thaw(server: Superserver, db: Any) -> None:
    server.faults.freeze()
    caller = in_thread(db.get, "^node")
    server.stop()
    caller.join(10)
    assert not caller.is_alive()
    assert server.sessions() == []


def test_dropped_links_are_noticed_at_once(server: Superserver, db: Any, connect: Connect) -> None:
    server.faults.drop_all()
    with pytest.raises(RuntimeError, match=LOST):
        db.get("^node")
    assert iris.createIRIS(connect()).get("^node") is None


def test_links_can_be_dropped_at_a_message(server: Superserver, db: Any) -> None:
    server.faults.drop_at(1, "set")
    db.get("^node")
    with pytest.raises(RuntimeError, match=LOST):
        db.set("v", "^node")
    assert server.globals() == {}


def test_messages_can_be_delayed(server: Superserver, db: Any) -> None:
    server.faults.delay(0.02)
    server.faults.delay(0.02, "get")
    assert db.get("^node") is None
    server.faults.delay(0)
    server.faults.delay(0, "get")
    assert db.get("^node") is None


def test_the_nth_call_of_a_kind_fails(server: Superserver, db: Any) -> None:
    server.faults.fail_call(2, "LowStockAlert", "<DISKHARD>")
    said = "Low stock: x (1)"
    assert db.classMethodString("coffeeco.Alerts", "LowStockAlert", 1, "x") == said
    with pytest.raises(RuntimeError, match="<DISKHARD>"):
        db.classMethodString("coffeeco.Alerts", "LowStockAlert", 1, "x")
    assert db.classMethodString("coffeeco.Alerts", "LowStockAlert", 1, "x") == said


@pytest.mark.parametrize("kind", ["coffeeco.Inventory.%ExistsId", "classMethod", "%ExistsId", None])
def test_a_call_has_several_names(server: Superserver, db: Any, kind: str | None) -> None:
    server.faults.fail_call(1, kind)
    with pytest.raises(RuntimeError, match="failed on purpose"):
        db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1001)


@pytest.mark.parametrize("kind", ["PQ", "SELECT", "SELECT coffeeco.Inventory"])
def test_a_statement_can_fail(server: Superserver, cursor: Any, kind: str) -> None:
    server.faults.fail_call(1, kind, "<DISKHARD>")
    with pytest.raises(Exception, match="<DISKHARD>"):
        cursor.execute("SELECT Name FROM coffeeco.Inventory")


@pytest.mark.parametrize(("when", "survives"), [("before", False), ("after", True)])
def test_the_link_can_die_in_the_commit(
    server: Superserver, db: Any, when: str, survives: bool
) -> None:
    server.faults.die_at("tCommit", when)
    db.tStart()
    db.set("v", "^node")
    with pytest.raises(RuntimeError, match=LOST):
        db.tCommit()
    assert server.wait_for_sessions(0)
    assert bool(server.globals()) is survives


@pytest.mark.parametrize(("when", "survives"), [("before", False), ("after", True)])
def test_the_commit_can_go_unanswered(
    server: Superserver, db: Any, when: str, survives: bool
) -> None:
    server.faults.die_at("tCommit", when, silent=True)
    db.tStart()
    db.set("v", "^node")
    caller = in_thread(db.tCommit)
    caller.join(0.05)
    assert caller.is_alive()
    assert len(server.sessions()) == 1
    server.faults.drop_all()
    caller.join(10)
    assert server.wait_for_sessions(0)
    assert bool(server.globals()) is survives


def test_when_is_before_or_after(server: Superserver) -> None:
    with pytest.raises(ValueError, match="during"):
        server.faults.die_at("tCommit", "during")


def test_clear_switches_everything_off(server: Superserver, db: Any, connect: Connect) -> None:
    faults = server.faults
    faults.fail_call()
    faults.die_at("get")
    faults.drop_at()
    faults.refuse_login()
    faults.limit_connections(0)
    faults.freeze()
    faults.clear()
    assert db.get("^node") is None
    assert not connect().isClosed()


def test_a_restart_keeps_the_data_and_rolls_back_what_was_open(
    server: Superserver, db: Any, connect: Connect
) -> None:
    port = server.port
    db.set("committed", "^node", 1)
    db.tStart()
    db.set("open", "^node", 2)
    server.stop()
    with pytest.raises(RuntimeError, match=LOST):
        db.tCommit()
    with pytest.raises(RuntimeError):
        connect(timeout=1)
    server.start()
    assert server.port == port
    assert iris.createIRIS(connect()).get("^node", 1) == "committed"
    assert server.globals() == {"node": {("1",): "committed"}}
    assert server.rows() == [YIRGA]


@pytest.mark.parametrize(
    ("resource", "call"),
    [
        ("%Native_Transaction", lambda db: db.tStart()),
        ("%Native_Concurrency", lambda db: db.lock("", 1, "^node")),
        ("%Native_GlobalAccess", lambda db: db.get("^node")),
        (
            "%Native_ClassExecution",
            lambda db: db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1),
        ),
    ],
)
def test_privileges_can_be_taken_away_and_given_back(
    server: Superserver, db: Any, resource: str, call: Any
) -> None:
    server.deny(resource)
    with pytest.raises(RuntimeError, match="<PROTECT>"):
        call(db)
    server.allow(resource)
    call(db)
