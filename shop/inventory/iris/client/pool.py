"""The connections of one process: few, opened when first needed, never shared.

Whoever waits for one is served in turn. A connection counts until its thread is really gone, so
that a server with few licences never sees more than the setting says.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from time import monotonic

from shop.inventory.contract import InventoryError, InventoryUnavailable
from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.connection import Connection, Overdue, after_fork
from shop.inventory.iris.client.deadlines import Deadline
from shop.inventory.iris.client.driver import Iris

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0
CLOSE_SECONDS = 2.0


class NoneFree(Exception):
    """No connection became free in time. ``connecting`` when the server does not let us in."""

    def __init__(self, *, connecting: bool) -> None:
        super().__init__()
        self.connecting = connecting


class _Ticket:
    """A place in the line, and why its attempt to open a connection failed."""

    error: InventoryError | None = None


class Pool:
    """At most ``size`` connections; the process that forks keeps them, its child opens its own."""

    def __init__(
        self, address: Address, prepare: Callable[[Iris], None], *, size: int, timeout: float
    ) -> None:
        self._address = address
        self._prepare = prepare
        self._size = size
        self._timeout = timeout
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening: dict[Connection, _Ticket] = {}
        self._line: deque[_Ticket] = deque()

    # for callers

    def take(self, deadline: Deadline) -> Connection:
        """A connection of the caller's own, until :meth:`give_back`.

        Raises NoneFree at the deadline, or why the server can't be reached.
        """
        while True:
            connection = self._take(deadline)
            if monotonic() - connection.idle_since < LOOK_AGAIN_SECONDS:
                return connection
            # A link that a firewall has forgotten looks whole until somebody speaks on it.
            try:
                look = Deadline(min(deadline.left, self._timeout / 3))
                connection.call(connection.iris.t_level, look)
            except (InventoryUnavailable, Overdue):
                connection.shut()
            else:
                return connection

    def give_back(self, connection: Connection) -> None:
        """Let others have it; one that still works or is spent is shut instead."""
        if connection.is_busy:
            connection.shut()
        if not connection.is_spent:
            self.ready(connection)

    def close(self) -> None:
        """Close what is idle, cut what is busy, and wait a moment for the threads to end."""
        with self._changed:
            connections = list(self._all)
            self._idle.clear()
        for connection in connections:
            connection.shut()
        deadline = Deadline(CLOSE_SECONDS)
        for connection in connections:
            # One that could not even be started has no end to wait for.
            with contextlib.suppress(RuntimeError):
                connection.thread.join(deadline.left)

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection there is, those that are just being opened or closed included."""
        with self._changed:
            return tuple(self._all)

    @property
    def waiting(self) -> int:
        """How many callers stand in line."""
        with self._changed:
            return len(self._line)

    # for connections

    def ready(self, connection: Connection) -> None:
        """A connection has nothing to do."""
        with self._changed:
            self._opening.pop(connection, None)
            if connection in self._all and not connection.is_spent:
                self._idle.append(connection)
            self._changed.notify_all()

    def gone(self, connection: Connection, why: InventoryError | None) -> None:
        """A connection has ended, or never was one."""
        with self._changed:
            ticket = self._opening.pop(connection, None)
            if ticket and why:
                ticket.error = why
            self._all.discard(connection)
            self._changed.notify_all()

    # inside

    def _take(self, deadline: Deadline) -> Connection:
        ticket = _Ticket()
        with self._changed:
            self._line.append(ticket)
            try:
                while True:
                    if self._line[0] is ticket and (connection := self._next_idle()):
                        # Under the lock: by its last job's deadline others would shut it as stuck.
                        connection.due = deadline
                        return connection
                    if ticket.error:
                        raise ticket.error
                    self._shut_overdue()
                    if deadline.is_over:
                        raise NoneFree(connecting=bool(self._opening))
                    self._open_one_more(ticket)
                    self._changed.wait(min(deadline.left, self._first_due()))
            finally:
                self._line.remove(ticket)
                self._changed.notify_all()

    def _next_idle(self) -> Connection | None:
        """The connection that was used last, without those that the server has closed."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_cut and not connection.is_spent:
                return connection
            connection.shut()
        return None

    def _open_one_more(self, ticket: _Ticket) -> None:
        """Begin to open a connection when more are waited for than are on their way."""
        wanted = len(self._line) - len(self._idle) - len(self._opening)
        if wanted <= 0 or len(self._all) >= self._size or ticket in self._opening.values():
            return
        connection = Connection(self._address, self, self._prepare, timeout=self._timeout)
        self._all.add(connection)
        self._opening[connection] = ticket
        try:
            connection.thread.start()
        except RuntimeError as error:
            # The process may have no more threads; that passes.
            self.gone(connection, InventoryUnavailable(str(error)))

    def _shut_overdue(self) -> None:
        for connection in self._busy():
            if connection.due.is_over:
                connection.shut()

    def _first_due(self) -> float:
        """Seconds until the next connection may be shut."""
        dues = [one.due.left for one in self._busy() if not one.due.is_over]
        return min(dues, default=self._timeout)

    def _busy(self) -> list[Connection]:
        return [one for one in self._all if one not in self._idle]

    # forks and the end

    def leave_to_parent(self) -> None:
        """In a forked child: forget the parent's connections without touching their links."""
        for connection in self._all:
            connection.disown()
        # Kept, because the driver would say goodbye for a connection that is collected.
        _parents.extend(self._all)
        self._begin()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
_parents: list[Connection] = []


def _after_fork() -> None:
    after_fork()
    for pool in list(_pools):
        pool.leave_to_parent()


@atexit.register
def _close_all() -> None:
    for pool in list(_pools):
        pool.close()


os.register_at_fork(after_in_child=_after_fork)
