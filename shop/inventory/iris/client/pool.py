"""The connections of one process: few, opened when first needed, never shared.

Callers that wait for a connection are served in turn. A connection counts until its thread has
ended, so that a server with few licences never sees more than the setting allows.

The pool is also the circuit breaker. After the server was silent for longer than the longest wait
for a lock, callers fail after a moment, while one new connection at a time is tried in the
background. The first answer, from that connection or from one in use, closes the circuit.
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
from shop.inventory.iris.client.transaction import First, Session, Transaction

LOOK_AGAIN_SECONDS = 30.0
CLOSE_SECONDS = 2.0
FAIL_FAST_SECONDS = 0.2
"""How long a caller waits for a server that has been silent."""
LONGER_THAN_A_LOCK = 0.5
"""Seconds; a server answers a lock request a little after the lock's timeout."""


class _Ticket:
    """A caller's place in the queue, and the error of its attempt to connect."""

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
        """``timeout`` is in seconds for opening a connection, ``lock_wait`` for each lock.

        ``expected`` are errors of the work after which the connection is used again.
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
        """A connection for this caller only. After an error it is not used again.

        Raises NoneFree or Timeout at the deadline, or the error of connecting.
        """
        if deadline.is_over:
            raise Timeout("there was no time left to ask")
        connection = self._take(deadline)
        session = Session(connection, deadline, self._lock_wait)
        try:
            yield session
        except LockTimeout:
            raise
        except IrisError:
            connection.shut()
            raise
        finally:
            if session.iris.is_level_unsure:
                self._look_at_level(session, connection)
            self._give_back(connection)

    @contextmanager
    def transaction(
        self, name: str, *subscripts: Subscript, deadline: Deadline, first: First | None = None
    ) -> Iterator[Transaction]:
        """A transaction under a lock, on a connection of its own; see Session.transaction."""
        with (
            self.session(deadline) as session,
            session.transaction(name, *subscripts, first=first) as tx,
        ):
            yield tx

    def close(self) -> None:
        """Close idle connections, shut busy ones, and wait a moment for their threads to end."""
        with self._changed:
            connections = list(self._all)
            self._idle.clear()
        for connection in connections:
            connection.shut()
        deadline = Deadline(CLOSE_SECONDS)
        for connection in connections:
            # A thread that never started can't be joined.
            with contextlib.suppress(RuntimeError):
                connection.thread.join(deadline.left)

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection, including those being opened or closed."""
        with self._changed:
            return tuple(self._all)

    @property
    def waiting(self) -> int:
        """How many callers are waiting for a connection."""
        with self._changed:
            return len(self._line)

    @property
    def is_silent(self) -> bool:
        """True after an unanswered question, until the server answers again."""
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
                # The login was refused, so the server answers.
                self._silent_since = 0.0
            if ticket and why:
                ticket.error = why
            self._all.discard(connection)
            self._changed.notify_all()

    def notice(self, silence: float) -> None:
        """Open the circuit if the server was silent for longer than the longest lock wait."""
        if silence > self._lock_wait + LONGER_THAN_A_LOCK:
            self._silent_since = monotonic()

    # the queue of callers

    def _take(self, deadline: Deadline) -> Connection:
        while True:
            connection = self._next(deadline)
            if monotonic() - connection.used_at < LOOK_AGAIN_SECONDS:
                return connection
            # A link that a firewall has dropped looks intact until it is used.
            try:
                look = Deadline(min(deadline.left, self._lock_wait))
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
        """The idle connection that was used last and is still open, if any."""
        while self._idle and not self._silent_since:
            connection = self._idle.pop()
            if not connection.is_cut and not connection.is_spent:
                return connection
            connection.shut()
        return None

    def _raise_none(self) -> None:
        for connection in self._opening:
            self.notice(connection.silence)
        if self._silent_since:
            raise Timeout("the server has been silent")
        raise Timeout("no connection was made in time") if self._opening else NoneFree

    def _open_one_more(self, ticket: _Ticket) -> None:
        """Open a connection if more callers wait than connections are being opened."""
        for connection in self._opening:
            # After the login the driver has no timeout.
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
            # The process may be out of threads for a moment.
            self.gone(connection, LinkLost(str(error)))

    # giving back

    def _look_at_level(self, session: Session, connection: Connection) -> None:
        """Drop a connection on which the server owner's code, or SQL, left a transaction open.

        The next commit on it would only end the inner level, and commit nothing.
        """
        try:
            if session.run(session.iris.t_level):
                connection.shut()
        except IrisError:
            connection.shut()
        session.iris.is_level_unsure = False

    def _give_back(self, connection: Connection) -> None:
        with self._changed:
            if connection in self._all and not connection.is_spent:
                self._silent_since = 0.0
                self._idle.append(connection)
            self._changed.notify_all()

    # forks and the end

    def leave_to_parent(self) -> None:
        """In a forked child: drop the parent's connections without closing their links."""
        for connection in self._all:
            connection.disown()
        # Kept, because the driver would end the session of a connection that is collected.
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
