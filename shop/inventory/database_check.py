"""Questions an operator has about ``database://``."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from shop.inventory.contract import Check, Inventory
from shop.inventory.models import LedgerDecision


def checks(inventory: Inventory) -> Iterator[Check]:
    """Each check in turn; the first that fails ends the list, since the rest leans on it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        remedy = "Start the database, or set DATABASE_URL to one that runs."
        yield Check(name="database answers", ok=False, found=str(error), remedy=remedy)
        return
    yield Check(name="database answers", ok=True, found=connection.vendor)

    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield Check(
        name="tables are up to date",
        ok=not behind,
        found=f"{behind} migrations to apply",
        remedy="Run: python manage.py migrate" if behind else "",
    )
    if behind:
        return

    yield Check(name="ledger can be read", ok=True, found=f"{_decisions()} decisions")
    problems = inventory.problems()
    yield Check(
        name="every row can be sold",
        ok=not problems,
        found=f"{len(problems)} rows that cannot",
        remedy="Mend them on the stock desk: " + ", ".join(str(row.id) for row in problems[:10])
        if problems
        else "",
    )


def _decisions() -> int:
    return LedgerDecision.objects.count()
