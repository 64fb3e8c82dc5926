"""Counting messages, and hooks that make a race happen."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.support.superserver import Superserver, trace
from tests.support.superserver.messages import NATIVE_NAMES

from .conftest import YIRGA, Connect, MakeServer


def test_only_messages_inside_the_block_are_counted(server: Superserver, db: Any) -> None:
    db.get("^node")
    with server.count() as counted:
        db.get("^node")
        db.set(1, "^node")
    db.get("^node")
    assert counted.total == 2
    assert counted.by_kind == {"get": 1, "set": 1}
    assert server.messages.by_kind["get"] == 3


def test_a_hook_runs_before_or_after_the_nth_message(server: Superserver, db: Any) -> None:
    seen: list[tuple[str, Any]] = []

    def look(when: str) -> Any:
        return lambda session: seen.append((when, session.get("^node")))

    server.before("set", look("before"), n=2)
    server.after("set", look("after"), n=2)
    for value in (1, 2, 3):
        db.set(value, "^node")
    assert seen == [("before", 1), ("after", 2)]


def test_a_hook_can_change_a_row_between_two_messages(server: Superserver, db: Any) -> None:
    def sell_all(session: Any) -> None:
        with server.session() as other:
            other.execute("DELETE FROM coffeeco.Inventory WHERE ProductId = 1001")

    server.before("%OpenId", sell_all)
    assert db.classMethodObject("coffeeco.Inventory", "%OpenId", 1001) is None


def test_hooks_find_statements_by_verb_and_table(server: Superserver, cursor: Any) -> None:
    seen: list[int] = []
    server.before("UPDATE coffeeco.Inventory", lambda session: seen.append(session.number))
    server.before("SELECT", lambda session: seen.append(0))
    cursor.execute("UPDATE coffeeco.Inventory SET StockQuantity = 1")
    assert seen == [server.sessions()[0].number]


def test_sessions_in_the_process_are_not_counted_as_clients(server: Superserver) -> None:
    with server.session() as other:
        assert other.open(1001).get("Name") == YIRGA["Name"]
        assert server.sessions() == []
    assert server.instance.sessions == {}


def test_a_session_in_the_process_can_do_what_a_client_can(server: Superserver, db: Any) -> None:
    other = server.session()
    other.tstart()
    assert other.lock("^node", 1)
    other.set("v", "^node", 1)
    found = other.open(1001, 4)
    found.set("StockQuantity", 1)
    assert found.save() == 1
    assert other.execute("SELECT StockQuantity FROM coffeeco.Inventory") == [[1]]
    with pytest.raises(RuntimeError, match="<TIMEOUT>"):
        db.lock("", 0, "^node", 1)
    other.close()
    assert server.rows() == [YIRGA]
    assert server.locks() == []


def test_the_trace_shows_questions_and_answers_but_no_password(
    make_server: MakeServer, connect_to: Connect
) -> None:
    lines: list[str] = []
    server = make_server(on_trace=lines.append)
    server.create_store()
    cursor = connect_to(server).cursor()
    cursor.execute("SELECT COUNT(*) FROM coffeeco.Inventory")
    text = "\n".join(lines)
    assert "SELECT COUNT" in text
    assert "secret" not in text


def test_long_values_are_cut_in_the_trace() -> None:
    stream = io.StringIO()
    trace.printer(stream)(trace.line(7, "set", ["x" * 1000], []))
    assert stream.getvalue().startswith("[7] set('xxx")
    assert len(stream.getvalue()) < 300


EVERY_NATIVE_CALL = {
    "get": lambda db: db.get("^node"),
    "set": lambda db: db.set(1, "^node"),
    "kill": lambda db: db.kill("^node"),
    "nextSubscript": lambda db: db.nextSubscript(False, "^node", ""),
    "increment": lambda db: db.increment(1, "^node"),
    "function": lambda db: db.function("entry", "routine"),
    "isDefined": lambda db: db.isDefined("^node"),
    "classMethod": lambda db: db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1),
    "classMethodVoid": lambda db: db.classMethodVoid("coffeeco.Inventory", "%ExistsId", 1),
    "routine": lambda db: db.procedure("entry", "routine"),
    "lock": lambda db: db.lock("", 1, "^node"),
    "unlock": lambda db: db.unlock("", "^node"),
    "releaseAllLocks": lambda db: db.releaseAllLocks(),
    "tStart": lambda db: db.tStart(),
    "tCommit": lambda db: db.tCommit(),
    "tRollback": lambda db: db.tRollback(),
    "tRollbackOne": lambda db: db.tRollbackOne(),
    "getTLevel": lambda db: db.getTLevel(),
    "procedure": lambda db: db.procedure("entry", "routine", 1),
    "invoke": lambda db: product(db).invoke("%Id"),
    "invokeVoid": lambda db: product(db).invokeVoid("%Id"),
    "getProperty": lambda db: product(db).get("Name"),
    "setProperty": lambda db: product(db).set("Name", "x"),
}


def product(db: Any) -> Any:
    """Open the product of the test."""
    return db.classMethodObject("coffeeco.Inventory", "%OpenId", 1001)


def test_no_native_call_is_left_out() -> None:
    assert EVERY_NATIVE_CALL.keys() == set(NATIVE_NAMES.values())


@pytest.mark.parametrize("operation", EVERY_NATIVE_CALL)
def test_every_native_call_of_the_driver_arrives_as_itself(
    server: Superserver, db: Any, operation: str
) -> None:
    served: list[str] = []
    server.before(operation, lambda session: served.append(operation))
    try:
        EVERY_NATIVE_CALL[operation](db)
    except RuntimeError as error:
        assert str(error).startswith(("<NOROUTINE>", "<COMMAND>"))  # noqa: PT017
    assert served == [operation]
