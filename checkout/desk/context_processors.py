"""What every staff page needs of orders and alerts."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from checkout.alerts import count_open


def desk(_request: HttpRequest) -> dict[str, Callable[[], int]]:
    """How many alerts are open; counted only where a template shows it."""
    return {"open_alerts": count_open}
