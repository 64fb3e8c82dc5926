"""``/metrics``: the shop's figures for Prometheus."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import inf

from django.conf import settings
from django.db import Error as DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from checkout.jobs import JOBS
from checkout.models import GoodRound, Order, OrderState
from coffeeco_site.health import database_is_writable, inventory_is_up
from coffeeco_site.request_figures import request_figures
from shop import failures
from shop.models import OutgoingMail

log = logging.getLogger(__name__)


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
    registry.register(_Requests())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Requests:
    """What the worker processes counted."""

    def collect(self) -> Iterator[Metric]:
        yield from request_figures()


class _Figures:
    """Read from the database at each scrape, so that every worker process gives the same."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "coffeeco_inventory_up", "1 while the inventory answers.", value=inventory_is_up()
        )
        try:
            yield from (*_order_figures(), *_job_figures())
        except DatabaseError as error:
            if failures.is_new("Reading figures from the database", repr(error)):
                log.exception("The database can't be asked for figures.")
            is_up = False
        else:
            failures.end("Reading figures from the database")
            is_up = True
        yield GaugeMetricFamily(
            "coffeeco_database_up", "1 while the database answers.", value=is_up
        )
        yield GaugeMetricFamily(
            "coffeeco_database_writable",
            "1 while the database can be written.",
            value=is_up and database_is_writable(),
        )


def _order_figures() -> Iterator[Metric]:
    # Bounded: an index has the pending orders, and another those of the last hour.
    hour_ago = timezone.now() - timedelta(hours=1)
    pending = Order.objects.filter(state=OrderState.PENDING).aggregate(
        count=Count("pk"), oldest=Min("created_at")
    )
    lately = GaugeMetricFamily(
        "coffeeco_orders_last_hour", "Orders settled in the last hour.", labels=["state"]
    )
    for state in (OrderState.CONFIRMED, OrderState.REFUSED, OrderState.ABANDONED):
        settled = Order.objects.filter(state=state, settled_at__gt=hour_ago)
        lately.add_metric([state.value], settled.count())
    yield lately
    yield GaugeMetricFamily(
        "coffeeco_orders_pending", "Orders whose outcome is open.", value=pending["count"]
    )
    yield GaugeMetricFamily(
        "coffeeco_oldest_pending_order_age_seconds",
        "Age of the oldest open order.",
        value=_age(pending["oldest"]),
    )


def _job_figures() -> Iterator[Metric]:
    rounds = dict(GoodRound.objects.values_list("job", "at"))
    ages = GaugeMetricFamily(
        "coffeeco_job_good_round_age_seconds",
        "Time since a job last ended well; infinite when it never did.",
        labels=["command"],
    )
    for job in JOBS:
        at = rounds.get(job.command)
        ages.add_metric([job.command], _age(at) if at else inf)
    yield ages
    waiting = OutgoingMail.objects.filter(sent_at=None, given_up_at=None)
    yield GaugeMetricFamily(
        "coffeeco_oldest_mail_age_seconds",
        "Age of the oldest mail that waits to be sent.",
        value=_age(waiting.aggregate(oldest=Min("created_at"))["oldest"]),
    )


def _age(moment: datetime | None) -> float:
    return (timezone.now() - moment).total_seconds() if moment else 0.0
