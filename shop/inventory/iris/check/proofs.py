"""Tries what the shop relies on, on the server, with a row and a global of the check's own.

The row has no price, so no page ever offers it. It is first written and rolled back, then
committed for a moment, because only a committed row shows what a second connection meets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from time import perf_counter

from shop.inventory.contract import Check
from shop.inventory.iris.check import probe_row
from shop.inventory.iris.check.probe_row import CHECK_GLOBAL, CHECK_ID
from shop.inventory.iris.check.server import FOR_THAT_REASON
from shop.inventory.iris.client import (
    EXCLUSIVE,
    NOT_FOUND,
    NOT_LOCKED,
    OK,
    Iris,
    IrisError,
    Item,
    LockTimeout,
    OperatorSession,
    Reference,
    ServerError,
    Timeout,
    code_of,
    joined_lines,
)
from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.store import whole

RUNNING = "^coffeeco.CheckRunning"
MOST_LOCK_SECONDS = 1
"""The longest lock timeout that is tried, so that the check stays short."""
SHORTER, LONGER = 0.5, 2.0
"""How many seconds a wait may be shorter or longer than the lock timeout."""
LONGEST_WAIT = 4.0
"""If opening takes longer than this, the server ignored SET OPTION LOCK_TIMEOUT."""
NOTICED_SECONDS = 2
"""How long a server may take to notice a broken link and release its locks."""

NOT_HERE = (
    "The shop relies on this and must not sell from this server. Report it with the server's "
    "version."
)


def proofs(
    session: OperatorSession, other: OperatorSession, *, lock_timeout: int
) -> Iterator[Check]:
    """Each proof in turn, on ``session``; ``other`` is the second user. Everything is removed.

    ``lock_timeout`` is what the shop sets on its connections, in whole seconds.
    """
    lock_timeout = min(lock_timeout, MOST_LOCK_SECONDS)
    set_lock_timeout = f"SET OPTION LOCK_TIMEOUT = {lock_timeout}"
    try:
        session.ask(_begin)
        for one in (session, other):
            one.ask(lambda iris: iris.execute(set_lock_timeout))
    except LockTimeout:
        yield Check(
            name="transactions and locks",
            ok=False,
            found="another check_inventory is trying them at this moment",
            remedy="Run it again when that one has ended.",
        )
        return
    except ServerError as error:
        yield _failed("transactions and locks", error)
        return
    bench = _Bench(session, other, lock_timeout)
    try:
        rolled_back = _tried("rollback of a global and a row", lambda: session.ask(_rollback))
        yield rolled_back
        # Nothing is committed on a server whose rollback failed.
        if rolled_back.ok:
            for name, proof in bench.proofs().items():
                yield _tried(name, proof)
                if bench.is_over:
                    return
    finally:
        bench.clear()


def _begin(iris: Iris) -> None:
    iris.lock(RUNNING, timeout=0)
    if probe_row.is_foreign(iris):
        iris.release_all_locks()
        raise ServerError(f"product {CHECK_ID} is not the check's own, so it was left alone")
    probe_row.remove(iris)


def _tried(name: str, proof: Callable[[], str]) -> Check:
    try:
        return Check(name=name, ok=True, found=proof())
    except _NotSo as surprise:
        return Check(name=name, ok=False, found=str(surprise), remedy=NOT_HERE)
    except ServerError as error:
        return _failed(name, error)


def _failed(name: str, error: ServerError) -> Check:
    return Check(
        name=name,
        ok=False,
        found=joined_lines(error),
        remedy=FOR_THAT_REASON,
    )


class _NotSo(ServerError):
    """The server does not do what the shop relies on."""


class _Bench:
    """The two connections, and the objects that stay open from one step to the next."""

    def __init__(self, session: OperatorSession, other: OperatorSession, lock_timeout: int) -> None:
        self._session = session
        self._other = other
        self._wait = lock_timeout
        self._open: list[Item] = []
        self._waited = 0.0

    @property
    def is_over(self) -> bool:
        """True when the second connection is lost, so that nothing more can be proven."""
        return self._other.is_lost and not self._session.is_lost

    def proofs(self) -> dict[str, Callable[[], str]]:
        """In this order: the later ones use the row that an earlier one commits."""
        return {
            "%Status is understood": lambda: self._session.ask(_statuses),
            "SQL in a transaction": lambda: self._session.ask(_sql_in_a_transaction),
            "row that is being deleted": self._row_being_deleted,
            "lock on a name": self._native_lock,
            "exclusive object lock": self._object_lock,
            "lock timeout": self._lock_timeout,
            "stale objects": self._stale_object,
        }

    def clear(self) -> None:
        """Undo, let go and remove, as far as the server still answers."""

        try:
            self._session.ask(self._clear, tidying=True)
        except IrisError:
            # The link is lost and its transaction undone, but a committed row would stay.
            with contextlib.suppress(IrisError):
                self._other.ask(_remove_after, seconds=NOTICED_SECONDS + 1, tidying=True)

    def _clear(self, iris: Iris) -> None:
        self._let_go()
        if iris.t_level():
            iris.t_rollback()
        probe_row.remove(iris)
        iris.release_all_locks()

    # locks

    def _row_being_deleted(self) -> str:
        """A sale that deletes a row is under way, and another asks for the row."""
        self._session.ask(_begin_to_delete)
        code = self._other.ask(_code_of_opening, seconds=LONGEST_WAIT)
        self._session.ask(_undo_deletion)
        if code not in NOT_LOCKED:
            raise _NotSo(
                f"%OpenId at level 4 answers #{code} before the deletion is committed, which may "
                "yet be undone"
            )
        return f"%OpenId at level 4 waits for it (#{code}), and does not say #{NOT_FOUND}"

    def _native_lock(self) -> str:
        self._session.ask(lambda iris: iris.lock(CHECK_GLOBAL, "lock", timeout=1))
        if self._other.ask(_can_lock):
            raise _NotSo("a second connection got the same exclusive lock")
        self._session.ask(lambda iris: iris.unlock_now(CHECK_GLOBAL, "lock"))
        if not self._other.ask(_can_lock):
            raise _NotSo("the lock was given back, and a second connection still can't have it")
        return "keeps a second connection out until it is given back"

    def _object_lock(self) -> str:
        self._session.ask(self._make_row)
        self._session.ask(self._open_exclusively)
        began = perf_counter()
        try:
            code = self._other.ask(_code_of_opening, seconds=LONGEST_WAIT)
        except Timeout:
            # If the server answers the first connection, it isn't frozen.
            self._session.ask(lambda iris: iris.t_level())
            raise _NotSo(
                f"a second connection waited longer than {LONGEST_WAIT:g} s for it, in spite of "
                f"SET OPTION LOCK_TIMEOUT = {self._wait}"
            ) from None
        self._waited = perf_counter() - began
        if code not in NOT_LOCKED:
            raise _NotSo("a second connection opened the same object at level 4")
        self._session.ask(lambda _: self._let_go())
        code = self._other.ask(_code_of_opening)
        if code:
            raise _NotSo(f"after %DowngradeConcurrency(0) others still can't open it (#{code})")
        return "level 4 keeps a second connection out (#5803) until %DowngradeConcurrency(0)"

    def _lock_timeout(self) -> str:
        shown = f"{self._waited:.1f} s for SET OPTION LOCK_TIMEOUT = {self._wait}"
        if not -SHORTER < self._waited - self._wait < LONGER:
            raise _NotSo(f"waited {shown}")
        return f"waited {shown}"

    # objects in memory

    def _stale_object(self) -> str:
        """An object may still be in memory from an earlier sale on this connection."""
        self._session.ask(self._open_again)
        again = self._changed_to(6, self._open_again)
        reloaded = self._session.ask(lambda _: self._reloaded())
        seen = [self._changed_to(bags, self._open_exclusively) for bags in (7, 8)]
        if seen != [7, 8]:
            raise _NotSo(
                f"opened at level 4 anew it shows {seen[0]} and {seen[1]} bags, not 7 and 8"
            )
        shown = "is read anew" if again == 6 else "shows the old row"
        cures = ["%Reload"] if reloaded == 6 else []
        cures.append("level 4 after %DowngradeConcurrency(0)")
        return f"opened once more an object {shown}; read anew by {' and by '.join(cures)}"

    def _changed_to(self, bags: int, open_: Callable[[Iris], None]) -> int | None:
        """What the opened object shows after the other connection has changed its row."""
        self._other.ask(lambda iris: _set_quantity(iris, bags))
        self._session.ask(open_)
        shown = self._session.ask(lambda _: self._quantity())
        if open_ == self._open_exclusively:
            self._session.ask(lambda _: self._let_go())
        return shown

    # on the connection's thread

    def _make_row(self, iris: Iris) -> None:
        self._open.append(probe_row.make(iris))

    def _open_exclusively(self, iris: Iris) -> None:
        self._open.append(_opened(iris, concurrency=EXCLUSIVE))

    def _open_again(self, iris: Iris) -> None:
        self._open.append(_opened(iris, concurrency=1))

    def _reloaded(self) -> int | None:
        self._open[-1].invoke("%Reload")
        return self._quantity()

    def _quantity(self) -> int | None:
        return whole(self._open[-1].get("StockQuantity"))

    def _let_go(self) -> None:
        while self._open:
            self._open[-1].invoke("%DowngradeConcurrency", 0)
            self._open.pop()


# ── single steps, each on a connection's thread ─────────────────────────────────────────────────


def _rollback(iris: Iris) -> str:
    iris.t_start()
    try:
        iris.set("1", CHECK_GLOBAL, "rollback")
        item = probe_row.make(iris)
        if str(item.invoke("%Id")) != str(CHECK_ID):
            raise _NotSo("a new object's ID is not its ProductId")
        item.invoke("%DowngradeConcurrency", 0)
        if iris.get(CHECK_GLOBAL, "rollback") != "1" or not probe_row.exists(iris):
            raise _NotSo("what was written in a transaction is not there in the same transaction")
    finally:
        iris.t_rollback()
    left = [
        what
        for what, is_there in {
            "the global": iris.get(CHECK_GLOBAL, "rollback") is not None,
            "the row": probe_row.exists(iris),
        }.items()
        if is_there
    ]
    if left:
        raise _NotSo(f"{' and '.join(left)} stayed after tRollback")
    return "both gone after tRollback"


def _statuses(iris: Iris) -> str:
    opened = Reference(1)
    found = iris.class_method_object(INVENTORY, "%OpenId", CHECK_ID, EXCLUSIVE, opened)
    code = code_of(iris.words_of(opened.value)) if opened.value else 0
    # An object that is in memory, with its row gone, may be answered with no status at all.
    if found is not None or code not in (NOT_FOUND, 0):
        raise _NotSo(f"opening what is not there answers #{code}, not #{NOT_FOUND}")
    in_memory = iris.class_method_object(INVENTORY, "%OpenId", CHECK_ID, 0)
    if in_memory is not None:
        in_memory.invoke("%DowngradeConcurrency", 0)
    deleted = iris.class_method_value(INVENTORY, "%DeleteId", CHECK_ID)
    if deleted in OK:
        raise _NotSo("deleting what is not there answers with a good status")
    other = code_of(iris.words_of(deleted))
    said = f"says #{code}" if code else "says nothing"
    return f"1 is good; opening what is not there {said}, deleting it #{other}"


def _sql_in_a_transaction(iris: Iris) -> str:
    """Leaves the row, committed; no object of it is in memory."""
    levels = []

    def insert() -> None:
        iris.t_start()
        probe_row.insert(iris)
        levels.append(iris.t_level())

    iris.select(f"SELECT COUNT(*) FROM {INVENTORY}")  # noqa: S608
    levels.append(iris.t_level())
    insert()
    iris.t_rollback()
    if probe_row.exists(iris):
        raise _NotSo("a row that SQL had inserted stayed after tRollback")
    insert()
    iris.t_commit()
    levels.append(iris.t_level())
    if levels != [0, 1, 1, 0]:
        raise _NotSo(f"$TLEVEL was {levels} after SELECT, INSERT twice and tCommit, not 0, 1, 1, 0")
    return "an INSERT is gone after tRollback; $TLEVEL is 0 after SELECT, 1 in it, 0 after tCommit"


def _begin_to_delete(iris: Iris) -> None:
    iris.t_start()
    iris.check(iris.class_method_value(INVENTORY, "%DeleteId", CHECK_ID))


def _undo_deletion(iris: Iris) -> None:
    iris.t_rollback()
    probe_row.remove(iris)


def _remove_after(iris: Iris) -> None:
    """Remove the row once the server has noticed that the owner of its lock is gone."""
    iris.execute(f"SET OPTION LOCK_TIMEOUT = {NOTICED_SECONDS}")
    probe_row.remove(iris)


def _can_lock(iris: Iris) -> bool:
    try:
        iris.lock(CHECK_GLOBAL, "lock", timeout=0)
    except LockTimeout:
        return False
    iris.unlock_now(CHECK_GLOBAL, "lock")
    return True


def _opened(iris: Iris, *, concurrency: int) -> Item:
    status = Reference(1)
    item = iris.class_method_object(INVENTORY, "%OpenId", CHECK_ID, concurrency, status)
    if item is None:
        raise ServerError(iris.words_of(status.value))
    return item


def _code_of_opening(iris: Iris) -> int:
    """0 if the row could be opened exclusively (it is released again), else the error's number."""
    status = Reference(1)
    item = iris.class_method_object(INVENTORY, "%OpenId", CHECK_ID, EXCLUSIVE, status)
    if item is None:
        return code_of(iris.words_of(status.value))
    item.invoke("%DowngradeConcurrency", 0)
    return 0


def _set_quantity(iris: Iris, quantity: int) -> None:
    iris.change(
        f"UPDATE {INVENTORY} SET StockQuantity = ? WHERE ProductId = ?",  # noqa: S608
        [quantity, CHECK_ID],
    )
