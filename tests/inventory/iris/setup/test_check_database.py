"""check_inventory where the stock lives in Django's own database."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from shop.inventory.models import LedgerDecision, StockRow
from tests.inventory.iris.setup.conftest import Run

pytestmark = pytest.mark.django_db


def test_a_good_database_passes_every_check(run: Run) -> None:
    said = run("database://", "check_inventory")
    assert (said.code, said.error) == (0, "")
    assert [line.split(": ")[0] for line in said.lines] == [
        "✓ database answers",
        "✓ tables are up to date",
        "✓ a change can be made and taken back",
        "✓ commit waits for the disk",
        "✓ ledger can be read",
        "✓ every row can be sold",
    ]
    assert not LedgerDecision.objects.exists()


def test_rows_that_cannot_be_sold_are_listed_with_their_remedy(run: Run) -> None:
    StockRow.objects.create(id=1004, name="Limu", price=None, quantity=3)
    said = run("database://", "check_inventory")
    assert said.code == 1
    assert "1004 Limu (no price)" in said.line("✗ every row can be sold: ")
    assert "1004" in said.remedy_of("every row can be sold")


def test_tables_that_wait_for_migrate(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: [("stock", False)])
    said = run("database://", "check_inventory")
    assert said.code == 1
    assert "1 migration to apply" in said.line("✗ tables are up to date")
    assert said.remedy_of("tables are up to date") == "Run: python manage.py migrate"


def test_a_database_that_does_not_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("no such host")

    monkeypatch.setattr(connection, "cursor", refuse)
    said = run("database://", "check_inventory")
    assert said.code == 2
    assert "DATABASE_URL" in said.remedy_of("database answers")


def test_json_tells_the_same(run: Run) -> None:
    told = run("database://", "check_inventory", "--json").json
    assert [check["ok"] for check in told] == [True] * 6
