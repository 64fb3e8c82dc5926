"""Requests to a WSGI application without a network, with cookies like a browser's."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Visitor:
    """Keeps cookies; every request's status must be the one expected."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.cookies: dict[str, str] = {}
        self.etag = ""
        """The ETag of the last page."""

    def get(self, path: str, *, query: str = "", etag: str = "", expect: int = 200) -> str:
        """Request a page; ``etag`` is sent as If-None-Match."""
        return self._ask("GET", path, query, b"", expect, etag)

    def post(self, path: str, fields: dict[str, str], *, expect: int = 302) -> str:
        """Send a form."""
        return self._ask("POST", path, "", urlencode(fields).encode(), expect)

    def _ask(
        self, method: str, path: str, query: str, body: bytes, expect: int, etag: str = ""
    ) -> str:
        answer: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            answer["status"] = int(status.split(maxsplit=1)[0])
            self.etag = dict(headers).get("ETag", "")
            for name, value in headers:
                if name.lower() == "set-cookie":
                    cookie, _, kept = value.split(";")[0].strip().partition("=")
                    self.cookies[cookie] = kept

        response = self.application(
            {
                "REQUEST_METHOD": method,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": "application/x-www-form-urlencoded",
                "CONTENT_LENGTH": str(len(body)),
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "HTTP_HOST": "localhost",
                **({"HTTP_IF_NONE_MATCH": etag} if etag else {}),
                "HTTP_COOKIE": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
                "wsgi.version": (1, 0),
                "wsgi.url_scheme": "http",
                "wsgi.input": io.BytesIO(body),
                "wsgi.errors": sys.stderr,
                "wsgi.multithread": True,
                "wsgi.multiprocess": True,
                "wsgi.run_once": False,
            },
            start,
        )
        page = b"".join(response)
        close = getattr(response, "close", None)
        if close:
            close()
        if answer["status"] != expect:
            raise SystemExit(f"{method} {path}: {answer['status']} instead of {expect}")
        return page.decode()
