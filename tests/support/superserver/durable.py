"""Keeping what was committed in a file, so that it survives a killed process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from .catalog import Column, Table
from .codec import UNDEFINED
from .compiler import compile_class
from .instance import Instance
from .storage import Change, NodeChange

SCHEMA = """
CREATE TABLE IF NOT EXISTS definition (name TEXT PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS source (name TEXT PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS row (name TEXT, id INTEGER, body TEXT, PRIMARY KEY (name, id));
CREATE TABLE IF NOT EXISTS node (name TEXT, subscripts TEXT, body TEXT,
    PRIMARY KEY (name, subscripts));
"""


def _to_json(value: Any) -> str:
    return json.dumps(value, default=lambda number: {"decimal": str(number)})


def _from_json(text: str) -> Any:
    return json.loads(text, object_hook=_decimal)


def _decimal(found: dict[str, Any]) -> Any:
    return Decimal(found["decimal"]) if found.keys() == {"decimal"} else found


class FileKeeper:
    """Committed changes in an SQLite file; each call is one transaction of the file's."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # A killed process loses nothing that was written; a power cut is not played here.
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.executescript(SCHEMA)

    def keep(self, changes: Iterable[Change]) -> None:
        """Write committed changes, all or none."""
        self._file.execute("BEGIN IMMEDIATE")
        with self._file:  # commits, or rolls back on an exception
            for change in changes:
                if isinstance(change, NodeChange):
                    self._keep_node(change.name, change.subscripts, change.after)
                else:
                    self._keep_row(change.table, change.row_id, change.after)

    def keep_definition(self, name: str, table: Table | None) -> None:
        """Write a table's definition; None: it is gone, and its rows too."""
        if table is None:
            self._file.execute("DELETE FROM definition WHERE name = ?", (name,))
            self._file.execute("DELETE FROM row WHERE name = ?", (name,))
        else:
            self._replace("definition", name, _to_json(asdict(table)))

    def keep_class(self, name: str, source: str) -> None:
        """Write a compiled class's text."""
        self._replace("source", name, source)

    def load_into(self, instance: Instance) -> None:
        """Put what the file holds into an empty instance, which is kept here from now on."""
        storage = instance.storage
        for _, body in self._file.execute("SELECT name, body FROM definition").fetchall():
            storage.create_table(_table(_from_json(body)))
        for name, row_id, body in self._file.execute("SELECT name, id, body FROM row"):
            table = storage.table(name)
            if table is not None:
                storage.write_row(table, row_id, _from_json(body))
        for name, subscripts, body in self._file.execute("SELECT * FROM node"):
            storage.write_node(name, tuple(json.loads(subscripts)), _from_json(body))
        for name, source in self._file.execute("SELECT name, body FROM source").fetchall():
            instance.sources[name] = source
            compile_class(instance, source)
        storage.keeper = self

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _replace(self, table: str, name: str, body: str) -> None:
        self._file.execute(f"REPLACE INTO {table} (name, body) VALUES (?, ?)", (name, body))

    def _keep_node(self, name: str, subscripts: tuple[str, ...], value: Any) -> None:
        key = (name, json.dumps(subscripts))
        if value is UNDEFINED:
            self._file.execute("DELETE FROM node WHERE name = ? AND subscripts = ?", key)
        else:
            self._file.execute("REPLACE INTO node VALUES (?, ?, ?)", (*key, _to_json(value)))

    def _keep_row(self, name: str, row_id: int, row: dict[str, Any] | None) -> None:
        if row is None:
            self._file.execute("DELETE FROM row WHERE name = ? AND id = ?", (name, row_id))
        else:
            self._file.execute("REPLACE INTO row VALUES (?, ?, ?)", (name, row_id, _to_json(row)))


def _table(body: dict[str, Any]) -> Table:
    columns = [Column(**column) for column in body.pop("columns")]
    return Table(**body, columns=columns)
