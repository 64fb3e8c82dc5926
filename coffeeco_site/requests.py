"""Requests as the shop reads them: decoded as UTF-8, which is what browsers send, and whole."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

LONGEST_LINE = 8 * 1024
"""Characters of a header, or of an address's path or query; nginx takes as much by default."""


class WholeStream(LimitedStream):
    """A body that ends before its announced length is an error, not a shorter body.

    Django would read ``quantity=12`` from a form with ``quantity=120`` that was cut off on its way.
    """

    def __init__(self, stream: Any, limit: int) -> None:
        super().__init__(stream, limit)
        self._missing = limit

    def read(self, size: int | None = -1, /) -> bytes:
        """As Django's. Raises BadRequest when cut off, because CSRF protection lets it through."""
        wanted = self._missing if size is None or size < 0 else min(size, self._missing)
        data: bytes = super().read(wanted)
        self._missing -= len(data)
        if len(data) < wanted:
            raise BadRequest("the body was cut off")
        return data


class Request(WSGIRequest):
    """Django's request, whole, and without the client's choice of charset.

    Django decodes address and fields with the charset that the client names, and fails with some
    of Python's codecs (hex, zlib, undefined).
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        limited: Any = self._stream
        self._stream = WholeStream(environ["wsgi.input"], limited.limit)  # type: ignore[assignment]

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Called by Django first; sets no encoding, so UTF-8 stays.

        Cut off, because 60 KB of semicolons take 0.8 s to parse; LimitsMiddleware refuses it then.
        """
        try:
            kind, parameters = parse_header_parameters(meta.get("CONTENT_TYPE", "")[:LONGEST_LINE])
        except ValueError:  # a parameter in a charset that can't be read
            kind, parameters = "", {}
        self.content_type, self.content_params = kind, parameters


class Application(WSGIHandler):
    """The shop as a server runs it."""

    request_class = Request
