"""A name for each request, in its log lines, its answer and its error page."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
PLAIN = re.compile(r"[A-Za-z0-9-]{8,64}")
"""What is taken over from a proxy; anything else is replaced."""

_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The name of the request that this thread serves; empty outside of requests."""
    return _current.get()


class RequestIdMiddleware:
    """Takes the name that a proxy sends, or makes one, and sends it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        brought = request.META.get("HTTP_X_REQUEST_ID", "")
        name = brought if PLAIN.fullmatch(brought) else secrets.token_hex(8)
        request.request_id = name  # type: ignore[attr-defined]
        token = _current.set(name)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response[HEADER] = name
        return response


class RequestIdFilter(logging.Filter):
    """Adds the name to each record; it removes none."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs a finished answer, such as a 503, after the middleware has left.
        record.request_id = request_id() or getattr(
            getattr(record, "request", None), "request_id", ""
        )
        return True
