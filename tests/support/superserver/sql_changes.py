"""INSERT, UPDATE and DELETE: row by row, each row locked before it is written."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import status
from .catalog import Column, InvalidValue, Table
from .locks import LockName
from .sql import translate_expression, translate_query
from .sql_errors import check_privilege, translated_error
from .sql_scope import Scope, table_at
from .sql_text import (
    LOCK_TIMEOUT,
    SYNTAX_ERROR,
    Group,
    Node,
    Nodes,
    SqlError,
    at,
    bind,
    find_word,
    is_name,
    is_operator,
    is_word,
    render,
    split_commas,
)
from .storage import Change

if TYPE_CHECKING:
    from .sessions import Session

NOT_UNIQUE = {"INSERT": 119, "UPDATE": 120}
FAILED_VALIDATION = {"INSERT": 104, "UPDATE": 105}
REQUIRED_MISSING = 108
ROW_ID_CHANGED = 107


@dataclass
class _Work:
    """The rows that one statement has locked and changed so far."""

    session: Session
    verb: str
    table: Table
    locks: bool
    taken: list[LockName] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def lock(self, row_id: int) -> None:
        """Lock a row, or fail after the session's lock timeout."""
        if self.locks:
            name = self.session.take_row(self.table.lock_global, row_id)
            if name is None:
                text = (
                    f" Unable to acquire lock on row with RowID = '{row_id}' of table "
                    f"'{self.table.sql_name}' for {self.verb}"
                )
                raise SqlError(LOCK_TIMEOUT, text)
            self.taken.append(name)

    def write(self, row_id: int, row: dict[str, Any] | None) -> None:
        """Write a row, checked by the class's rules."""
        checked = (
            None if row is None else {c.name: self.checked(c, row) for c in self.table.columns}
        )
        try:
            change = self.session.instance.storage.write_row(self.table, row_id, checked)
        except sqlite3.IntegrityError as error:
            raise self.not_unique() from error
        self.changes.append(change)

    def not_unique(self) -> SqlError:
        """Return the error of a key that is there already."""
        key = self.table.primary_key or "ID"
        text = f" Table '{self.table.sql_name}', Field(s) {key} failed unique check"
        return SqlError(NOT_UNIQUE[self.verb], text)

    def checked(self, column: Column, row: dict[str, Any]) -> Any:
        """Return a column's new value as it is kept, or fail as the server does."""
        value = row.get(column.name)
        try:
            return column.stored(value)
        except InvalidValue as error:
            place = f" Field '{self.table.sql_name}.{column.name}'"
            if error.code == status.REQUIRED:
                raise SqlError(REQUIRED_MISSING, f"{place} is required") from error
            text = f"{place} (value '{value}') failed validation"
            raise SqlError(FAILED_VALIDATION[self.verb], text) from error


@contextmanager
def _working(session: Session, verb: str, table: Table, *, locks: bool) -> Iterator[_Work]:
    """Let a statement change rows: all of them, or none when it fails."""
    check_privilege(session.instance, verb, table)
    session.begin_if_needed()
    work = _Work(session, verb, table, locks)
    try:
        yield work
        session.record(*work.changes)
    except BaseException:
        session.instance.storage.undo(work.changes)
        raise
    finally:
        for name in work.taken:
            session.release(name, exclusive=True)


def plan_change(scope: Scope, nodes: Nodes) -> ChangePlan:
    """Return what an INSERT, UPDATE or DELETE will do."""
    verb = nodes[0].upper if not isinstance(nodes[0], Group) else ""
    return {"INSERT": _plan_insert, "UPDATE": _plan_update, "DELETE": _plan_delete}[verb](
        scope, nodes
    )


class ChangePlan(ABC):
    """A change that can be run with any parameters."""

    verb = ""

    def __init__(self, table: Table, *, locks: bool) -> None:
        self.table = table
        self.locks = locks

    def run(self, session: Session, values: Sequence[Any]) -> int:
        """Do it and return the number of rows."""
        with _working(session, self.verb, self.table, locks=self.locks) as work:
            return self._change(work, bind(values))

    @abstractmethod
    def _change(self, work: _Work, values: dict[str, Any]) -> int:
        """Make the change; the number of rows."""

    def _query(self, work: _Work, text: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return work.session.instance.storage.query(text, values)[1]
        except sqlite3.Error as error:
            raise translated_error(error) from error


class _Insert(ChangePlan):
    verb = "INSERT"

    def __init__(self, table: Table, columns: list[str], rows: list[str], *, upsert: bool) -> None:
        super().__init__(table, locks=True)
        self.columns = columns
        self.rows = rows  # each a SELECT of the new values
        self.upsert = upsert

    def _change(self, work: _Work, values: dict[str, Any]) -> int:
        new = [found for text in self.rows for found in self._query(work, text, values)]
        for row in new:
            if len(row) != len(self.columns):
                raise SqlError(62, " Number of values differs from number of columns")
            self._insert(work, dict(zip(self.columns, row, strict=True)))
        return len(new)

    def _insert(self, work: _Work, row: dict[str, Any]) -> None:
        storage = work.session.instance.storage
        key = self.table.id_column
        row_id = storage.new_id(self.table) if key is None else self._key(work, row.get(key), key)
        work.lock(row_id)
        with storage.mutex:
            present = storage.row(self.table, row_id)
            if present is not None and not self.upsert:
                raise work.not_unique()
            work.write(row_id, (present or {}) | row)
        work.session.last_row_id = row_id

    def _key(self, work: _Work, value: Any, name: str) -> int:
        column = self.table.column(name)
        assert column is not None
        return int(work.checked(column, {name: value}))


class _Update(ChangePlan):
    verb = "UPDATE"

    def __init__(
        self, table: Table, columns: list[str], find: str, evaluate: str, *, locks: bool
    ) -> None:
        super().__init__(table, locks=locks)
        self.columns = columns
        self.find = find  # SELECT of the row ids
        self.evaluate = evaluate  # SELECT of the new values for one :rowid, if it still matches

    def _change(self, work: _Work, values: dict[str, Any]) -> int:
        changed = 0
        storage = work.session.instance.storage
        for (row_id,) in self._query(work, self.find, values):
            work.lock(row_id)
            with storage.mutex:
                # Another session may have changed the row while this one waited for its lock.
                new = self._query(work, self.evaluate, values | {"rowid": row_id})
                row = storage.row(self.table, row_id)
                if new and row is not None:
                    row |= dict(zip(self.columns, new[0], strict=True))
                    self._check_id(row, row_id)
                    work.write(row_id, row)
                    changed += 1
        return changed

    def _check_id(self, row: dict[str, Any], row_id: int) -> None:
        key = self.table.id_column
        if key is not None and str(row[key]) != str(row_id):
            raise SqlError(ROW_ID_CHANGED, f" Field '{key}' is the RowID and cannot be updated")


class _Delete(ChangePlan):
    verb = "DELETE"

    def __init__(self, table: Table, find: str, still: str, *, locks: bool) -> None:
        super().__init__(table, locks=locks)
        self.find = find  # SELECT of the row ids
        self.still = still  # the same for one :rowid

    def _change(self, work: _Work, values: dict[str, Any]) -> int:
        changed = 0
        for (row_id,) in self._query(work, self.find, values):
            work.lock(row_id)
            with work.session.instance.storage.mutex:
                if self._query(work, self.still, values | {"rowid": row_id}):
                    work.write(row_id, None)
                    changed += 1
        return changed


# --- from text to plans ---


def _skip_hints(nodes: Nodes, place: int) -> tuple[int, bool]:
    """Return the place after %NOLOCK and its like, and whether rows are to be locked."""
    locks = True
    while is_word(at(nodes, place), "%NOLOCK", "%NOCHECK", "%NOINDEX", "%NOTRIGGER", "%NOJOURN"):
        locks = locks and not is_word(at(nodes, place), "%NOLOCK")
        place += 1
    return place, locks


def _plan_insert(scope: Scope, nodes: Nodes) -> ChangePlan:
    place = 1
    upsert = is_word(at(nodes, 1), "OR") and is_word(at(nodes, 2), "UPDATE")
    place += 2 if upsert else 0
    place, _ = _skip_hints(nodes, place)
    place += 1 if is_word(at(nodes, place), "INTO") else 0
    schema, name, place = table_at(nodes, place)
    table = scope.use_table(schema, name)
    columns = [column.name for column in table.columns]
    listed = at(nodes, place)
    if isinstance(listed, Group) and not is_word(at(listed, 0), "SELECT"):
        columns = [_target(table, part) for part in split_commas(listed)]
        place += 1
    rest = nodes[place:]
    if is_word(at(rest, 0), "VALUES"):
        groups = [node for node in rest[1:] if isinstance(node, Group)]
        empty = Scope(scope.find_table, scope.version, upper_case_groups=False)
        rows = [f"SELECT {render(translate_expression(group, empty))}" for group in groups]
    elif is_word(at(rest, 0), "SELECT"):
        rows = [render(translate_query(rest, scope))]
    else:
        raise SqlError(SYNTAX_ERROR, " VALUES or SELECT expected", "Prepare")
    return _Insert(table, columns, rows, upsert=upsert)


def _source(scope: Scope, nodes: Nodes, place: int) -> tuple[Table, str, int]:
    """Return the table to change, its FROM clause, and where the rest begins."""
    schema, name, place = table_at(nodes, place)
    table = scope.use_table(schema, name)
    place += 1 if is_word(at(nodes, place), "AS") else 0
    alias = at(nodes, place)
    if is_name(alias) and not is_word(alias, "SET", "WHERE"):
        return table, f'"{table.sql_name}" AS "{alias.name}"', place + 1
    return table, f'"{table.sql_name}" AS "{name}"', place


def _where(scope: Scope, nodes: Nodes) -> str:
    place = find_word(nodes, "WHERE")
    if place is None:
        return "1"
    return render(translate_expression(nodes[place + 1 :], scope))


def _plan_update(scope: Scope, nodes: Nodes) -> ChangePlan:
    place, locks = _skip_hints(nodes, 1)
    table, source, place = _source(scope, nodes, place)
    if not is_word(at(nodes, place), "SET"):
        raise SqlError(SYNTAX_ERROR, " SET expected", "Prepare")
    where_place = find_word(nodes, "WHERE")
    columns: list[str] = []
    values: list[str] = []
    for part in split_commas(nodes[place + 1 : where_place]):
        sign = next((at for at, node in enumerate(part) if is_operator(node, "=")), None)
        if sign is None:
            raise SqlError(SYNTAX_ERROR, " = expected", "Prepare")
        columns.append(_target(table, part[:sign]))
        values.append(render(translate_expression(part[sign + 1 :], scope)))
    where = _where(scope, nodes)
    find = f"SELECT rowid FROM {source} WHERE {where} ORDER BY rowid"
    new = ", ".join(values)
    evaluate = f"SELECT {new} FROM {source} WHERE rowid = :rowid AND ({where})"
    return _Update(table, columns, find, evaluate, locks=locks)


def _plan_delete(scope: Scope, nodes: Nodes) -> ChangePlan:
    place, locks = _skip_hints(nodes, 1)
    place += 1 if is_word(at(nodes, place), "FROM") else 0
    table, source, _ = _source(scope, nodes, place)
    where = _where(scope, nodes)
    find = f"SELECT rowid FROM {source} WHERE {where} ORDER BY rowid"
    still = f"SELECT 1 FROM {source} WHERE rowid = :rowid AND ({where})"
    return _Delete(table, find, still, locks=locks)


def _target(table: Table, part: Sequence[Node]) -> str:
    """Return the column that a list of columns or SET names."""
    last = part[-1] if part else None
    column = table.column(last.name) if is_name(last) else None
    if column is None:
        shown = last.name.upper() if is_name(last) else ""
        raise SqlError(29, f" Field '{shown}' not found in table '{table.sql_name}'", "Prepare")
    return column.name
