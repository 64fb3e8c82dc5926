"""The client by itself: a class and a global of nobody's shop, on the real driver."""

from __future__ import annotations

import ast
import contextlib
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shop.inventory.iris.client import (
    Address,
    AddressError,
    Deadline,
    Iris,
    LinkLost,
    LockTimeout,
    NoneFree,
    OutcomeUnknown,
    Pool,
    SqlError,
    StatusError,
    Timeout,
    Transaction,
)
from tests.inventory.iris.clock import time_flies
from tests.inventory.iris.shop import nothing_is_held, wait_until
from tests.support.superserver import Behaviour, Superserver
from tests.support.superserver.catalog import Column, Table
from tests.support.superserver.sessions import Session

CLASS, LOCK = "depot.Item", "depot.ItemD"
GLOBAL = "^depot.Order"
PRODUCT = Path(__file__).parents[4] / "shop"
PACKAGE = PRODUCT / "inventory" / "iris" / "client"
NAME = "shop.inventory.iris.client"
INSERT = f"INSERT INTO {CLASS} (Number, Bags) VALUES (?, ?)"
AMPLE = 15.0


class Refused(Exception):
    """What work may raise on purpose."""


@pytest.fixture(params=[(), tuple(Behaviour)], ids=["documented", "otherwise"])
def server(request: pytest.FixtureRequest) -> Iterator[Superserver]:
    """A server with items 1 and 2, ten bags of each; as documented, or as servers may do else."""
    with Superserver(behaviour=request.param) as server:
        columns = [Column("Number", "INTEGER", required=True), Column("Bags", "INTEGER")]
        server.instance.storage.create_table(
            Table(CLASS, "depot", "Item", columns, "Number", "Number")
        )
        with server.session() as operator:
            operator.executemany(INSERT, [(1, 10), (2, 10)])
        yield server


@pytest.fixture
def pool(server: Superserver) -> Iterator[Pool]:
    """One connection, which waits for a lock for 0.3 seconds."""
    pool = a_pool(server)
    yield pool
    pool.close()


def a_pool(server: Superserver, **more: Any) -> Pool:
    def prepare(iris: Any) -> None:
        iris.execute("SET OPTION LOCK_TIMEOUT = 0")

    settings: dict[str, Any] = {"size": 1, "timeout": 5, "lock_wait": 0.3, "expected": (Refused,)}
    return Pool(Address.from_url(server.url), prepare, **{**settings, **more})


def do(pool: Pool, work: Callable[[Transaction], Any], seconds: float = 10.0, **more: Any) -> Any:
    """Do it in a transaction behind a lock."""
    with pool.transaction(GLOBAL, 1, deadline=Deadline(seconds), **more) as tx:
        return tx.run(work, tx)


def bags(server: Superserver) -> dict[int, int]:
    """The items as another program reads them."""
    with server.session() as somebody:
        return dict(somebody.execute(f"SELECT Number, Bags FROM {CLASS} ORDER BY Number"))


def take(number: int, left: int) -> Callable[[Transaction], None]:
    """Leave so many bags; with none left the item is deleted."""

    def work(tx: Transaction) -> None:
        item = tx.open(CLASS, number)
        assert item is not None
        if left:
            tx.save(item, Bags=left)
        else:
            tx.delete(CLASS, number)
        tx.iris.set("taken", GLOBAL, number)

    return work


def imports_of(path: Path) -> set[str]:
    """The modules that a file imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def test_the_package_knows_nothing_of_what_is_sold_or_of_django() -> None:
    imported = set().union(*map(imports_of, PACKAGE.glob("*.py")))
    own = {name for name in imported if name.startswith(NAME)}
    others = {name.split(".")[0] for name in imported - own}
    assert not others & {"shop", "checkout", "coffeeco_site", "django"}


def test_the_product_uses_what_the_package_hands_on_and_nothing_else() -> None:
    outside = [path for path in PRODUCT.rglob("*.py") if PACKAGE not in path.parents]
    imported = set().union(*map(imports_of, outside))
    assert {name for name in imported if name.startswith(NAME)} == {NAME}


def test_a_transaction_saves_deletes_and_lets_go(pool: Pool, server: Superserver) -> None:
    do(pool, take(1, 4))
    do(pool, take(2, 0))
    assert bags(server) == {1: 4}
    assert nothing_is_held(server)
    assert len(pool.connections) == len(server.sessions()) == 1


def test_what_the_body_raises_rolls_back_and_the_connection_stays(
    pool: Pool, server: Superserver
) -> None:
    def refuse(tx: Transaction) -> None:
        take(1, 4)(tx)
        tx.insert(CLASS, Number=3, Bags=1)
        tx.iris.change(INSERT, [4, 1])
        raise Refused

    do(pool, take(2, 9))
    (session,) = server.sessions()
    with pytest.raises(Refused):
        do(pool, refuse)
    assert bags(server) == {1: 10, 2: 9}
    assert nothing_is_held(server)
    assert server.sessions() == [session]


def test_what_needs_no_transaction_is_found_out_before_one_begins(
    pool: Pool, server: Superserver
) -> None:
    def look(iris: Iris) -> None:
        if iris.get(GLOBAL, 1):
            raise Refused

    do(pool, take(1, 4), first=look)
    with server.count() as counted, pytest.raises(Refused):
        do(pool, take(2, 4), first=look)
    assert counted.by_kind == {"lock": 1, "get": 1, "releaseAllLocks": 1}
    assert bags(server) == {1: 4, 2: 10}


@pytest.mark.parametrize(
    ("step", "when", "silent", "raises", "left"),
    [
        ("%Save", "after", False, LinkLost, 10),
        ("%Save", "after", True, Timeout, 10),
        ("tCommit", "before", False, OutcomeUnknown, 10),
        ("tCommit", "before", True, OutcomeUnknown, 10),
        ("tCommit", "after", False, OutcomeUnknown, 4),
        ("tCommit", "after", True, OutcomeUnknown, 4),
    ],
)
def test_each_error_says_what_became_of_the_transaction(
    pool: Pool,
    server: Superserver,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    when: str,
    silent: bool,
    raises: type[Exception],
    left: int,
) -> None:
    do(pool, take(2, 9))
    time_flies(monkeypatch, server)
    server.faults.die_at(step, when, silent=silent)
    with pytest.raises(raises):
        do(pool, take(1, 4))
    wait_until(lambda: nothing_is_held(server))
    assert bags(server) == {1: left, 2: 9}
    do(pool, take(1, 3))
    assert bags(server) == {1: 3, 2: 9}


def test_a_server_that_was_silent_is_not_waited_for_until_it_answers(
    pool: Pool, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(pool, take(2, 9))
    time_flies(monkeypatch, server)
    server.faults.freeze()
    with pytest.raises(Timeout):
        do(pool, take(1, 4))
    assert pool.is_silent
    with pytest.raises(Timeout, match="silent"):
        do(pool, take(1, 4), seconds=10 * AMPLE)
    server.faults.thaw()
    wait_until(lambda: not pool.is_silent)
    do(pool, take(1, 4))
    assert bags(server) == {1: 4, 2: 9}


def test_a_lock_in_other_hands_is_named(pool: Pool, server: Superserver) -> None:
    with server.session() as other:
        assert other.lock(LOCK, 1)
        with pytest.raises(LockTimeout) as row:
            do(pool, take(1, 4))
        assert other.lock(GLOBAL, 1)
        with pytest.raises(LockTimeout) as node:
            do(pool, take(1, 4))
    assert (row.value.node, node.value.node) == ((CLASS, 1), (GLOBAL, 1))
    do(pool, take(1, 4))


def test_a_failure_that_nobody_expects_is_logged_and_costs_the_connection(
    pool: Pool, server: Superserver, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(tx: Transaction) -> None:
        take(1, 4)(tx)
        raise KeyError("a mistake")

    with pytest.raises(Exception, match="a mistake"):
        do(pool, fail)
    assert "Unexpected failure" in caplog.text
    assert server.wait_for_sessions(0)
    assert bags(server) == {1: 10, 2: 10}


def test_errors_of_the_server_can_be_told_apart(pool: Pool) -> None:
    with pytest.raises(StatusError) as status:
        do(pool, lambda tx: tx.delete(CLASS, 404))
    assert status.value.code == 5810
    with pytest.raises(SqlError) as sql:
        do(pool, lambda tx: tx.iris.select("SELECT Colour FROM depot.Item"))
    assert sql.value.code == 29


def test_a_refused_statement_leaves_no_cursor_for_another_thread_to_free(pool: Pool) -> None:
    def refused(tx: Transaction) -> int:
        with contextlib.suppress(SqlError):
            tx.iris.select("SELECT Colour FROM depot.Item")
        # By its name, because only the client imports the driver.
        kinds = [type(one) for one in gc.get_objects()]
        return sum((kind.__module__, kind.__name__) == ("iris.dbapi", "Cursor") for kind in kinds)

    gc.collect()
    gc.disable()
    try:
        assert do(pool, refused) == 0
    finally:
        gc.enable()


def test_one_that_is_in_use_is_not_free(pool: Pool) -> None:
    with pool.session(Deadline(AMPLE)), pytest.raises(NoneFree):
        do(pool, take(1, 4), seconds=0.1)


@pytest.mark.parametrize("left_by", ["code", "SQL"])
def test_a_connection_on_which_a_transaction_was_left_open_is_dropped(
    pool: Pool, server: Superserver, left_by: str
) -> None:
    def leave_open(session: Session, arguments: list[Any]) -> str:
        session.tstart()
        return "done"

    server.define_method("depot.Code", "Run", leave_open)
    with pool.session(Deadline(AMPLE)) as session:
        if left_by == "code":
            assert session.run(session.iris.call_user_code, "depot.Code", "Run") == "done"
        else:
            session.run(session.iris.execute, INSERT, [4, 1])
    assert server.wait_for_sessions(0)
    do(pool, take(1, 4))
    assert bags(server) == {1: 4, 2: 10}


def test_an_address_never_repeats_its_password() -> None:
    with pytest.raises(AddressError) as refused:
        Address.from_url("iris://user:secret@host")
    assert "secret" not in str(refused.value)
