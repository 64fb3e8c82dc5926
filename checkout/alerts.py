"""Stock alerts raised by sales, for the staff's alert page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Max
from django.utils import timezone

from checkout.models import StockAlert
from shop.inventory.contract import Inventory

MOST_GROUPS = 100
MOST_SHOWN = 10
LATELY = 20
BY_RESTOCK = "a restock"
"""Stands in place of a user name where bags that came in closed an alert."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAlert:
    """The open occurrences of one product; ``latest`` are shown, newest first."""

    product_id: int
    count: int
    last_id: int
    """Acknowledging covers the occurrences up to this id, so none that were not shown."""
    latest: tuple[StockAlert, ...]

    @property
    def last(self) -> StockAlert:
        """The latest occurrence; its kind and what it left are the product's state after it."""
        return self.latest[0]

    @property
    def earlier(self) -> int:
        """Occurrences that are not shown."""
        return self.count - len(self.latest)


def count_open() -> int:
    """The number of products with an open alert."""
    return StockAlert.objects.filter(acknowledged_at=None).values("product_id").distinct().count()


def open_alerts() -> list[OpenAlert]:
    """The open alerts, those with the latest occurrence first, at most MOST_GROUPS."""
    groups = list(
        StockAlert.objects.filter(acknowledged_at=None)
        .values("product_id")
        .annotate(count=Count("id"), last_id=Max("id"))
        .order_by("-last_id")[:MOST_GROUPS]
    )
    shown: dict[int, list[StockAlert]] = defaultdict(list)
    wanted = [group["product_id"] for group in groups]
    found = StockAlert.objects.filter(product_id__in=wanted, acknowledged_at=None)
    for alert in found.order_by("-id"):
        of_group = shown[alert.product_id]
        if len(of_group) < MOST_SHOWN:
            of_group.append(alert)
    return [
        OpenAlert(**group, latest=tuple(of_group))
        for group in groups
        if (of_group := shown[group["product_id"]])
    ]


def close_restocked(inventory: Inventory, product_ids: Collection[int]) -> None:
    """Close the open alerts of those of these products that are not low any more.

    Raises InventoryUnavailable or InventoryBusy.
    """
    still_open = StockAlert.objects.filter(acknowledged_at=None, product_id__in=list(product_ids))
    ids = set(still_open.values_list("product_id", flat=True).distinct())
    enough = max(1, inventory.low_stock)
    known = inventory.products(ids) if ids else {}
    full = [id_ for id_, product in known.items() if product.left >= enough]
    still_open.filter(product_id__in=full).update(
        acknowledged_at=inventory.clock(), acknowledged_by=BY_RESTOCK
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class NotedAlert:
    """The occurrences of one product that were acknowledged together."""

    latest: StockAlert
    count: int


def lately_acknowledged() -> list[NotedAlert]:
    """The alerts that staff acknowledged last, newest first, at most LATELY."""
    groups = list(
        StockAlert.objects.exclude(acknowledged_at=None)
        .values("product_id", "acknowledged_at", "acknowledged_by")
        .annotate(count=Count("id"), last_id=Max("id"))
        .order_by("-acknowledged_at", "-last_id")[:LATELY]
    )
    latest = StockAlert.objects.in_bulk([group["last_id"] for group in groups])
    return [
        NotedAlert(latest=latest[group["last_id"]], count=group["count"])
        for group in groups
        if group["last_id"] in latest
    ]


def acknowledge(product_id: int, *, up_to: int, who: str) -> int:
    """Close the open occurrences of a product's alert up to this id; returns how many."""
    still_open = StockAlert.objects.filter(
        product_id=product_id, pk__lte=up_to, acknowledged_at=None
    )
    return still_open.update(acknowledged_at=timezone.now(), acknowledged_by=who)
