"""Errors of SQLite's and of privileges, as the server words them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from .catalog import Table
from .sql_text import COLUMN_NOT_FOUND, NOT_PRIVILEGED, SYNTAX_ERROR, TABLE_NOT_FOUND, SqlError

if TYPE_CHECKING:
    from .instance import Instance


def check_privilege(instance: Instance, verb: str, table: Table) -> None:
    """Fail when the account was denied a verb, on all tables, on a schema's or on this one."""
    if {verb, f"{verb} {table.schema}", f"{verb} {table.sql_name}"} & instance.denied:
        raise not_privileged(verb, table.sql_name)


def not_privileged(verb: str, table: str) -> SqlError:
    """Return the error of an account that may not do this to a table."""
    text = f" User is not privileged for the operation ({verb} on {table})"
    return SqlError(NOT_PRIVILEGED, text, "Prepare")


def translated_error(error: sqlite3.Error) -> SqlError:
    """Return the server's error for one of SQLite's."""
    text = str(error)
    if text.startswith("no such column"):
        name = text.partition(": ")[2].upper()
        return SqlError(COLUMN_NOT_FOUND, f" Field '{name}' not found", "Prepare")
    if text.startswith("no such table"):
        name = text.partition(": ")[2].upper()
        return SqlError(TABLE_NOT_FOUND, f" Table '{name}' not found", "Prepare")
    return SqlError(SYNTAX_ERROR, f" {text}", "Prepare")
