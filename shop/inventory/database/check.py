"""Checks of ``database://`` for an operator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from shop.inventory.contract import Check, DecisionKind, Inventory
from shop.inventory.models import LedgerDecision
from shop.inventory.row import check_of
from shop.plurals import counted

PROBE = "check_inventory was here"
# From this value of PRAGMA synchronous on, a commit waits for the disk.
SQLITE_FULL = 2


def checks(inventory: Inventory) -> Iterator[Check]:
    """Each check in turn; stops after the first failure, because the others depend on it."""
    for check in _checks(inventory):
        yield check
        if not check.ok:
            return


def _checks(inventory: Inventory) -> Iterator[Check]:
    try:
        yield _answers()
        yield _tables()
        yield _rollback()
        yield _durability()
        yield Check(name="ledger can be read", ok=True, found=_decisions())
    except DatabaseError as error:
        yield Check(
            name="database answers",
            ok=False,
            found=" ".join(str(error).split()),
            remedy="Start the database, or set DATABASE_URL to one that runs and that the shop's "
            "account may read and write.",
        )
        return
    yield check_of(inventory.problems())


def _answers() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(name="database answers", ok=True, found=connection.vendor)


def _tables() -> Check:
    executor = MigrationExecutor(connection)
    behind = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return Check(
        name="tables are up to date",
        ok=not behind,
        found=f"{counted(behind, 'migration')} to apply" if behind else "yes",
        remedy="Run: python manage.py migrate" if behind else "",
    )


def _rollback() -> Check:
    """Write a decision and roll it back, to prove the right to write and the rollback."""
    with transaction.atomic():
        LedgerDecision.objects.create(
            reference=PROBE, kind=DecisionKind.CHANGE, at=datetime.now(UTC), entry={}
        )
        transaction.set_rollback(True)
    stayed = LedgerDecision.objects.filter(reference=PROBE).exists()
    return Check(
        name="a change can be made and taken back",
        ok=not stayed,
        found="what was written stayed after the rollback" if stayed else "yes",
        remedy="The shop must not sell from a database without transactions." if stayed else "",
    )


def _durability() -> Check:
    """Whether a confirmed sale survives a power cut; either setting is a choice, not a fault."""
    waits = _commit_waits()
    return Check(
        name="commit waits for the disk",
        ok=True,
        found={
            True: "yes",
            False: "no: a power cut can take back the last moments' sales",
            None: f"not known of {connection.vendor}",
        }[waits],
    )


def _commit_waits() -> bool | None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            return bool(cursor.fetchone()[0] >= SQLITE_FULL)
        if connection.vendor == "postgresql":
            cursor.execute("SHOW synchronous_commit")
            return bool(cursor.fetchone()[0] != "off")
    return None


def _decisions() -> str:
    return counted(LedgerDecision.objects.count(), "decision")
