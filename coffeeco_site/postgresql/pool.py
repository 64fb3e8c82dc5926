"""Connections that the threads of a web process share.

Django's own pool is psycopg's, which connects in threads of its own. Those know no request's time
limit, and do not tell the requests that wait when connecting fails: with the database down, each
request would wait for its whole limit. This one connects in the thread that waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from coffeeco_site.time_limit import waiting

MOST_CONNECTIONS = 8
"""Of one process; two processors keep no more of them busy."""
NONE_FREE = "no connection to the database came free in time"


def share_connections(database: dict[str, Any]) -> None:
    """Change Django's settings of the database so that the threads of this process share them."""
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"]["pool"] = MOST_CONNECTIONS


class Pool:
    """At most so many connections; it has the methods that Django's backend calls on its pool."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], *, most: int) -> None:
        self._connect = connect
        self._free = BoundedSemaphore(most)
        self._idle: deque[psycopg.Connection[Any]] = deque()

    def open(self) -> None:
        """Connections are opened when they are needed."""

    def getconn(self) -> psycopg.Connection[Any]:
        """A connection that answers; waits for one within the time limit."""
        with waiting() as seconds:
            if not self._free.acquire(timeout=seconds):
                raise errors.ConnectionTimeout(NONE_FREE)
        try:
            connection = self._idle_one() or self._connect()
        except BaseException:
            self._free.release()
            raise
        connection._pool = self
        return connection

    def putconn(self, connection: psycopg.Connection[Any]) -> None:
        """Keep the connection for the next; one that was cut, or is in a transaction, is closed."""
        try:
            if connection.info.transaction_status == TransactionStatus.IDLE:
                connection.autocommit = True
                self._idle.append(connection)
            else:
                connection.close()
        finally:
            self._free.release()

    def close(self) -> None:
        """Close the connections that are not in use."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _idle_one(self) -> psycopg.Connection[Any] | None:
        """The connection that was given back last, if it still answers."""
        with suppress(IndexError):
            while True:
                connection = self._idle.pop()
                with suppress(psycopg.Error):
                    connection.execute("SELECT 1")
                    return connection
                connection.close()
        return None
