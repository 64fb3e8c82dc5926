"""Stock alerts raised by sales, for the staff's alert page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Max, Q
from django.utils import timezone

from checkout.models import StockAlert

MOST_GROUPS = 100
MOST_SHOWN = 10
LATELY = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAlert:
    """The open occurrences of one product and kind; ``latest`` are shown, newest first."""

    product_id: int
    kind: str
    count: int
    last_id: int
    """Acknowledging covers the occurrences up to this id, so none that were not shown."""
    latest: tuple[StockAlert, ...]

    @property
    def name(self) -> str:
        return self.latest[0].name

    @property
    def left(self) -> int:
        """Bags left after the latest sale that raised it."""
        return self.latest[0].left

    @property
    def earlier(self) -> int:
        """Occurrences that are not shown."""
        return self.count - len(self.latest)


def count_open() -> int:
    """The number of open alerts; low and sold out are counted separately for each product."""
    groups = StockAlert.objects.filter(acknowledged_at=None).values("product_id", "kind")
    return groups.distinct().count()


def open_alerts() -> list[OpenAlert]:
    """The open alerts, those with the latest occurrence first, at most MOST_GROUPS."""
    groups = list(
        StockAlert.objects.filter(acknowledged_at=None)
        .values("product_id", "kind")
        .annotate(count=Count("id"), last_id=Max("id"))
        .order_by("-last_id")[:MOST_GROUPS]
    )
    shown: dict[tuple[int, str], list[StockAlert]] = defaultdict(list)
    wanted = Q()
    for group in groups:
        wanted |= Q(product_id=group["product_id"], kind=group["kind"])
    found = StockAlert.objects.filter(wanted, acknowledged_at=None).order_by("-id")
    for alert in found if groups else ():
        of_group = shown[alert.product_id, alert.kind]
        if len(of_group) < MOST_SHOWN:
            of_group.append(alert)
    return [
        OpenAlert(**group, latest=tuple(of_group))
        for group in groups
        if (of_group := shown[group["product_id"], group["kind"]])
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class NotedAlert:
    """The occurrences of one product and kind that were acknowledged together."""

    latest: StockAlert
    count: int


def lately_acknowledged() -> list[NotedAlert]:
    """The alerts that staff acknowledged last, newest first, at most LATELY."""
    groups = list(
        StockAlert.objects.exclude(acknowledged_at=None)
        .values("product_id", "kind", "acknowledged_at", "acknowledged_by")
        .annotate(count=Count("id"), last_id=Max("id"))
        .order_by("-acknowledged_at", "-last_id")[:LATELY]
    )
    latest = StockAlert.objects.in_bulk([group["last_id"] for group in groups])
    return [
        NotedAlert(latest=latest[group["last_id"]], count=group["count"])
        for group in groups
        if group["last_id"] in latest
    ]


def acknowledge(product_id: int, kind: str, *, up_to: int, who: str) -> int:
    """Close the open occurrences of a product's alert up to this id; returns how many."""
    still_open = StockAlert.objects.filter(
        product_id=product_id, kind=kind, pk__lte=up_to, acknowledged_at=None
    )
    return still_open.update(acknowledged_at=timezone.now(), acknowledged_by=who)
