"""The pages for requests that can't be served."""

from __future__ import annotations

import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

AWAY = (OperationalError, InterfaceError, InternalError)
"""How a database fails that is away, locked, full or (the last of them, PostgreSQL) read-only."""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form that has expired, or a browser that keeps no cookies."""
    return render(request, "403_csrf.html", status=403)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """A request that makes no sense.

    Unlike Django's own page, neither this one nor the next reads what was sent: a body that makes
    no sense would be an error of ours there.
    """
    return HttpResponse(loader.get_template("400.html").render(), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """An address of nothing."""
    return render(request, "404.html", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Something failed. A database that can't be asked or written is a matter of minutes: 503."""
    page = loader.get_template("500.html").render()
    if not isinstance(sys.exception(), AWAY):
        return HttpResponse(page, status=500)
    return HttpResponse(page, status=503, headers={"Retry-After": "5"})
