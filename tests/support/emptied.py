"""Empties the database after a test that commits, without writing what all tests share anew."""

from __future__ import annotations

from django.db import connections, transaction
from django.test import TransactionTestCase

# What the migrations themselves write, the same for every test.
KEPT = frozenset({"django_migrations", "django_content_type", "auth_permission"})


def empty_tables(case: TransactionTestCase) -> None:
    """In place of ``TransactionTestCase._fixture_teardown``.

    Django's flush also deletes what the migrations wrote, and writes it anew for every test.
    """
    for alias in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        connection = connections[alias]
        tables = connection.introspection.django_table_names(only_existing=True)
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            for table in sorted(set(tables) - KEPT):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
