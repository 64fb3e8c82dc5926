"""What a monitor and a load balancer are told."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from checkout.models import Order, OrderState
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryTimeout
from tests.support.tooling.machine import ROOT, run_manage, run_python
from tests.support.tooling.postgres import new_database

KEY = "the monitor's own key"

ASK = """
import django
django.setup()
from django.test import Client
for path in ("/healthz", "/readyz"):
    answer = Client(HTTP_HOST="localhost").get(path)
    print(path, answer.status_code, answer.content.decode())
"""


def figures(client: Client, key: str = KEY) -> dict[str, float]:
    """Every figure of ``/metrics`` under its name and label."""
    answer = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {key}")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def order(reference: str, state: OrderState, *, age: timedelta = timedelta()) -> None:
    Order.objects.create(
        reference=reference,
        token_hash=reference,
        state=state,
        tax_rate=Decimal("0.20"),
        created_at=timezone.now() - age,
        settled_at=None if state is OrderState.PENDING else timezone.now() - age,
    )


@pytest.fixture
def inventory_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inventory that gives no answer in time."""

    def no_answer(_self: object) -> str:
        raise InventoryTimeout("no answer")

    monkeypatch.setattr(type(get_inventory()), "version", no_answer)


def test_alive_is_said_without_asking_the_database(client: Client) -> None:
    # No django_db mark here: any query would fail this test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_ready_when_database_and_inventory_answer(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"release": ROOT.name, "database": "up", "inventory": "up"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.usefixtures("inventory_away")
def test_still_ready_while_only_the_inventory_is_away(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"release": ROOT.name, "database": "up", "inventory": "down"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "status", "database"),
    [("older", 503, "out of date"), ("newer", 200, "up")],
)
def test_tables_of_an_older_release_are_not_ready_and_those_of_a_newer_one_are(
    client: Client, change: str, status: int, database: str
) -> None:
    cache.clear()
    recorder = MigrationRecorder(connection)
    if change == "older":
        ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("checkout")
        recorder.record_unapplied("checkout", newest)
    else:
        recorder.record_applied("checkout", "9999_of_a_later_release")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (status, database)
    cache.clear()


@pytest.mark.parametrize("url", ["sqlite:///{}/shop.sqlite3", "postgres:///{}/shop"])
def test_not_ready_before_the_tables_are_made_or_while_postgresql_is_away(
    tmp_path: Path, url: str
) -> None:
    asked = run_python("-c", ASK, settings={"DATABASE_URL": url.format(tmp_path)})
    alive, ready = asked.stdout.splitlines()
    assert alive == "/healthz 200 ok"
    assert ready.startswith("/readyz 503 ")
    assert '"database": "down"' in ready


@pytest.mark.slow
@pytest.mark.postgres
def test_the_shop_is_ready_on_a_real_postgresql(postgres_url: str) -> None:
    settings = {"DATABASE_URL": new_database(postgres_url)}
    migrated = run_manage("migrate", "--verbosity=0", settings=settings)
    assert migrated.returncode == 0, migrated.stderr
    asked = run_python("-c", ASK, settings=settings)
    ready = asked.stdout.splitlines()[1]
    assert ready.startswith("/readyz 200 ")
    assert '"database": "up", "inventory": "up"' in ready


@pytest.mark.parametrize(
    ("key", "brought"),
    [
        *((KEY, brought) for brought in (None, "", "Bearer ", "Bearer wrong", KEY, f"Basic {KEY}")),
        *(("", brought) for brought in (None, "", "Bearer ", "Bearer")),
    ],
)
def test_the_figures_need_their_key_and_there_are_none_without_one(
    client: Client, settings: Settings, key: str, brought: str | None
) -> None:
    settings.METRICS_KEY = key
    headers = {} if brought is None else {"Authorization": brought}
    assert client.get("/metrics", headers=headers).status_code == 403


@pytest.mark.django_db
def test_the_figures_count_orders_by_state(client: Client, settings: Settings) -> None:
    settings.METRICS_KEY = KEY
    order("CC-AAAAAAA2", OrderState.CONFIRMED)
    order("CC-AAAAAAA3", OrderState.CONFIRMED)
    order("CC-AAAAAAA4", OrderState.REFUSED)
    order("CC-AAAAAAA7", OrderState.REFUSED, age=timedelta(hours=2))
    order("CC-AAAAAAA5", OrderState.PENDING, age=timedelta(minutes=2))
    order("CC-AAAAAAA6", OrderState.PENDING, age=timedelta(minutes=9))
    found = figures(client)
    assert found["coffeeco_orders_last_hour confirmed"] == 2
    assert found["coffeeco_orders_last_hour refused"] == 1
    assert found["coffeeco_orders_last_hour abandoned"] == 0
    assert found["coffeeco_orders_pending"] == 2
    assert 540 <= found["coffeeco_oldest_pending_order_age_seconds"] < 1000
    assert found["coffeeco_database_up"] == 1
    assert found["coffeeco_inventory_up"] == 1


@pytest.mark.django_db
def test_with_nothing_pending_the_oldest_is_of_no_age(client: Client, settings: Settings) -> None:
    settings.METRICS_KEY = KEY
    found = figures(client)
    assert found["coffeeco_orders_pending"] == 0
    assert found["coffeeco_oldest_pending_order_age_seconds"] == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("inventory_away")
def test_the_figures_tell_that_the_inventory_is_away(client: Client, settings: Settings) -> None:
    settings.METRICS_KEY = KEY
    assert figures(client)["coffeeco_inventory_up"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["10.0.0.5:8000", "web-1", "not a name"])
def test_a_monitor_may_call_by_any_address_and_a_visitor_may_not(
    client: Client, settings: Settings, host: str
) -> None:
    settings.METRICS_KEY = KEY
    headers = {"Host": host, "Authorization": f"Bearer {KEY}"}
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path, headers=headers).status_code == 200, path
    for path in ("/", "/healthz/"):
        assert client.get(path, headers=headers).status_code == 400, path
