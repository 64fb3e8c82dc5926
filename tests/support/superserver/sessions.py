"""A session: one server process with its transaction, locks, objects and SQL statements."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from . import classes, shop
from .codec import UNDEFINED
from .global_tree import Subscripts, subscript_text
from .instance import Instance
from .locks import LockName
from .messages import UNDEFINED_GLOBAL, LinkClosed, Refused
from .objects import ObjectTable
from .sql_engine import prepare, sqlite_values
from .storage import Change, Undo

MAX_ROW_LOCKS = 1000  # from here on the server locks the table


def lock_name(name: str, subscripts: tuple[Any, ...] | list[Any]) -> LockName:
    """Return the name of a lock, whichever way the client spelled it."""
    return (name.lstrip("^"), *(subscript_text(value) for value in subscripts))


class Session:
    """What one connection is on the server; tests open some of their own to interfere."""

    def __init__(
        self,
        instance: Instance,
        *,
        autocommit: bool = True,
        program: str = "",
        is_remote: bool = True,
    ) -> None:
        self.instance = instance
        self.number = instance.next_session_number()
        self.autocommit = autocommit
        self.program = program
        self.is_remote = is_remote
        self.lock_timeout = instance.lock_timeout
        self.last_row_id: int | None = None
        self.last_call = ""
        self.objects = ObjectTable(self)
        self.row_locks: dict[LockName, int] = {}
        self._undo = Undo()
        self._ended = threading.Event()
        with instance.sessions_changed:
            instance.sessions[self.number] = self
            instance.sessions_changed.notify_all()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- life ---

    @property
    def is_alive(self) -> bool:
        """False from the moment the session is told to end."""
        return not self._ended.is_set()

    def interrupt(self) -> None:
        """Make the session stop waiting for locks, because it is to end."""
        self._ended.set()
        self.instance.locks.wake()

    def close(self) -> None:
        """Roll back, release everything, and be gone; a second call does nothing."""
        self.interrupt()
        with self.instance.sessions_changed:
            if self.number not in self.instance.sessions:
                return
        self.rollback()
        self.objects.clear()
        self.instance.locks.release_all(self.number, defer=False)
        with self.instance.sessions_changed:
            self.instance.sessions.pop(self.number, None)
            self.instance.sessions_changed.notify_all()

    # --- for tests that play another program ---

    def call(self, class_name: str, method: str, *arguments: Any) -> Any:
        """Call a class method; ByRef arguments get their new values."""
        return classes.call(self, class_name, method, list(arguments))

    def open(self, product_id: int, concurrency: int = -1) -> Any:
        """Open a coffeeco.Inventory object: get(), set(), save(), or None."""
        return self.call(shop.INVENTORY, "%OpenId", product_id, concurrency)

    def execute(self, text: str, *values: Any) -> Any:
        """Run a statement: a query returns its rows, a change the number of rows."""
        prepared = prepare(self, text)
        if prepared.run is not None:
            return prepared.run(self, sqlite_values(values))
        return prepared.rows(self, values)

    def executemany(self, text: str, sets: Iterable[Sequence[Any]]) -> int:
        """Run a change with each set of values; return the number of rows."""
        return sum(self.execute(text, *values) for values in sets)

    # --- transactions ---

    @property
    def level(self) -> int:
        """$TLEVEL."""
        return self._undo.level

    def tstart(self) -> int:
        """Begin a transaction or go one level deeper; return the new level."""
        self._undo.marks.append(len(self._undo.changes))
        return self.level

    def begin_if_needed(self) -> None:
        """Begin a transaction for an SQL change, when the client commits by itself."""
        if not self.autocommit and not self.level:
            self.tstart()

    def tcommit(self) -> None:
        """End one level; the outermost end makes everything final."""
        if not self.level:
            raise Refused("<COMMAND>")
        self._undo.marks.pop()
        if not self.level:
            changes, self._undo = self._undo.changes, Undo()
            self.instance.storage.committed(changes)
            self._end_transaction()

    def commit(self) -> None:
        """End all levels, as SQL's COMMIT does."""
        while self.level:
            self.tcommit()

    def rollback(self) -> None:
        """Take back everything since the outermost begin; all levels end."""
        changes, self._undo = self._undo.changes, Undo()
        self.instance.storage.undo(changes)
        self._end_transaction()

    def rollback_one(self) -> None:
        """Take back the innermost level alone."""
        if self.level:
            self._undo_to(self._undo.marks.pop())
            if not self.level:
                self._end_transaction()

    def record(self, *changes: Change) -> None:
        """Remember changes for a rollback, or let them be final when there is no transaction."""
        if self.level:
            self._undo.changes.extend(changes)
        else:
            self.instance.storage.committed(changes)

    def _undo_to(self, mark: int) -> None:
        changes, self._undo.changes = self._undo.changes[mark:], self._undo.changes[:mark]
        self.instance.storage.undo(changes)

    def _end_transaction(self) -> None:
        self.row_locks.clear()
        if not self.instance.traps.object_locks_outlive_commit:
            self.objects.release_locks()
        self.instance.locks.end_transaction(self.number)

    # --- locks ---

    def lock(
        self, name: str, *subscripts: Any, shared: bool = False, timeout: float | None = 0
    ) -> bool:
        """Take a lock on a node of a global; return whether it was obtained in time."""
        return self.acquire(lock_name(name, subscripts), exclusive=not shared, timeout=timeout)

    def unlock(
        self, name: str, *subscripts: Any, shared: bool = False, immediately: bool = False
    ) -> None:
        """Give a lock back once."""
        exclusive = not shared
        self.release(lock_name(name, subscripts), exclusive=exclusive, immediately=immediately)

    def release_all_locks(self) -> None:
        """Give every lock back; within a transaction others still wait for its end."""
        self.instance.locks.release_all(self.number, defer=self._defers)
        if not self.instance.traps.phantom_locks:
            self.objects.forget_locks()

    def acquire(self, name: LockName, *, exclusive: bool, timeout: float | None) -> bool:
        """Take a lock by its whole name."""
        obtained = self.instance.locks.acquire(
            self.number,
            name,
            exclusive=exclusive,
            timeout=timeout,
            is_alive=lambda: self.is_alive,
        )
        if not obtained and not self.is_alive:
            raise LinkClosed("ended while waiting for a lock")
        return obtained

    def release(self, name: LockName, *, exclusive: bool, immediately: bool = False) -> None:
        """Give a lock back by its whole name."""
        defer = self._defers and not immediately
        self.instance.locks.release(self.number, name, exclusive=exclusive, defer=defer)

    def take_row(self, table_lock: str, row_id: int) -> LockName | None:
        """Lock a row for a change; return the lock to release, None if not obtained in time."""
        name: LockName = (table_lock, str(row_id))
        if self.level:
            self.row_locks[(table_lock,)] = self.row_locks.get((table_lock,), 0) + 1
            if self.row_locks[(table_lock,)] > MAX_ROW_LOCKS:
                name = (table_lock,)
        if self.acquire(name, exclusive=True, timeout=self.lock_timeout):
            return name
        return None

    @property
    def _defers(self) -> bool:
        return self.level > 0 and self.instance.traps.deferred_unlocks

    # --- globals ---

    def get(self, name: str, *subscripts: Any) -> Any:
        """Return a node's value, or None."""
        value = self._read(name, subscripts)
        return None if value is UNDEFINED else value

    def value(self, name: str, subscripts: list[Any]) -> Any:
        """Return a node's value for the driver, which reads one error number as None."""
        value = self._read(name, subscripts)
        if value is UNDEFINED:
            raise Refused(f"<UNDEFINED> ^{name.lstrip('^')}", UNDEFINED_GLOBAL)
        return value

    def set(self, value: Any, name: str, *subscripts: Any) -> None:
        """Set a node; the order of arguments is the driver's."""
        with self.instance.storage.mutex:
            node = self._node(name, subscripts)
            self.record(self.instance.storage.write_node(*node, value))

    def kill(self, name: str, *subscripts: Any) -> None:
        """Remove a node and all below it."""
        storage = self.instance.storage
        with storage.mutex:
            global_name, node = self._node(name, subscripts)
            for below in storage.tree(global_name).subtree(node):
                self.record(storage.write_node(global_name, below, UNDEFINED))

    def increment(self, by: Any, name: str, *subscripts: Any) -> Any:
        """Add to a node, return the new value; a rollback does not take it back."""
        storage = self.instance.storage
        with storage.mutex:
            change = storage.increment_node(*self._node(name, subscripts), by)
            storage.committed([change])
            return change.after

    def is_defined(self, name: str, *subscripts: Any) -> int:
        """Return $DATA of a node."""
        with self.instance.storage.mutex:
            global_name, node = self._node(name, subscripts)
            return self.instance.storage.tree(global_name).defined(node)

    def sibling(
        self, name: str, subscripts: list[Any], *, backwards: bool
    ) -> tuple[str | None, Any]:
        """Return the next subscript on the last level and its node's value."""
        with self.instance.storage.mutex:
            global_name, node = self._node(name, subscripts)
            tree = self.instance.storage.tree(global_name)
            found = tree.sibling(node, backwards=backwards)
            return found, UNDEFINED if found is None else tree.get((*node[:-1], found))

    def _read(self, name: str, subscripts: tuple[Any, ...] | list[Any]) -> Any:
        with self.instance.storage.mutex:
            global_name, node = self._node(name, subscripts)
            return self.instance.storage.tree(global_name).get(node)

    def _node(self, name: str, subscripts: tuple[Any, ...] | list[Any]) -> tuple[str, Subscripts]:
        return name.lstrip("^"), tuple(subscript_text(value) for value in subscripts)
