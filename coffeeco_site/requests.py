"""Requests are always decoded as UTF-8, which is what browsers send."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Django's request, without the client's choice of charset.

    Django decodes address and fields with the charset that the client names, and fails with some
    of Python's codecs (hex, zlib, undefined).
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Called by Django first; sets no encoding, so UTF-8 stays."""
        try:
            kind, parameters = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:  # a parameter in a charset that can't be read
            kind, parameters = "", {}
        self.content_type, self.content_params = kind, parameters


class Application(WSGIHandler):
    """The shop as a server runs it."""

    request_class = Request
