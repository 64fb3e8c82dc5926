"""Who may see a staff page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from shop.inventory.contract import InventoryBusy

View = Callable[..., HttpResponseBase]


def staff_only(permission: str, *, begin: str = "staff_home") -> Callable[[View], View]:
    """Strangers are sent to log in; people without the permission get 403; nothing is cached.

    ``begin`` names the page to which a stranger who sent a form comes back: a form cannot be sent
    again by a redirect.
    """

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                is_page = request.method in {"GET", "HEAD"}
                return redirect_to_login(request.get_full_path() if is_page else reverse(begin))
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


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
