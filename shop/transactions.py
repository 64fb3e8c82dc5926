"""Transactions of Django's database, and which of their commits wait for the disk.

SQLite in WAL mode and PostgreSQL write one log. A commit that waits makes everything durable that
was committed before it, so a power cut loses only commits that came after the last one that waited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

NORMAL = 1
"""SQLite's ``synchronous`` with which a commit does not wait; FULL, which waits, is 2."""


@contextmanager
def committed(*, waits: bool) -> Iterator[None]:
    """Commit what is done inside as one transaction, and wait for the disk only if ``waits``.

    Inside an open transaction nothing is relaxed: its own commit decides.
    """
    if waits or connection.in_atomic_block:
        with transaction.atomic(durable=True):
            yield
    elif connection.vendor == "sqlite":
        with _not_waiting(), transaction.atomic(durable=True):
            yield
    else:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = off")
            yield


@contextmanager
def _not_waiting() -> Iterator[None]:
    """Set SQLite's ``synchronous`` to NORMAL; inside a transaction it can't be changed."""
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    with connection.wrap_database_errors:
        (before,) = raw.execute("PRAGMA synchronous").fetchone()
        raw.execute(f"PRAGMA synchronous = {min(before, NORMAL)}")
    try:
        yield
    finally:
        try:
            raw.execute(f"PRAGMA synchronous = {before}")
        except sqlite3.Error:
            # It is closed already, or must not be used again without waiting.
            connection.close()
