"""Answers for load balancers: liveness and readiness."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from checkout.models import Order
from shop import failures
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
    return JsonResponse(said | {"inventory": "up" if inventory_is_up() else "down"})


def _database_state() -> str:
    if not _database_is_up():
        return "down"
    if not _tables_are_current():
        return "out of date"
    return "up" if database_is_writable() else "read-only"


def _database_is_up() -> bool:
    try:
        Order.objects.exists()
    except DatabaseError as error:
        if failures.is_new("Django's database", str(error)):
            log.warning("Not ready: Django's database is away: %s", error)
        return False
    failures.end("Django's database")
    return True


def _tables_are_current() -> bool:
    """False while a migration of this code is not applied; tables of newer code are current."""
    if cache.get("tables-are-current"):
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        if failures.is_new("The check of the tables", ""):
            log.warning("Not ready: the tables are older than the code; run 'migrate'.")
        return False
    failures.end("The check of the tables")
    cache.set("tables-are-current", True, LOOK_AGAIN_SECONDS)
    return True


def database_is_writable() -> bool:
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
        if failures.is_new("Writing to Django's database", str(error)):
            log.warning("Not ready: Django's database can't be written: %s", error)
        return False
    failures.end("Writing to Django's database")
    cache.set("database-is-writable", True, WRITE_AGAIN_SECONDS)
    return True


def inventory_is_up() -> bool:
    """Whether the inventory answers."""
    try:
        get_inventory().version()
    except InventoryError as error:
        if failures.is_new("The inventory", repr(error)):
            log.warning("The inventory is away: %r", error)
        return False
    failures.end("The inventory")
    return True
