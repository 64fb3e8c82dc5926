"""Django's PostgreSQL backend, whose connections wait no longer than the time limit.

No setting of the server or of TCP does this: measured with statement_timeout, lock_timeout,
tcp_user_timeout and keepalives together, a stopped server still held a request without end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import SimpleNamespace
from typing import Any, ClassVar

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg import errors
from psycopg.abc import RV, PQGen, PQGenConn

from coffeeco_site.postgresql.pool import Pool
from coffeeco_site.time_limit import MIGRATION_SECONDS, time_limit, waiting

CANCEL_SECONDS = 0.5
"""How long the server may take to accept that a statement is cancelled."""
SILENT_SECONDS = 0.25
"""How long a server may take to answer who connects before it counts as silent."""
NO_ANSWER = "the database gave no answer in time"
ASK_AGAIN_SECONDS = 1.0
"""How long after a server was silent its process tries no new connection.

Without it, each request that waits for a thread would wait as long again as those before it.
"""


class Connection(psycopg.Connection[Any]):
    """A connection that is closed when an answer does not come within the time limit."""

    _silent_until = 0.0
    """Monotonic seconds."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Connection]:
        """Psycopg's steps of connecting; it resumes them at least ten times a second."""
        if monotonic() < Connection._silent_until:
            raise errors.ConnectionTimeout(NO_ANSWER)
        steps = super()._connect_gen(conninfo)
        began = monotonic()
        ready: Any = None
        while True:
            with waiting() as seconds:
                if not seconds:
                    # A request that came with little time left says nothing of the server.
                    if ready is not None and monotonic() - began > SILENT_SECONDS:
                        Connection._note_silence()
                    raise errors.ConnectionTimeout(NO_ANSWER)
                try:
                    step = steps.send(ready)
                except StopIteration as end:
                    connection: Connection = end.value
                    return connection
                ready = yield step

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer; without one, cancel the statement, close, raise OperationalError."""
        with waiting() as seconds:
            if seconds:
                with suppress(errors._WaitTimeout):
                    return super().wait(gen, interval, min(seconds, timeout or seconds))
                try:
                    self.cancel_safe(timeout=CANCEL_SECONDS)
                except psycopg.Error:  # not slow, but silent
                    Connection._note_silence()
        self.close()
        raise errors.OperationalError(NO_ANSWER)

    @staticmethod
    def _note_silence() -> None:
        Connection._silent_until = monotonic() + ASK_AGAIN_SECONDS


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with connections of the class above and more time for each migration.

    ``OPTIONS["pool"]`` is a number of connections that the threads of this process share.
    """

    # Django calls connect() of this, and looks up its errors.
    Database = SimpleNamespace(**vars(psycopg) | {"connect": Connection.connect})  # type: ignore[assignment]

    _connection_pools: ClassVar[dict[str, Pool]] = {}

    @property
    def pool(self) -> Pool | None:
        """The pool of this process; None without the option."""
        most = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not most:
            return None
        made = self._connection_pools.get(self.alias)
        return made or self._connection_pools.setdefault(
            self.alias, Pool(self._pooled_connection, most=most)
        )

    def _pooled_connection(self) -> Connection:
        connection = Connection.connect(**self.get_connection_params())
        connection.autocommit = True
        self._configure_connection(connection)  # type: ignore[attr-defined]
        return connection

    @contextmanager
    def schema_editor(self, *args: Any, **kwargs: Any) -> Iterator[Any]:  # type: ignore[override]
        """Django's editor of tables."""
        with time_limit(MIGRATION_SECONDS), super().schema_editor(*args, **kwargs) as editor:
            yield editor
