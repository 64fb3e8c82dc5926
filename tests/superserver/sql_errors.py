"""Errors of SQLite's and of privileges, as the server words them."""

from __future__ import annotations

import sqlite3

from .sql_text import COLUMN_NOT_FOUND, NOT_PRIVILEGED, SYNTAX_ERROR, TABLE_NOT_FOUND, SqlError


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
