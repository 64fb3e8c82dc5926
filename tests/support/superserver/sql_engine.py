"""Prepared statements: what a text means, and running it in a session."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import ddl, dictionary
from .catalog import FLOAT_KINDS, Column, Table, narrowed
from .sql import ROW_POSITION, translate_query
from .sql_changes import plan_change
from .sql_errors import check_privilege, translated_error
from .sql_scope import Item, Scope
from .sql_text import SYNTAX_ERROR, Nodes, SqlError, Token, bind, parse, render

if TYPE_CHECKING:
    from .instance import Instance
    from .sessions import Session

SIGNIFICANT_DIGITS = 15
PARAMETERS_AT_MOST = 2000

Run = Callable[["Session", Sequence[Any]], int]


@dataclass(frozen=True)
class ResultColumn:
    """How one column of a result is announced and converted."""

    name: str
    column: Column | None = None  # None: an expression
    schema: str = ""
    table: str = ""
    is_count: bool = False
    is_hidden: bool = False


@dataclass
class Prepared:
    """A statement that can be run any number of times."""

    text: str
    verb: str
    run: Run | None = None  # for a change: returns the number of rows
    select: str = ""
    columns: list[ResultColumn] = field(default_factory=list)
    exact: bool = True
    tables: list[Table] = field(default_factory=list)
    catalogue: int = 0  # the state of the catalogue that it was prepared for

    @property
    def is_query(self) -> bool:
        """Whether running it returns rows."""
        return self.run is None

    @property
    def table_names(self) -> list[str]:
        """The tables that the statement reads or changes."""
        return [table.sql_name for table in self.tables]

    def rows(self, session: Session, values: Sequence[Any]) -> list[list[Any]]:
        """Return all rows of a query, converted to what is sent."""
        instance = session.instance
        self.check_privileges(instance)
        if any(dictionary.table(table.sql_name) for table in self.tables):
            dictionary.refresh(instance)
        try:
            _, rows = instance.storage.query(self.select, bind(sqlite_values(values)))
        except sqlite3.Error as error:
            raise translated_error(error) from error
        return [
            [
                self._sent(value, described, instance)
                for value, described in zip(row, self.columns, strict=True)
                if not described.is_hidden
            ]
            for row in rows
        ]

    def check_privileges(self, instance: Instance) -> None:
        """Fail when the account may not read one of the tables."""
        for table in self.tables:
            check_privilege(instance, "SELECT", table)

    def _sent(self, value: Any, described: ResultColumn, instance: Instance) -> Any:
        narrow = instance.traps.narrowed_numbers
        if described.column is not None:
            return described.column.loaded(value, narrow=narrow)
        if isinstance(value, float) and self.exact:
            return narrowed(Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}"))
        return value


def sqlite_values(values: Sequence[Any]) -> list[Any]:
    """Return parameters as SQLite takes them; the character 0 is SQL's empty text."""
    made: list[Any] = []
    for value in values:
        if value == "\0":
            made.append("")
        elif isinstance(value, Decimal):
            whole = value == value.to_integral_value()
            made.append(int(value) if whole else float(value))
        else:
            made.append(value)
    return made


def prepare(session: Session, text: str) -> Prepared:
    """Return what a text means, or raise SqlError."""
    nodes = parse(text)
    if not nodes:
        raise SqlError(SYNTAX_ERROR, " empty statement", "Prepare")
    state = session.instance.storage.catalogue_state
    first = nodes[0]
    verb = first.upper if isinstance(first, Token) else ""
    if verb not in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        return Prepared(text, verb, ddl.plan(nodes), catalogue=state)
    scope = _scope(session.instance)
    with session.instance.storage.mutex:
        if verb == "SELECT":
            return _prepare_query(session, text, nodes, scope)
        change = plan_change(scope, nodes)
        return Prepared(text, verb, change.run, tables=[change.table], catalogue=state)


def _scope(instance: Instance) -> Scope:
    def find_table(name: str) -> Table | None:
        catalogue = dictionary.table(name)
        if catalogue is not None:
            dictionary.refresh(instance)
        return catalogue or instance.storage.table(name)

    return Scope(find_table, instance.version_number, instance.traps.upper_case_groups)


def _prepare_query(session: Session, text: str, nodes: Nodes, scope: Scope) -> Prepared:
    select = render(translate_query(nodes, scope))
    state = session.instance.storage.catalogue_state
    prepared = Prepared(text, "SELECT", None, select, tables=scope.tables, catalogue=state)
    prepared.check_privileges(session.instance)
    prepared.columns = _result_columns(_result_names(session, select), scope)
    prepared.exact = not any(c.kind in FLOAT_KINDS for t in scope.tables for c in t.columns)
    return prepared


def _result_names(session: Session, select: str) -> list[str]:
    """Return the names of a query's columns without running it."""
    try:
        names, _ = session.instance.storage.query(
            f"SELECT * FROM ({select}) LIMIT 0",
            bind([0] * PARAMETERS_AT_MOST),
        )
    except sqlite3.Error as error:
        raise translated_error(error) from error
    return [name.split(":")[0] for name in names]


def _result_columns(names: list[str], scope: Scope) -> list[ResultColumn]:
    items = scope.items
    if all(item.name is not None for item in items):
        return [_described(item, scope) for item in items]
    # There is a star. It does not stand for the numbers that %VID makes of a subquery's rows.
    wanted = sum(item.name == ROW_POSITION for item in items)
    numbers = names.count(ROW_POSITION)
    columns: list[ResultColumn] = []
    for name in names:
        described = _described(Item(name, scope.column(name)), scope)
        if name == ROW_POSITION:
            described = replace(described, is_count=True, is_hidden=numbers > wanted)
            numbers -= 1
        columns.append(described)
    return columns


def _described(item: Item, scope: Scope) -> ResultColumn:
    column = item.column
    if column is None:
        if (item.name or "").upper() == "ID" and scope.tables:
            return ResultColumn("ID", None, is_count=True)
        return ResultColumn(item.name or "", None, is_count=item.is_count)
    owner = next(table for table in scope.tables if table.column(column.name) is column)
    return ResultColumn(item.name or column.name, column, owner.schema, owner.name)
