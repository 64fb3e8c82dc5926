"""InterSystems' driver with types and telling errors: the one module of the shop that imports it.

Names are those of the Native SDK, spelled as Python does: ``classMethodObject`` is
:meth:`Iris.class_method_object`, ``tStart`` is :meth:`Iris.t_start`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import iris as sdk
import iris.dbapi as dbapi

from shop.inventory.iris.client.address import Address

Subscript = str | int


class DriverError(Exception):
    """Whatever the driver raised; the text is the driver's or the server's."""


class LinkLost(DriverError):
    """The connection is gone, or could not be made. What was asked may have been done."""


class LoginDenied(LinkLost):
    """The server answered, and would not have us."""


class ServerError(DriverError):
    """The server answered with an error; the connection and its transaction are as before."""


class LockTimeout(ServerError):
    """A lock was not obtained in time."""


class SqlError(ServerError):
    """A statement failed; ``code`` is the number of its SQLCODE, without the sign."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


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
            # Said aloud: a SELECT must not open a transaction, and between t_start and t_commit
            # the server does not commit statements by themselves anyway.
            autoCommit=True,
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

    def __init__(self, native: Any) -> None:
        self.native = native

    def forget(self) -> None:
        """End the driver's object here and now: on another thread its end might wait for us."""
        self.native = None

    def get(self, name: str) -> Any:
        """A property's value, as it is in the server's memory."""
        with _telling():
            return self.native.get(name)

    def set(self, name: str, value: Any) -> None:
        """Assign a property in the server's memory."""
        with _telling():
            self.native.set(name, value)

    def invoke(self, method: str, *arguments: Any) -> Any:
        """Call a method and return its value. A bad %Status is returned like any other value."""
        with _telling():
            return self.native.invoke(method, *map(_plain, arguments))


class Iris:
    """One open connection, which is one process on the server. One thread at a time may use it."""

    def __init__(self, connection: Any, native: Any) -> None:
        self._connection = connection
        self._native = native
        self._items: list[Item] = []

    # objects

    def class_method_value(self, class_name: str, method: str, *arguments: Any) -> Any:
        """Call a class method and return its value."""
        with _telling():
            return self._native.classMethodValue(class_name, method, *map(_plain, arguments))

    def class_method_object(self, class_name: str, method: str, *arguments: Any) -> Item | None:
        """Call a class method that returns an object."""
        with _telling():
            found = self._native.classMethodObject(class_name, method, *map(_plain, arguments))
        if found is None:
            return None
        self._items.append(Item(found))
        return self._items[-1]

    def forget_items(self) -> None:
        """Drop every object that was opened; the server hears of it once there are a hundred."""
        for item in self._items:
            item.forget()
        self._items.clear()

    # transactions and locks

    def t_start(self) -> None:
        """Begin a transaction."""
        with _telling():
            self._native.tStart()

    def t_commit(self) -> None:
        """Commit it."""
        with _telling():
            self._native.tCommit()

    def t_rollback(self) -> None:
        """Undo all its levels."""
        with _telling():
            self._native.tRollback()

    def t_level(self) -> int:
        """How many levels of transaction are open."""
        with _telling():
            return int(self._native.getTLevel())

    def lock(self, name: str, *subscripts: Subscript, timeout: float, shared: bool = False) -> None:
        """Lock a node, again if it is held; raises LockTimeout after so many seconds."""
        with _telling():
            self._native.lock("S" if shared else "", timeout, name, *subscripts)

    def unlock_now(self, name: str, *subscripts: Subscript, shared: bool = False) -> None:
        """Give a lock back at once, also inside a transaction."""
        with _telling():
            self._native.unlock("SI" if shared else "I", name, *subscripts)

    def release_all_locks(self) -> None:
        """Give back every lock of this connection. Open objects do not notice: see let_go."""
        with _telling():
            self._native.releaseAllLocks()

    # globals

    def get(self, name: str, *subscripts: Subscript) -> str | None:
        """A node's value as text, None where there is no node."""
        with _telling():
            value = self._native.get(name, *subscripts)
        return None if value is None else str(value)

    def set(self, value: str, name: str, *subscripts: Subscript) -> None:
        """Set a node; what was there is overwritten."""
        with _telling():
            self._native.set(value, name, *subscripts)

    def kill(self, name: str, *subscripts: Subscript) -> None:
        """Remove a node with all below it; there may be none."""
        with _telling():
            self._native.kill(name, *subscripts)

    def children(
        self,
        name: str,
        *subscripts: Subscript,
        after: Subscript | None = None,
        newest_first: bool = False,
    ) -> Iterator[tuple[str, str]]:
        """Subscript and value of the nodes below, in order; one message each and one at the end.

        ``after`` is where to start, a node or not: the first is the next one after it.
        """
        if after is None:
            nodes = self._native.node(name, *subscripts)
            items = iter(nodes[::-1].valuetuples() if newest_first else nodes.valuetuples())
        else:
            # Deprecated in favour of node(), whose slices take three messages more: they ask how
            # the server sorts the subscript, and whether it is a node, which here is left out.
            older = self._native.iterator(name, *subscripts)
            items = (older.reversed() if newest_first else older).startFrom(after).items()
        while True:
            try:
                with _telling():
                    subscript, value = next(items)
            except StopIteration:
                return
            yield str(subscript), "" if value is None else str(value)

    # SQL

    def select(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with _telling():
            cursor = self._connection.cursor()
            cursor.execute(statement, list(parameters))
            # To the end, always: a half-read cursor can break the connection.
            rows = [tuple(row) for row in cursor.fetchall() or ()]
            cursor.close()
            return rows

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that returns no rows."""
        with _telling():
            cursor = self._connection.cursor()
            cursor.execute(statement, list(parameters))
            cursor.close()

    # itself

    def server_version(self) -> tuple[int, int]:
        """The server's year and release, such as (2025, 1); (0, 0) when it doesn't say."""
        with _telling():
            found = re.search(r"\b(20\d\d)\.(\d+)", str(self._native.getServerVersion()))
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def close(self) -> None:
        """Say goodbye, if there still is somebody to say it to, and drop all of the driver's."""
        self.forget_items()
        # The driver raises when the server has gone before us.
        with contextlib.suppress(RuntimeError):
            self._connection.close()
        self._native = self._connection = None


@contextmanager
def _telling() -> Iterator[None]:
    """Raise what the driver means: it has one class for all native errors."""
    try:
        yield
    except (RuntimeError, dbapi.Error) as error:
        raise _telling_error(str(error)) from None
    except ValueError as error:
        # An answer came that is no text, such as one half of an emoji.
        raise ServerError(str(error)) from None


def _telling_error(text: str) -> DriverError:
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
