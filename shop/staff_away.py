"""What a staff page says while the stock can't be asked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shop.inventory.contract import InventoryBusy


def away(request: HttpRequest, error: Exception) -> HttpResponse:
    """What was typed is kept in a form, with its key, to send again once the stock answers."""
    context = {
        "is_busy": isinstance(error, InventoryBusy),
        "fields": [
            (name, text) for name, text in request.POST.items() if name != "csrfmiddlewaretoken"
        ],
    }
    response = render(request, "staff/away.html", context, status=503)
    response["Retry-After"] = "5"
    return response
