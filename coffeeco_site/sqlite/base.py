"""Django's SQLite backend, whose writers wait in a queue."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any

from django.db.backends.sqlite3 import base

from coffeeco_site.sqlite.write_queue import queue_of
from coffeeco_site.time_limit import waiting

WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE", "REPLACE")
"""How statements that write begin. Others, such as ``WITH … INSERT``, meet SQLite's own lock."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn before it writes, and passes the turn on afterwards.

    Reading never waits, as usual in WAL mode. Other programs still meet SQLite's own lock.
    """

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.patience = float(settings_dict.get("OPTIONS", {}).get("timeout", 5.0))
        """Seconds to wait for other writers: for a turn and for SQLite's own lock together."""
        self._has_turn = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Django's; a new file is made for its owner alone, because it holds session keys."""
        if not self.is_in_memory_db():
            with suppress(OSError):  # it exists, or SQLite will say why it can't be made
                os.close(os.open(conn_params["database"], os.O_CREAT | os.O_EXCL, 0o600))
        return super().get_new_connection(conn_params)

    def create_cursor(self, _name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=lambda db: Cursor(db, self))
        return cursor

    def in_turn(self, sql: str, execute: Callable[[], Any]) -> Any:
        """Execute a statement; the first that writes waits for this connection's turn."""
        if self._has_turn or not sql.startswith(WRITES) or self.is_in_memory_db():
            return execute()
        with waiting() as seconds:
            patience = min(self.patience, seconds)
            deadline = monotonic() + patience
            try:
                self._has_turn = queue_of(str(self.settings_dict["NAME"])).wait(patience)
            except OSError as error:
                raise sqlite3.OperationalError(
                    f"the queue of writers can't be joined: {error}"
                ) from error
            if not self._has_turn:
                raise sqlite3.OperationalError("database is locked: other connections were writing")
            try:
                left = max(0.0, deadline - monotonic())
                self.connection.execute(f"PRAGMA busy_timeout = {int(left * 1000)}")
                return execute()
            finally:
                self._end_turn()

    def _end_turn(self) -> None:
        """Pass the turn on, unless a transaction is open."""
        if self._has_turn and not (self.connection and self.connection.in_transaction):
            self._has_turn = False
            queue_of(str(self.settings_dict["NAME"])).leave()

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def close(self) -> None:
        super().close()
        self._end_turn()


class Cursor(base.SQLiteCursorWrapper):
    """Executes statements when it is their connection's turn."""

    def __init__(self, connection: Any, wrapper: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        run = super().execute
        return self._wrapper.in_turn(query, lambda: run(query, params))

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        run = super().executemany
        return self._wrapper.in_turn(query, lambda: run(query, param_list))
