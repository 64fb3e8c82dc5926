"""Django's SQLite backend, whose writers wait in line."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from django.db.backends.sqlite3 import base

from coffeeco_site.sqlite.write_queue import queue_of

WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that begins to write when its turn has come, and lets the next one in after.

    What reads waits for nobody, as ever in WAL mode. Other programs still meet the shop at
    SQLite's own lock.
    """

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.patience = float(settings_dict.get("OPTIONS", {}).get("timeout", 5.0))
        """Seconds to wait for a turn."""
        self._has_turn = False

    def create_cursor(self, _name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=lambda db: Cursor(db, self))
        return cursor

    def in_turn(self, sql: str, execute: Callable[[], Any]) -> Any:
        """Execute a statement; the first that writes waits for this connection's turn."""
        if self._has_turn or not sql.startswith(WRITES) or self.is_in_memory_db():
            return execute()
        try:
            self._has_turn = queue_of(str(self.settings_dict["NAME"])).wait(self.patience)
        except OSError as error:
            raise sqlite3.OperationalError(f"the line can't be joined: {error}") from error
        if not self._has_turn:
            raise sqlite3.OperationalError("database is locked: others were writing all the time")
        try:
            return execute()
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        """Let the next one in, unless a transaction is open."""
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
