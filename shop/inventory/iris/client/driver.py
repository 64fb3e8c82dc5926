"""InterSystems' driver with types and specific errors; the only module that imports it.

Names are those of the Native SDK, spelled as Python does: ``classMethodObject`` is
:meth:`Iris.class_method_object`, ``tStart`` is :meth:`Iris.t_start`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

import iris as sdk
import iris.dbapi as dbapi

from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.errors import (
    IrisError,
    LinkLost,
    LockTimeout,
    LoginDenied,
    ServerError,
    SqlError,
    StatusError,
)

Subscript = str | int

OK = (1, "1")
"""A good %Status, as number or text."""


def connect(address: Address, *, timeout: int) -> Iris:
    """Log in. ``timeout`` is in whole seconds, for each of the two answers that it takes."""
    try:
        connection = sdk.connect(
            hostname=address.host,
            port=address.port,
            namespace=address.namespace,
            username=address.user,
            password=address.password,
            timeout=timeout,
            # Shared memory has no socket, and without one a stuck call could not be freed.
            sharedmemory=False,
            # InterSystems' rule for transactions that mix native calls and SQL: switch this off,
            # and use the native transaction methods alone.
            autoCommit=False,
            sslconfig=address.tls or None,
        )
        return Iris(connection, sdk.createIRIS(connection))
    except RuntimeError as error:
        text = str(error)
        _, refused, why = text.partition("Invalid Message received; Details: ")
        raise (LoginDenied(why) if refused else LinkLost(text)) from None


class Reference:
    """A value that the server may replace: an argument by reference."""

    def __init__(self, value: int | str) -> None:
        self.native = sdk.IRISReference(value)

    @property
    def value(self) -> Any:
        return self.native.getValue()


class Item:
    """An object that is open in the server process."""

    def __init__(self, iris: Iris, native: Any) -> None:
        self._iris = iris
        self.native = native

    def forget(self) -> None:
        """Release the driver's object now: from another thread, its release might block."""
        self.native = None

    def get(self, name: str) -> Any:
        """A property's value, as it is in the server's memory."""
        with self._iris.asking():
            return self.native.get(name)

    def set(self, name: str, value: Any) -> None:
        """Assign a property in the server's memory."""
        with self._iris.asking():
            self.native.set(name, value)

    def invoke(self, method: str, *arguments: Any) -> Any:
        """Call a method and return its value. A bad %Status is returned like any other value."""
        with self._iris.asking():
            return self.native.invoke(method, *map(_plain, arguments))


class Iris:
    """One open connection, which is one process on the server. One thread at a time may use it."""

    def __init__(self, connection: Any, native: Any) -> None:
        self._connection = connection
        self._native = native
        self._items: list[Item] = []
        self.asked_at = 0.0
        """Time of the question that is not answered yet (monotonic seconds); else 0.

        0 also for a call of the server owner's code, since a slow one says nothing of the server.
        """
        self.is_level_unsure = False
        """True after a call of the server owner's code, or SQL that may have changed something."""
        self.remains: set[tuple[str, int]] = set()
        """Classes and ids that may be in memory at level 4 although their rows were gone."""

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Record when a question is asked, and raise specific errors for the driver's own."""
        self.asked_at = monotonic()
        try:
            yield
        except (RuntimeError, dbapi.Error) as error:
            _free_cursor(error)
            raise _telling_error(str(error)) from None
        except ValueError as error:
            # The answer is not valid text, such as half of an emoji.
            _free_cursor(error)
            raise ServerError(str(error)) from None
        finally:
            self.asked_at = 0.0

    # objects

    def class_method_value(self, class_name: str, method: str, *arguments: Any) -> Any:
        """Call a class method and return its value."""
        with self.asking():
            return self._native.classMethodValue(class_name, method, *map(_plain, arguments))

    def call_user_code(self, class_name: str, method: str, *arguments: Any) -> Any:
        """Call a class method of the server's owner, which may leave a transaction open."""
        self.is_level_unsure = True
        with self.asking():
            self.asked_at = 0.0
            return self._native.classMethodValue(class_name, method, *map(_plain, arguments))

    def class_method_object(self, class_name: str, method: str, *arguments: Any) -> Item | None:
        """Call a class method that returns an object."""
        with self.asking():
            found = self._native.classMethodObject(class_name, method, *map(_plain, arguments))
        if found is None:
            return None
        self._items.append(Item(self, found))
        return self._items[-1]

    def check(self, status: object) -> None:
        """Raise StatusError for a bad %Status; the driver does not raise one."""
        if status not in OK:
            raise StatusError(self.words_of(status))

    def words_of(self, status: object) -> str:
        """The server's text for a bad %Status; one message."""
        return str(self.class_method_value("%SYSTEM.Status", "GetErrorText", status))

    def exists(self, class_name: str, id_: str | int) -> bool:
        """True when there is an object of that id."""
        return str(self.class_method_value(class_name, "%ExistsId", id_)) == "1"

    def forget_items(self) -> None:
        """Release every opened object; the driver reports releases to the server in hundreds."""
        for item in self._items:
            item.forget()
        self._items.clear()

    # transactions and locks

    def t_start(self) -> None:
        """Begin a transaction."""
        with self.asking():
            self._native.tStart()

    def t_commit(self) -> None:
        """Commit it."""
        with self.asking():
            self._native.tCommit()

    def t_rollback(self) -> None:
        """Undo all its levels."""
        with self.asking():
            self._native.tRollback()

    def t_level(self) -> int:
        """How many levels of transaction are open."""
        with self.asking():
            return int(self._native.getTLevel())

    def lock(self, name: str, *subscripts: Subscript, timeout: float, shared: bool = False) -> None:
        """Lock a node; each call adds one lock. ``timeout`` is in seconds; raises LockTimeout."""
        try:
            with self.asking():
                self._native.lock("S" if shared else "", timeout, name, *subscripts)
        except LockTimeout as error:
            raise LockTimeout(str(error), name, *subscripts) from None

    def unlock_now(self, name: str, *subscripts: Subscript, shared: bool = False) -> None:
        """Give a lock back at once, also inside a transaction."""
        with self.asking():
            self._native.unlock("SI" if shared else "I", name, *subscripts)

    def release_all_locks(self) -> None:
        """Release every lock. Open objects keep their level: see :meth:`Transaction.let_go`."""
        with self.asking():
            self._native.releaseAllLocks()

    # globals

    def get(self, name: str, *subscripts: Subscript) -> str | None:
        """A node's value as text, None where there is no node."""
        with self.asking():
            value = self._native.get(name, *subscripts)
        return None if value is None else str(value)

    def set(self, value: str, name: str, *subscripts: Subscript) -> None:
        """Set a node, overwriting its value."""
        with self.asking():
            self._native.set(value, name, *subscripts)

    def kill(self, name: str, *subscripts: Subscript) -> None:
        """Remove a node and all nodes below it, if there are any."""
        with self.asking():
            self._native.kill(name, *subscripts)

    def children(
        self,
        name: str,
        *subscripts: Subscript,
        after: Subscript | None = None,
        newest_first: bool = False,
    ) -> Iterator[tuple[str, str]]:
        """Subscript and value of the nodes below, in order; one message each and one at the end.

        The first node is the next one after ``after``, which need not exist.
        """
        if after is None:
            nodes = self._native.node(name, *subscripts)
            items = iter(nodes[::-1].valuetuples() if newest_first else nodes.valuetuples())
        else:
            # Deprecated in favour of node(), but slices of node() take three more messages, to ask
            # how the server sorts the subscript and whether it is a node.
            older = self._native.iterator(name, *subscripts)
            items = (older.reversed() if newest_first else older).startFrom(after).items()
        while True:
            try:
                with self.asking():
                    subscript, value = next(items)
            except StopIteration:
                return
            yield str(subscript), "" if value is None else str(value)

    # SQL

    def select(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.asking():
            cursor = self._connection.cursor()
            cursor.execute(statement, list(parameters))
            # Always read to the end, because a half-read cursor can break the connection.
            rows = [tuple(row) for row in cursor.fetchall() or ()]
            cursor.close()
            return rows

    def change(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that changes rows, in the transaction that is open or in its own."""
        if self.t_level():
            self.execute(statement, parameters)
            return
        self.t_start()
        try:
            self.execute(statement, parameters)
            self.t_commit()
        except IrisError:
            self.t_rollback()
            raise

    def define(self, statement: str) -> None:
        """Run a statement that makes or drops a table, outside a transaction.

        A server may begin a transaction for it, because the connection does not commit by itself.
        """
        self.execute(statement)
        while self.t_level():
            self.t_commit()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns no rows. One that changes rows needs a transaction."""
        self.is_level_unsure = True
        with self.asking():
            cursor = self._connection.cursor()
            cursor.execute(statement, list(parameters))
            cursor.close()

    # itself

    def server_version(self) -> tuple[int, int]:
        """The server's year and release, such as (2025, 1); (0, 0) when it is not known."""
        with self.asking():
            found = re.search(r"\b(20\d\d)\.(\d+)", str(self._native.getServerVersion()))
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def job_number(self) -> str:
        """$JOB of the server's process, as its lock and process lists show it; else empty."""
        try:
            return str(self.class_method_value("%SYSTEM.SYS", "ProcessID"))
        except ServerError:
            return ""

    def close(self) -> None:
        """Close the connection; ignore errors if the server is already gone."""
        self.forget_items()
        # The driver raises when the server is already gone.
        with contextlib.suppress(RuntimeError):
            self._connection.close()
        self._native = self._connection = None


def _free_cursor(error: Exception) -> None:
    """Drop the frames of an error, which hold a cursor.

    On Python 3.13 they are a circle. The garbage collector of another thread would wait there until
    the connection has the answer to its next question.
    """
    error.__traceback__ = None


def _telling_error(text: str) -> IrisError:
    if text.startswith("<COMMUNICATION"):
        return LinkLost(text)
    if text.startswith("<TIMEOUT>"):
        return LockTimeout(text)
    sql = re.search(r"SQLCODE: <-(\d+)>", text)
    if sql:
        return SqlError(text, int(sql[1]))
    if text.startswith("<SQL ERROR>") and "<COMMUNICATION" in text:
        return LinkLost(text)
    return ServerError(text)


def _plain(argument: Any) -> Any:
    return argument.native if isinstance(argument, (Reference, Item)) else argument
