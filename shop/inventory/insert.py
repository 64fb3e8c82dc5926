"""New rows of any table, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models


def insert(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, at least one; the instances stay as they are.

    What ``bulk_create`` does, without working out the statement anew each time.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_statement(rows))


def insert_one(row: models.Model) -> int:
    """Insert a row whose id the database gives; returns that id."""
    sql, values = _statement([row])
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING id", values)
        return int(cursor.fetchone()[0])


def _statement(rows: Sequence[models.Model]) -> tuple[str, list[Any]]:
    beginning, fields = _columns(type(rows[0]))
    places = f"({', '.join(['%s'] * len(fields))})"
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)
        for row in rows
        for field in fields
    ]
    return f"{beginning} {', '.join([places] * len(rows))}", values


@lru_cache
def _columns(model: type[models.Model]) -> tuple[str, tuple[models.Field[Any, Any], ...]]:
    """The beginning of an INSERT, and the fields in its order; a counted id is not among them."""
    fields = tuple(
        field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)
    )
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES', fields
