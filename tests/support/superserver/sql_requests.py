"""SQL requests: from items to prepared statements, and rows back in messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .catalog import TYPE_NUMBERS
from .instance import Behaviour
from .messages import NO_MORE_DATA, NOT_PREPARED, Refused, Reply
from .sql_engine import Prepared, ResultColumn, prepare, sqlite_values
from .sql_errors import translated_error
from .sql_text import SYNTAX_ERROR, SqlError

if TYPE_CHECKING:
    from .sessions import Session

LITERAL = "c"
LITERAL_INTEGER, LITERAL_DECIMAL = 10, 11
BIGINT, VARCHAR = -5, 12
NO_FLAGS = "\0" * 12
CLIENT_MAY_KEEP = 1
GET_ROW_ID = "%SYSTEM.SQL_GetROWID"
CHANGES = frozenset({"INSERT", "UPDATE", "DELETE"})


@dataclass
class _Text:
    """A statement's text and what its parameters are."""

    text: str
    kinds: list[tuple[Any, Any]]

    def converted(self, values: list[Any]) -> list[Any]:
        """Return the values of one run; literals, which come as text, as what they were."""
        return [
            _literal(value, kind) if mark == LITERAL else value
            for value, (mark, kind) in zip(values, self.kinds, strict=False)
        ] + values[len(self.kinds) :]


def _literal(value: Any, kind: int) -> Any:
    try:
        if kind == LITERAL_INTEGER:
            return int(value)
        if kind == LITERAL_DECIMAL:
            return float(value)
    except (TypeError, ValueError):
        pass
    return value


def _take_text(items: Iterator[Any]) -> _Text:
    pieces = int(next(items))
    text = "".join(str(next(items)) for _ in range(pieces))
    count = int(next(items))
    return _Text(text, [(next(items), next(items)) for _ in range(count)])


def _take_values(items: Iterator[Any]) -> list[list[Any]]:
    sets, width = int(next(items)), int(next(items))
    return [[next(items) for _ in range(width)] for _ in range(sets)]


@dataclass
class _Statement:
    source: _Text
    prepared: Prepared


@dataclass
class _Cursor:
    """Rows that were not yet fetched."""

    rows: list[list[Any]] = field(default_factory=list)


class SqlRequests:
    """The SQL side of one connection."""

    def __init__(self, session: Session, rows_per_message: int | None) -> None:
        self.session = session
        self._rows_per_message = rows_per_message
        self._statements: dict[int, _Statement] = {}
        self._cursors: dict[int, _Cursor] = {}
        self._errors: dict[int, str] = {}
        self._handlers: dict[str, Callable[[int, list[Any]], list[Reply]]] = {
            "PP": self._prepare,
            "PQ": self._run_query,
            "PU": self._run_change,
            "DQ": self._direct_query,
            "DU": self._direct_change,
            "FD": self._fetch,
            "OE": self._error_text,
            "TC": self._commit,
            "TR": self._rollback,
            "AF": self._autocommit_off,
            "AN": self._autocommit_on,
            "SP": self._prepare_procedure,
            "SU": self._run_procedure,
            "Y9": self._client_object,
        }

    def serve(self, operation: str, statement: int, items: list[Any]) -> list[Reply]:
        """Return the answers to one request; an SQL error is Refused."""
        handler = self._handlers.get(operation)
        if handler is None:
            return [Reply()]
        try:
            return handler(statement, items)
        except sqlite3.Error as error:
            raise translated_error(error) from error

    def refused(self, refusal: Refused) -> Reply:
        """Return the answer that makes the driver ask for an error's text, which is kept."""
        self._errors[refusal.code] = refusal.text
        return Reply([], refusal.code)

    def labels(self, operation: str, statement: int, items: list[Any]) -> set[str]:
        """Return what hooks may call a request besides its letters: verb, or verb and table."""
        if operation in ("PQ", "PU") and statement in self._statements:
            prepared = self._statements[statement].prepared
            return {prepared.verb} | {f"{prepared.verb} {name}" for name in prepared.table_names}
        if operation in ("DQ", "DU") and len(items) > 1:
            return {str(items[1]).split()[0].upper()}
        return set()

    # --- statements ---

    def _prepare(self, number: int, items: list[Any]) -> list[Reply]:
        source = _take_text(iter(items))
        prepared = prepare(self.session, source.text)
        self._statements[number] = _Statement(source, prepared)
        return [Reply(_prepared_blocks(source, prepared))]

    def _run_query(self, number: int, items: list[Any]) -> list[Reply]:
        statement = self._known(number)
        if statement is None:
            return [Reply([], NOT_PREPARED)]
        return [self._rows(number, statement, _take_values(iter(items)))]

    def _run_change(self, number: int, items: list[Any]) -> list[Reply]:
        statement = self._known(number)
        if statement is None:
            return [Reply([], NOT_PREPARED)]
        return [Reply(self._counts(statement, _take_values(iter(items[2:]))))]

    def _known(self, number: int) -> _Statement | None:
        """Return a prepared statement, unless tables were defined anew since then."""
        statement = self._statements.get(number)
        if statement is None:
            return None
        state = self.session.instance.storage.catalogue_state
        return statement if statement.prepared.catalogue == state else None

    def _direct_query(self, number: int, items: list[Any]) -> list[Reply]:
        rest = iter(items)
        source = _take_text(rest)
        statement = _Statement(source, prepare(self.session, source.text))
        self._statements[number] = statement
        blocks = Reply(_prepared_blocks(source, statement.prepared))
        return [blocks, self._rows(number, statement, _take_values(rest))]

    def _direct_change(self, number: int, items: list[Any]) -> list[Reply]:
        rest = iter(items)
        source = _take_text(rest)
        statement = _Statement(source, prepare(self.session, source.text))
        self._statements[number] = statement
        next(rest)
        next(rest)
        counts = self._counts(statement, _take_values(rest))
        return [Reply([*_prepared_blocks(source, statement.prepared), *counts])]

    def _counts(self, statement: _Statement, sets: list[list[Any]]) -> list[int]:
        run = statement.prepared.run
        if run is None:
            raise SqlError(SYNTAX_ERROR, " a query was run as a change")
        counts = [
            run(self.session, sqlite_values(statement.source.converted(values)))
            for values in sets or [[]]
        ]
        if statement.prepared.verb in CHANGES:
            self._commit_if(Behaviour.CHANGE_COMMITS)
        return counts

    def _rows(self, number: int, statement: _Statement, sets: list[list[Any]]) -> Reply:
        values = statement.source.converted(sets[0] if sets else [])
        self._cursors[number] = _Cursor(statement.prepared.rows(self.session, values))
        self._commit_if(Behaviour.QUERY_COMMITS)
        return self._next_rows(number)

    def _fetch(self, number: int, items: list[Any]) -> list[Reply]:
        return [self._next_rows(number)]

    def _next_rows(self, number: int) -> Reply:
        cursor = self._cursors.setdefault(number, _Cursor())
        count = self._rows_per_message or len(cursor.rows)
        rows, cursor.rows = cursor.rows[:count], cursor.rows[count:]
        items = [_sendable(value) for row in rows for value in row]
        if not cursor.rows:
            return Reply(items, NO_MORE_DATA)
        # The driver asks for the next rows as soon as the first part of these has come, and takes
        # their second part for the answer: rows with more to follow must come in one part.
        return Reply(items, may_be_cut=False)

    def _commit_if(self, behaviour: Behaviour) -> None:
        """Commit what is open, when the server does so after a statement of autocommit."""
        if self.session.autocommit and behaviour in self.session.instance.behaviour:
            self.session.commit()

    # --- the rest ---

    def _error_text(self, number: int, items: list[Any]) -> list[Reply]:
        return [Reply([self._errors.get(int(items[0]), f"SQLCODE -{items[0]}")])]

    def _commit(self, number: int, items: list[Any]) -> list[Reply]:
        self.session.commit()
        return [Reply()]

    def _rollback(self, number: int, items: list[Any]) -> list[Reply]:
        self.session.rollback()
        return [Reply()]

    def _autocommit_off(self, number: int, items: list[Any]) -> list[Reply]:
        self.session.autocommit = False
        return []

    def _autocommit_on(self, number: int, items: list[Any]) -> list[Reply]:
        self.session.autocommit = True
        return []

    def _prepare_procedure(self, number: int, items: list[Any]) -> list[Reply]:
        if items[:1] != [GET_ROW_ID]:
            raise SqlError(428, f" Procedure {items[:1]} not found", "Prepare")
        # A change with a return value, and its one parameter: the ID as text.
        return [Reply([2, 1, VARCHAR, 0, 0, 1, "", 0])]

    def _run_procedure(self, number: int, items: list[Any]) -> list[Reply]:
        row_id = self.session.last_row_id
        return [Reply([None if row_id is None else str(row_id), 0])]

    def _client_object(self, number: int, items: list[Any]) -> list[Reply]:
        return [Reply([self.session.objects.stand_in().oref()])]


def _prepared_blocks(source: _Text, prepared: Prepared) -> list[Any]:
    """Return the column block (of a query) and the parameter block."""
    blocks: list[Any] = []
    if prepared.is_query:
        shown = [column for column in prepared.columns if not column.is_hidden]
        blocks.append(len(shown))
        for column in shown:
            blocks += _column_items(column)
    blocks.append(len(source.kinds))
    for _ in source.kinds:
        blocks += [VARCHAR, 0, 0, 1]
    return [*blocks, CLIENT_MAY_KEEP]


def _column_items(described: ResultColumn) -> list[Any]:
    column = described.column
    kind = BIGINT if described.is_count else VARCHAR
    precision = scale = 0
    nullable = 1
    if column is not None:
        kind = TYPE_NUMBERS[column.kind]
        precision = column.max_length or column.precision
        scale, nullable = column.scale, int(not column.required)
    name = described.name
    # Without table and schema the driver hands a VARCHAR over as whatever the item is.
    place = [described.table or None, described.schema or None, None]
    return [name, kind, precision, scale, nullable, name, *place, NO_FLAGS]


def _sendable(value: Any) -> Any:
    """Return a value as it goes into row data: SQL's empty text is the character 0."""
    return "\0" if value == "" else value
