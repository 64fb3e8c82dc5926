"""The staff's page while the stock can't be asked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.inventory.contract import InventoryBusy


def away(request: HttpRequest, error: Exception) -> HttpResponse:
    """Keeps what was typed, with its key, in a form that sends it again."""
    context = {
        "is_busy": isinstance(error, InventoryBusy),
        "fields": [
            (name, text) for name, text in request.POST.items() if name != "csrfmiddlewaretoken"
        ],
    }
    response = render(request, "staff/away.html", context, status=503)
    response["Retry-After"] = "5"
    return response
