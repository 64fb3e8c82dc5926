"""The alerts that sales raised, as staff work through them."""

from __future__ import annotations

from checkout.models import StockAlert


def count_open() -> int:
    """How many products have an open alert, each kind for itself."""
    return (
        StockAlert.objects.filter(acknowledged_at=None)
        .values("product_id", "kind")
        .distinct()
        .count()
    )
