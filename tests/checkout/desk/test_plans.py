"""Pages of a big shop find their rows by an index, on either database."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.big_shop import FIRST, Size, fill_tables

pytestmark = pytest.mark.django_db

SMALLEST = Size(1000, 2000)
INDEXES = {
    "/shop/?page=2": {"stock_by_name"},
    f"/shop/{FIRST + 1}/coffee-0001/": {"stock_by_name"},
    "/staff/": {"orders_by_settling", "orders_on_the_shelf"},
    # PostgreSQL passes over the older lines by the index of orders, and then needs no other.
    "/staff/stock/": {
        "orders_by_settling",
        "orders_of_a_product or a_product_once_in_an_order",
        "orders_on_the_shelf",
    },
    "/staff/deliveries/": {"decisions_of_a_kind"},
    "/staff/alerts/": {"alerts_still_open"},
    "/staff/orders/": {"orders_newest_first", "orders_on_the_shelf"},
    "/staff/orders/?first=2026-01-01&last=2026-01-31": {"orders_newest_first"},
    "/staff/orders/?stage=to-collect": {"orders_on_the_shelf"},
}


def test_each_page_uses_the_indexes_that_were_made_for_it() -> None:
    fill_tables(SMALLEST)
    visitor = Client()
    visitor.force_login(User.objects.create_superuser("olga"))
    missed: dict[tuple[str, str], str] = {}
    for address, indexes in INDEXES.items():
        with CaptureQueriesContext(connection) as queries:
            assert visitor.get(address).status_code == 200, address
        plans = "\n".join(plan(one["sql"]) for one in queries.captured_queries)
        missed |= {
            (address, index): plans
            for index in indexes
            if not any(name in plans for name in index.split(" or "))
        }
    assert list(missed) == [], missed


def plan(sql: str) -> str:
    """How the database would answer this statement; empty for what is no question."""
    if not sql.lstrip().startswith("SELECT"):
        return ""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            ("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + sql
        )
        return str(cursor.fetchall())
