"""What a page says while the inventory is away and nothing is known of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from shop.desk import away
from shop.inventory.contract import InventoryBusy, InventoryUnavailable

log = logging.getLogger(__name__)


class InventoryAwayMiddleware:
    """Turns an inventory that can't be asked into a 503 page that says the basket is kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django when a view raised; None leaves other errors to Django."""
        if not isinstance(error, InventoryUnavailable | InventoryBusy):
            return None
        log.warning("%s: the inventory is away: %r", request.path, error)
        if request.path.startswith(reverse("staff_home")):
            return away(request, error)
        response = render(request, "503.html", status=503)
        response["Retry-After"] = "5"
        return response
