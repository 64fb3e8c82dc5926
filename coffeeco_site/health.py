"""Answers for monitoring: liveness, readiness and metrics."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from checkout.models import Order, OrderState
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryError

log = logging.getLogger(__name__)

WRITE_AGAIN_SECONDS = 1.0
"""Anyone may ask, so a write that worked counts for so long."""
LOOK_AGAIN_SECONDS = 10.0
"""Tables that were new enough count as such for so long."""


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while this process answers; it asks no database, whose failure no restart would cure."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 while the shop can sell; 503 while Django's database is away, read-only or out of date.

    An inventory that is away is reported but does not count: the shop shows the last known stock.
    ``release`` is the name of the folder that this process runs from.
    """
    said = {"release": settings.BASE_DIR.name, "database": _database_state()}
    if said["database"] != "up":
        return JsonResponse(said, status=503)
    return JsonResponse(said | {"inventory": "up" if _inventory_is_up() else "down"})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus; 403 without ``METRICS_KEY`` as the bearer token."""
    expected = f"Bearer {settings.METRICS_KEY}".encode()
    brought = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_KEY or not secrets.compare_digest(brought, expected):
        return HttpResponse("The metrics need their key.\n", status=403, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(_Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures:
    """Read from the database at each scrape, so that every worker process gives the same."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "coffeeco_inventory_up", "1 while the inventory answers.", value=_inventory_is_up()
        )
        try:
            yield from _order_figures()
        except DatabaseError:
            log.exception("The database can't be asked for figures.")
            is_up = False
        else:
            is_up = True
        yield GaugeMetricFamily(
            "coffeeco_database_up", "1 while the database answers.", value=is_up
        )
        yield GaugeMetricFamily(
            "coffeeco_database_writable",
            "1 while the database can be written.",
            value=is_up and _database_is_writable(),
        )


def _order_figures() -> Iterator[Metric]:
    is_pending = Q(state=OrderState.PENDING)
    found = Order.objects.aggregate(
        pending=Count("pk", filter=is_pending),
        oldest=Min("created_at", filter=is_pending),
        confirmed=Count("pk", filter=Q(state=OrderState.CONFIRMED)),
        refused=Count("pk", filter=Q(state=OrderState.REFUSED)),
        abandoned=Count("pk", filter=Q(state=OrderState.ABANDONED)),
    )
    settled = CounterMetricFamily("coffeeco_orders", "Orders settled so far.", labels=["state"])
    for state in ("confirmed", "refused", "abandoned"):
        settled.add_metric([state], found[state])
    yield settled
    yield GaugeMetricFamily(
        "coffeeco_orders_pending", "Orders whose outcome is open.", value=found["pending"]
    )
    age = (timezone.now() - found["oldest"]).total_seconds() if found["oldest"] else 0
    yield GaugeMetricFamily(
        "coffeeco_oldest_pending_order_age_seconds", "Age of the oldest open order.", value=age
    )


def _database_state() -> str:
    if not _database_is_up():
        return "down"
    if not _tables_are_current():
        return "out of date"
    return "up" if _database_is_writable() else "read-only"


def _database_is_up() -> bool:
    try:
        Order.objects.exists()
    except DatabaseError as error:
        log.warning("Not ready: Django's database is away: %s", error)
        return False
    return True


def _tables_are_current() -> bool:
    """False while a migration of this code is not applied; tables of newer code are current."""
    if cache.get("tables-are-current"):
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        log.warning("Not ready: the tables are older than the code; run 'migrate'.")
        return False
    cache.set("tables-are-current", True, LOOK_AGAIN_SECONDS)
    return True


def _database_is_writable() -> bool:
    """Write one row for real, because a full disk shows at the commit only."""
    if cache.get("database-is-writable"):
        return True
    # No visitor has this key, because it is not alphanumeric.
    row = Session(session_key="write-check", session_data="", expire_date=timezone.now())
    try:
        Session.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["session_key"],
            update_fields=["expire_date"],
        )
    except DatabaseError as error:
        log.warning("Not ready: Django's database can't be written: %s", error)
        return False
    cache.set("database-is-writable", True, WRITE_AGAIN_SECONDS)
    return True


def _inventory_is_up() -> bool:
    try:
        get_inventory().version()
    except InventoryError as error:
        log.warning("The inventory is away: %r", error)
        return False
    return True
