"""Who may see a staff page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

View = Callable[..., HttpResponseBase]


def staff_only(*permissions: str, begin: str = "staff_home") -> Callable[[View], View]:
    """Asks visitors to log in, gives 403 without any of the permissions, and forbids caching.

    ``begin`` names the page to which a visitor who sent a form comes back after the log-in: a
    redirect cannot send the form again.
    """

    def decorate(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                is_page = request.method in {"GET", "HEAD"}
                return redirect_to_login(request.get_full_path() if is_page else reverse(begin))
            if not any(map(request.user.has_perm, permissions)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
