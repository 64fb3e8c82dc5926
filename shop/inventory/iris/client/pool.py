"""The connections of one process: few, opened when first needed, never shared.

Callers who wait for one are served in turn. A connection counts until its thread is really gone, so
that a server with few licences never sees more than the setting says.

The pool is also the circuit breaker. Once the server was silent for longer than any lock is waited
for, callers no longer wait for it: they fail after a moment, while one new connection at a time is
tried in the background. The first answer, of that one or of a connection in use, closes the
circuit.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.connection import Connection, Prepare, after_fork
from shop.inventory.iris.client.deadline import Deadline
from shop.inventory.iris.client.driver import Subscript
from shop.inventory.iris.client.errors import IrisError, LinkLost, LockTimeout, NoneFree, Timeout
from shop.inventory.iris.client.transaction import Session, Transaction

LOOK_AGAIN_SECONDS = 30.0
CLOSE_SECONDS = 2.0
FAIL_FAST_SECONDS = 0.2
"""How long a caller waits for a server that has been silent."""
LONGER_THAN_A_LOCK = 0.5
"""A server that waits for a lock answers a little later than the wait is long."""


class _Ticket:
    """A place in the line, and why its attempt to open a connection failed."""

    error: Exception | None = None


class Pool:
    """At most ``size`` connections; a forked child opens its own."""

    def __init__(
        self,
        address: Address,
        prepare: Prepare,
        *,
        size: int,
        timeout: float,
        lock_wait: float,
        expected: tuple[type[Exception], ...] = (),
    ) -> None:
        """``timeout`` and ``lock_wait`` are the seconds for opening, and for each lock.

        ``expected`` is what work may raise on purpose: the connection is used again.
        """
        self.expected = expected
        self._address = address
        self._prepare = prepare
        self._size = size
        self._timeout = timeout
        self._lock_wait = lock_wait
        self._begin()
        _pools.add(self)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._all: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening: dict[Connection, _Ticket] = {}
        self._line: deque[_Ticket] = deque()
        self._silent_since = 0.0

    # for callers

    @contextmanager
    def session(self, deadline: Deadline) -> Iterator[Session]:
        """A connection of the caller's own. One that met an error is not used again.

        Raises NoneFree or Timeout at the deadline, or why the server can't be reached.
        """
        if deadline.is_over:
            raise Timeout("there was no time left to ask")
        connection = self._take(deadline)
        session = Session(connection, deadline, self._lock_wait)
        try:
            yield session
        except LockTimeout:
            raise
        except IrisError as error:
            if isinstance(error, Timeout):
                self._notice(error.silence)
            connection.shut()
            raise
        finally:
            if session.iris.has_run_user_code:
                self._look_at_level(session, connection)
            self._give_back(connection)

    @contextmanager
    def transaction(
        self, name: str, *subscripts: Subscript, deadline: Deadline
    ) -> Iterator[Transaction]:
        """A transaction behind a lock, on a connection of its own: see Session.transaction."""
        with self.session(deadline) as session, session.transaction(name, *subscripts) as tx:
            yield tx

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

    @property
    def is_silent(self) -> bool:
        """True from a question that was not answered until an answer comes."""
        return bool(self._silent_since)

    # for connections

    def ready(self, connection: Connection) -> None:
        """A connection is open."""
        with self._changed:
            self._opening.pop(connection, None)
        self._give_back(connection)

    def gone(self, connection: Connection, why: Exception | None) -> None:
        """A connection has ended, or was never opened."""
        with self._changed:
            ticket = self._opening.pop(connection, None)
            if ticket and monotonic() - connection.began < self._timeout:
                # It was refused, and so the server answers.
                self._silent_since = 0.0
            if ticket and why:
                ticket.error = why
            self._all.discard(connection)
            self._changed.notify_all()

    # the line

    def _take(self, deadline: Deadline) -> Connection:
        while True:
            connection = self._next(deadline)
            if monotonic() - connection.used_at < LOOK_AGAIN_SECONDS:
                return connection
            # A link that a firewall has forgotten looks whole until it is used.
            try:
                look = Deadline(min(deadline.left, self._timeout / 3))
                connection.call(connection.iris.t_level, look)
            except IrisError:
                connection.shut()
            else:
                return connection

    def _next(self, deadline: Deadline) -> Connection:
        ticket = _Ticket()
        came = monotonic()
        with self._changed:
            self._line.append(ticket)
            try:
                while True:
                    if self._line[0] is ticket and (connection := self._next_idle()):
                        return connection
                    if ticket.error:
                        raise ticket.error
                    left = deadline.left
                    if self._silent_since:
                        waited = monotonic() - max(came, self._silent_since)
                        left = min(left, FAIL_FAST_SECONDS - waited)
                    if left <= 0:
                        self._raise_none()
                    self._open_one_more(ticket)
                    self._changed.wait(min(left, self._timeout))
            finally:
                self._line.remove(ticket)
                self._changed.notify_all()

    def _next_idle(self) -> Connection | None:
        """The connection that was used last, without those that the server has closed."""
        while self._idle and not self._silent_since:
            connection = self._idle.pop()
            if not connection.is_cut and not connection.is_spent:
                return connection
            connection.shut()
        return None

    def _raise_none(self) -> None:
        for connection in self._opening:
            self._notice(connection.silence)
        if self._silent_since:
            raise Timeout("the server has been silent")
        raise Timeout("no connection was made in time") if self._opening else NoneFree

    def _open_one_more(self, ticket: _Ticket) -> None:
        """Begin to open a connection when more are waited for than are on their way."""
        for connection in self._opening:
            # After logging in the driver has no timeout any more.
            if connection.silence > self._timeout:
                connection.shut()
        wanted = 1 if self._silent_since else len(self._line) - len(self._idle)
        is_full = len(self._all) >= self._size
        if len(self._opening) >= wanted or is_full or ticket in self._opening.values():
            return
        connection = Connection(self._address, self, self._prepare, timeout=self._timeout)
        self._all.add(connection)
        self._opening[connection] = ticket
        try:
            connection.thread.start()
        except RuntimeError as error:
            # The process may have no more threads; that passes.
            self.gone(connection, LinkLost(str(error)))

    # giving back

    def _look_at_level(self, session: Session, connection: Connection) -> None:
        """Drop a connection on which the server's own code left a transaction open.

        The next commit on it would end that one's level alone, and commit nothing.
        """
        try:
            if session.run(session.iris.t_level):
                connection.shut()
        except IrisError:
            connection.shut()
        session.iris.has_run_user_code = False

    def _give_back(self, connection: Connection) -> None:
        with self._changed:
            if connection in self._all and not connection.is_spent:
                self._silent_since = 0.0
                self._idle.append(connection)
            self._changed.notify_all()

    def _notice(self, silence: float) -> None:
        """Open the circuit, if the server was silent for longer than a lock is waited for."""
        if silence > self._lock_wait + LONGER_THAN_A_LOCK:
            self._silent_since = monotonic()

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
