"""Statements that define tables, set options, or begin and end transactions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .catalog import INTEGER_KINDS, Column, Table
from .sql_errors import not_privileged
from .sql_scope import table_at
from .sql_text import (
    SYNTAX_ERROR,
    TABLE_NOT_FOUND,
    Group,
    Nodes,
    SqlError,
    Token,
    at,
    is_name,
    is_word,
    split_commas,
)

if TYPE_CHECKING:
    from .sessions import Session

Run = Callable[["Session", Sequence[Any]], int]

TABLE_EXISTS = 201
NO_CHECK = 315
DEFAULT_PACKAGE = "User"

KINDS = {
    "INT": "INTEGER",
    "INTEGER": "INTEGER",
    "BIGINT": "BIGINT",
    "SMALLINT": "SMALLINT",
    "TINYINT": "TINYINT",
    "BIT": "BIT",
    "BOOLEAN": "BIT",
    "NUMERIC": "NUMERIC",
    "NUMBER": "NUMERIC",
    "DECIMAL": "NUMERIC",
    "DEC": "NUMERIC",
    "DOUBLE": "DOUBLE",
    "FLOAT": "DOUBLE",
    "REAL": "DOUBLE",
    "VARCHAR": "VARCHAR",
    "NVARCHAR": "VARCHAR",
    "CHAR": "VARCHAR",
    "CHARACTER": "VARCHAR",
    "LONGVARCHAR": "VARCHAR",
    "TEXT": "VARCHAR",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
    "DATETIME": "TIMESTAMP",
}
UNLIMITED = ("LONGVARCHAR", "TEXT")


def plan(nodes: Nodes) -> Run:
    """Return what a statement that is no query and no change of rows will do."""
    for words, planner in _PLANNERS.items():
        if all(is_word(at(nodes, place), text) for place, text in enumerate(words.split())):
            return planner(nodes[len(words.split()) :])
    raise SqlError(SYNTAX_ERROR, " Unknown statement", "Prepare")


def _require(session: Session, verb: str, what: str) -> None:
    if verb in session.instance.denied or "%DDL" in session.instance.denied:
        raise not_privileged(verb, what)


# --- tables ---


def _skip(nodes: Nodes, *phrase: str) -> tuple[Nodes, bool]:
    """Return the nodes without a phrase at their beginning, and whether it was there."""
    found = all(is_word(at(nodes, place), text) for place, text in enumerate(phrase))
    return (nodes[len(phrase) :], True) if found else (nodes, False)


def _create_table(nodes: Nodes) -> Run:
    nodes, lenient = _skip(nodes, "IF", "NOT", "EXISTS")
    schema, name, place = table_at(nodes, 0)
    body = at(nodes, place)
    if not isinstance(body, Group):
        raise SqlError(SYNTAX_ERROR, " ( expected", "Prepare")
    definition = body

    def run(session: Session, values: Sequence[Any]) -> int:
        _require(session, "CREATE TABLE", f"{schema}.{name}")
        storage = session.instance.storage
        with storage.mutex:
            if storage.table(f"{schema}.{name}") is None:
                is_id = session.instance.primary_key_is_id
                storage.create_table(_table(schema, name, definition, key_is_id=is_id))
            elif not lenient:
                raise SqlError(TABLE_EXISTS, f" Table '{schema}.{name}' already exists")
        return 0

    return run


def _table(schema: str, name: str, body: Group, *, key_is_id: bool) -> Table:
    package = DEFAULT_PACKAGE if schema == "SQLUser" else schema
    table = Table(f"{package}.{name}", schema, name)
    for part in split_commas(body):
        if not _is_constraint(table, part):
            _add_column(table, part)
    key = table.column(table.primary_key or "")
    if key is not None:
        if key_is_id and key.kind in INTEGER_KINDS:
            table.id_column = key.name
        else:
            table.unique[f"{name}_PKEY"] = [key.name]
    return table


def _is_constraint(table: Table, part: Nodes) -> bool:
    """Take in a table constraint; return whether the part is one."""
    start = 2 if is_word(at(part, 0), "CONSTRAINT") else 0
    first = at(part, start)
    if is_word(first, "CHECK"):
        raise SqlError(NO_CHECK, " CHECK constraints are not supported")
    listed = next((node for node in part[start:] if isinstance(node, Group)), Group())
    names = [node.name for node in listed if is_name(node)]
    if is_word(first, "PRIMARY"):
        table.primary_key = names[0]
    elif is_word(first, "UNIQUE"):
        table.unique["_".join(names) + "_UNIQUE"] = names
    return is_word(first, "PRIMARY", "UNIQUE", "FOREIGN")


def _add_column(table: Table, part: Nodes) -> None:
    column, is_key, is_unique = _column(part)
    table.columns.append(column)
    if is_key:
        table.primary_key = column.name
    elif is_unique:
        table.unique[f"{column.name}_UNIQUE"] = [column.name]


def _column(part: Nodes) -> tuple[Column, bool, bool]:
    """Return a column, whether it is the primary key, and whether it is unique."""
    name, kind = at(part, 0), at(part, 1)
    if not is_name(name) or not isinstance(kind, Token) or kind.upper not in KINDS:
        raise SqlError(SYNTAX_ERROR, " column name and type expected", "Prepare")
    if any(is_word(node, "CHECK") for node in part):
        raise SqlError(NO_CHECK, " CHECK constraints are not supported")
    sizes = next((node for node in part if isinstance(node, Group)), Group())
    numbers = [int(n.text) for n in sizes if isinstance(n, Token) and n.kind == "number"]
    known = KINDS[kind.upper]
    is_key = any(is_word(node, "PRIMARY") for node in part)
    required = is_key or any(
        is_word(one, "NOT") and is_word(two, "NULL") for one, two in itertools.pairwise(part)
    )
    max_length = (numbers or [1])[0]
    column = Column(
        name.name,
        known,
        max_length=max_length if known == "VARCHAR" and kind.upper not in UNLIMITED else None,
        precision=numbers[0] if known == "NUMERIC" and numbers else 0,
        scale=numbers[1] if known == "NUMERIC" and len(numbers) > 1 else 0,
        required=required,
    )
    return column, is_key, any(is_word(node, "UNIQUE") for node in part)


def _existing(session: Session, schema: str, name: str) -> Table:
    table = session.instance.storage.table(f"{schema}.{name}")
    if table is None:
        raise SqlError(TABLE_NOT_FOUND, f" Table '{schema}.{name}' not found")
    return table


def _drop_table(nodes: Nodes) -> Run:
    nodes, lenient = _skip(nodes, "IF", "EXISTS")
    schema, name, _ = table_at(nodes, 0)

    def run(session: Session, values: Sequence[Any]) -> int:
        _require(session, "DROP TABLE", f"{schema}.{name}")
        storage = session.instance.storage
        with storage.mutex:
            if not lenient or storage.table(f"{schema}.{name}") is not None:
                storage.drop_table(_existing(session, schema, name))
        return 0

    return run


def _alter_table(nodes: Nodes) -> Run:
    schema, name, place = table_at(nodes, 0)
    if not is_word(at(nodes, place), "ADD"):
        raise SqlError(SYNTAX_ERROR, " ADD expected", "Prepare")
    rest, _ = _skip(nodes[place + 1 :], "COLUMN")
    parts = split_commas(rest[0] if isinstance(at(rest, 0), Group) else rest)  # type: ignore[arg-type]
    columns = [_column(part)[0] for part in parts]

    def run(session: Session, values: Sequence[Any]) -> int:
        _require(session, "ALTER TABLE", f"{schema}.{name}")
        table = _existing(session, schema, name)
        for column in columns:
            if table.column(column.name) is not None:
                raise SqlError(306, f" Column '{column.name}' already exists")
            session.instance.storage.add_column(table, column)
        return 0

    return run


def _truncate(nodes: Nodes) -> Run:
    schema, name, _ = table_at(nodes, 0)

    def run(session: Session, values: Sequence[Any]) -> int:
        storage = session.instance.storage
        table = _existing(session, schema, name)
        with storage.mutex:
            _, rows = storage.query(f'SELECT rowid FROM "{table.sql_name}"', {})
            for (row_id,) in rows:
                session.record(storage.write_row(table, row_id, None))
        return len(rows)

    return run


# --- options and transactions ---


def _set_option(nodes: Nodes) -> Run:
    option, value = at(nodes, 0), nodes[-1] if nodes else None
    name = option.upper if isinstance(option, Token) else ""
    if name not in ("LOCK_TIMEOUT", "PKEY_IS_IDKEY", "SUPPORT_DELIMITED_IDENTIFIERS"):
        raise SqlError(SYNTAX_ERROR, f" Unknown option {name}", "Prepare")

    def run(session: Session, values: Sequence[Any]) -> int:
        given = _literal(value, values)
        if name == "LOCK_TIMEOUT":
            session.lock_timeout = float(given)
        elif name == "PKEY_IS_IDKEY":
            if "%Admin_Manage" in session.instance.denied:
                raise not_privileged("SET OPTION", name)
            session.instance.primary_key_is_id = str(given).upper() in ("TRUE", "1")
        return 0

    return run


def _literal(node: Any, values: Sequence[Any]) -> Any:
    if isinstance(node, Token) and node.kind == "parameter":
        return values[node.place - 1]
    return node.text.strip("'") if isinstance(node, Token) else ""


def _start_transaction(nodes: Nodes) -> Run:
    def run(session: Session, values: Sequence[Any]) -> int:
        session.tstart()
        return 0

    return run


def _commit(nodes: Nodes) -> Run:
    def run(session: Session, values: Sequence[Any]) -> int:
        session.commit()
        return 0

    return run


def _rollback(nodes: Nodes) -> Run:
    def run(session: Session, values: Sequence[Any]) -> int:
        session.rollback()
        return 0

    return run


def _nothing(nodes: Nodes) -> Run:
    """Accept a statement that makes no difference here."""
    return lambda session, values: 0


_PLANNERS: dict[str, Callable[[Nodes], Run]] = {
    "CREATE TABLE": _create_table,
    "DROP TABLE": _drop_table,
    "ALTER TABLE": _alter_table,
    "TRUNCATE TABLE": _truncate,
    "SET OPTION": _set_option,
    "SET TRANSACTION": _nothing,
    "START TRANSACTION": _start_transaction,
    "COMMIT": _commit,
    "ROLLBACK": _rollback,
    "CREATE INDEX": _nothing,
    "CREATE UNIQUE INDEX": _nothing,
    "DROP INDEX": _nothing,
    "GRANT": _nothing,
    "REVOKE": _nothing,
    "TUNE TABLE": _nothing,
    "CREATE SCHEMA": _nothing,
}
