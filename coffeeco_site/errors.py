"""The pages for requests that can't be served."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.template import loader

from coffeeco_site.request_id import request_id
from shop.deliveries import MAX_TEXT

AWAY = (OperationalError, InterfaceError, InternalError)
"""Errors of a database that is away, locked, full or (InternalError, PostgreSQL) read-only."""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that has expired, or a browser that keeps no cookies."""
    context = {"has_no_cookie": reason == REASON_NO_CSRF_COOKIE}
    return render(request, "403_csrf.html", context, status=403)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that can't be understood, or has longer fields than Django takes.

    This page and those for long bodies and server errors use no context processors, because those
    would read the request's body, which may be what is broken.
    """
    if isinstance(exception, RequestDataTooBig):
        return too_long()
    return refused(HTTPStatus.BAD_REQUEST)


def too_long() -> HttpResponse:
    """A body that is longer than its address takes."""
    page = loader.get_template("413.html").render({"megabytes": MAX_TEXT // 1024**2})
    return HttpResponse(page, status=413)


def refused(status: HTTPStatus) -> HttpResponse:
    """What no browser sends from a page of the shop, with the status that says why."""
    return HttpResponse(loader.get_template("400.html").render(), status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """An address that does not exist."""
    return render(request, "404.html", status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    """An error of the shop; 503 when the database can't be used, because that passes."""
    page = loader.get_template("500.html").render({"request_id": request_id()})
    if not isinstance(sys.exception(), AWAY):
        return HttpResponse(page, status=500)
    return HttpResponse(page, status=503, headers={"Retry-After": "5"})
