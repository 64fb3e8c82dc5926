"""How what a client sends becomes a request: always as UTF-8, which is what browsers send."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Django's own, which no Content-Type can break.

    Django reads the address and the fields in the charset that the client names, and Python knows
    codecs that can't read them (hex, zlib, undefined).
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Called by Django at first; that it sets no encoding leaves it at UTF-8."""
        try:
            kind, parameters = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # a parameter in a charset that can't be read
            kind, parameters = "", {}
        self.content_type, self.content_params = kind, parameters


class Application(WSGIHandler):
    """The shop as a server runs it."""

    request_class = Request
