"""What a statement refers to: tables, columns, and what its select list is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .catalog import Column, Table
from .sql_text import (
    SYNTAX_ERROR,
    TABLE_NOT_FOUND,
    Group,
    Nodes,
    SqlError,
    at,
    is_name,
    is_operator,
    is_word,
)

DEFAULT_SCHEMA = "SQLUser"
SET_OPERATORS = ("UNION", "EXCEPT", "INTERSECT")


@dataclass
class Item:
    """One entry of a select list: how its column is called, and which table's column it is."""

    name: str | None = None  # None: a star
    column: Column | None = None
    is_count: bool = False


@dataclass
class Scope:
    """What a statement refers to, gathered while it is translated."""

    find_table: Callable[[str], Table | None]
    version: tuple[int, int]
    upper_case_groups: bool
    tables: list[Table] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def column(self, name: str) -> Column | None:
        """Return the column of that name in any of the tables."""
        found = (table.column(name) for table in self.tables)
        return next((column for column in found if column is not None), None)

    def use_table(self, schema: str, name: str) -> Table:
        """Return a table that the statement names, or fail as the server does."""
        table = self.find_table(f"{schema}.{name}")
        if table is None:
            shown = f"{schema}.{name}".upper()
            raise SqlError(TABLE_NOT_FOUND, f" Table '{shown}' not found", "Prepare")
        if table not in self.tables:
            self.tables.append(table)
        return table


def table_at(nodes: Nodes, place: int) -> tuple[str, str, int]:
    """Return schema, name and end of the table name at a place."""
    first = at(nodes, place)
    if not is_name(first):
        raise SqlError(SYNTAX_ERROR, "table name expected", "Prepare")
    third = at(nodes, place + 2)
    if is_operator(at(nodes, place + 1), ".") and is_name(third):
        return first.name, third.name, place + 3
    return DEFAULT_SCHEMA, first.name, place + 1


def collect_tables(nodes: Nodes, scope: Scope) -> None:
    """Let the scope know every table that stands after FROM, JOIN or a comma between tables."""
    in_from = False
    for place, node in enumerate(nodes):
        if isinstance(node, Group):
            collect_tables(node, scope)
        elif is_word(node, "FROM", "JOIN") or (in_from and is_operator(node, ",")):
            in_from = True
            if is_name(at(nodes, place + 1)):
                schema, name, _ = table_at(nodes, place + 1)
                scope.use_table(schema, name)
        elif is_word(node, "WHERE", "GROUP", "HAVING", "ORDER", *SET_OPERATORS):
            in_from = False
