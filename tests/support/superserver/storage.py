"""What the server keeps: rows in an in-memory SQLite, globals in trees, and how to undo."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from . import functions
from .catalog import Column, Table
from .global_tree import GlobalTree, Subscripts


@dataclass(frozen=True)
class RowChange:
    """One row before and after; None: there is none."""

    table: str
    row_id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class NodeChange:
    """One node of a global before and after; UNDEFINED: there is none."""

    name: str
    subscripts: Subscripts
    before: Any
    after: Any


Change = RowChange | NodeChange


class Keeper(Protocol):
    """Whatever keeps committed changes where a killed process leaves them."""

    def keep(self, changes: Iterable[Change]) -> None:
        """Write committed changes in one go."""

    def keep_definition(self, name: str, table: Table | None) -> None:
        """Write a table's definition, or that it is gone."""

    def keep_class(self, name: str, source: str) -> None:
        """Write a compiled class's text."""

    def close(self) -> None:
        """Close whatever it writes to."""


@dataclass
class Undo:
    """A session's open transaction: what it changed, and where each level began."""

    changes: list[Change] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    @property
    def level(self) -> int:
        """$TLEVEL."""
        return len(self.marks)


class Storage:
    """Every method is one step that other sessions see whole; all see uncommitted changes."""

    def __init__(self) -> None:
        self.mutex = threading.RLock()
        self.tables: dict[str, Table] = {}
        self.keeper: Keeper | None = None
        self.catalogue_state = 0  # changes with every definition
        self._globals: dict[str, GlobalTree] = {}
        self._next_id: dict[str, int] = {}
        self._database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        functions.register(self._database)

    def table(self, name: str) -> Table | None:
        """Return a table by its SQL name with schema, in whatever case."""
        return self.tables.get(name.casefold())

    def table_of_class(self, class_name: str) -> Table | None:
        """Return the table of a persistent class, by the class's exact name."""
        return next((t for t in self.tables.values() if t.class_name == class_name), None)

    def create_table(self, table: Table) -> None:
        """Add an empty table."""
        with self.mutex:
            for statement in table.definition():
                self._database.execute(statement)
            self.tables[table.sql_name.casefold()] = table
            self._next_id[table.sql_name] = 1
            self._defined(table.sql_name, table)

    def drop_table(self, table: Table) -> None:
        """Remove a table and its rows."""
        with self.mutex:
            self._database.execute(f'DROP TABLE "{table.sql_name}"')
            del self.tables[table.sql_name.casefold()]
            self._defined(table.sql_name, None)

    def add_column(self, table: Table, column: Column) -> None:
        """Add a column, null in every row."""
        with self.mutex:
            name = table.sql_name
            self._database.execute(f'ALTER TABLE "{name}" ADD COLUMN {column.definition}')
            table.columns.append(column)
            self._defined(name, table)

    def redefine(self, table: Table) -> None:
        """Give a table a new definition of the same columns, or more of them; rows stay."""
        with self.mutex:
            known = self.tables.get(table.sql_name.casefold())
            if known is None:
                self.create_table(table)
                return
            for column in table.columns:
                if known.column(column.name) is None:
                    self.add_column(known, column)
            # The rows lie where they lay: what their ID is does not change with the class.
            table.id_column = known.id_column
            self.tables[table.sql_name.casefold()] = table
            self._defined(table.sql_name, table)

    def execute(self, statement: str, values: dict[str, Any] | None = None) -> None:
        """Run a statement of the server's own that no transaction undoes."""
        with self.mutex:
            self._database.execute(statement, values or {})

    def query(self, text: str, values: dict[str, Any]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and all rows of a SELECT in SQLite's own dialect."""
        with self.mutex:
            cursor = self._database.execute(text, values)
            names = [column[0] for column in cursor.description or ()]
            return names, cursor.fetchall()

    def new_id(self, table: Table) -> int:
        """Return a hidden ID that no row of the table has had."""
        with self.mutex:
            _, rows = self.query(f'SELECT MAX(rowid) FROM "{table.sql_name}"', {})
            new = max(self._next_id[table.sql_name], (rows[0][0] or 0) + 1)
            self._next_id[table.sql_name] = new + 1
            return new

    def row(self, table: Table, row_id: int) -> dict[str, Any] | None:
        """Return one row as kept, or None."""
        text = f'SELECT * FROM "{table.sql_name}" WHERE rowid = :id'
        names, rows = self.query(text, {"id": row_id})
        return dict(zip(names, rows[0], strict=True)) if rows else None

    def write_row(self, table: Table, row_id: int, row: dict[str, Any] | None) -> RowChange:
        """Insert, replace or (None) remove one row; sqlite3.IntegrityError leaves all as it was."""
        with self.mutex:
            change = RowChange(table.sql_name, row_id, self.row(table, row_id), row)
            where = {"rowid": row_id}
            name = f'"{table.sql_name}"'
            if row is None:
                self._database.execute(f"DELETE FROM {name} WHERE rowid = :rowid", where)
            elif change.before is None:
                names = "".join(f', "{column}"' for column in row)
                marks = "".join(f', :"{column}"'.replace('"', "") for column in row)
                text = f"INSERT INTO {name} (rowid{names}) VALUES (:rowid{marks})"
                self._database.execute(text, row | where)
            else:
                pairs = ", ".join(f'"{column}" = :{column}' for column in row)
                text = f"UPDATE {name} SET {pairs} WHERE rowid = :rowid"
                self._database.execute(text, row | where)
            return change

    def tree(self, name: str) -> GlobalTree:
        """Return one global, empty when nothing was ever set; use it under the mutex."""
        return self._globals.setdefault(name, GlobalTree())

    def global_names(self) -> list[str]:
        """Return the names of all globals that have nodes."""
        with self.mutex:
            return sorted(name for name, tree in self._globals.items() if len(tree))

    def write_node(self, name: str, subscripts: Subscripts, value: Any) -> NodeChange:
        """Set one node, or remove it (UNDEFINED)."""
        with self.mutex:
            tree = self.tree(name)
            change = NodeChange(name, subscripts, tree.get(subscripts), value)
            tree.put(subscripts, value)
            return change

    def increment_node(self, name: str, subscripts: Subscripts, by: Any) -> NodeChange:
        """Add to one node in a single step."""
        with self.mutex:
            return self.write_node(
                name, subscripts, functions.add(self.tree(name).get(subscripts), by)
            )

    def undo(self, changes: list[Change]) -> None:
        """Take changes back, the last one first."""
        with self.mutex:
            for change in reversed(changes):
                if isinstance(change, NodeChange):
                    self.write_node(change.name, change.subscripts, change.before)
                elif (table := self.table(change.table)) is not None:
                    # Another session may have taken a unique key meanwhile, and keeps it.
                    with contextlib.suppress(sqlite3.IntegrityError):
                        self.write_row(table, change.row_id, change.before)

    def committed(self, changes: Iterable[Change]) -> None:
        """Tell the keeper, if there is one, that changes are final."""
        if self.keeper is not None:
            with self.mutex:
                self.keeper.keep(changes)

    def close(self) -> None:
        """Let go of the data and of the file that keeps it."""
        with self.mutex:
            self._database.close()
            if self.keeper is not None:
                self.keeper.close()

    def keep_class(self, name: str, source: str) -> None:
        """Tell the keeper, if there is one, of a compiled class."""
        if self.keeper is not None:
            with self.mutex:
                self.keeper.keep_class(name, source)

    def _defined(self, name: str, table: Table | None) -> None:
        """Note that a table is defined anew, or gone."""
        self.catalogue_state += 1
        if self.keeper is not None:
            self.keeper.keep_definition(name, table)
