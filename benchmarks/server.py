"""A web server on this machine, started as ``make run`` starts it, and requests to it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from coffeeco_site.serving import GRANIAN, HOST

STARTING = 60.0
"""Seconds that the server may take to answer for the first time."""
SLOWLY = 0.05
"""Seconds between two characters of a slow client."""


class Server:
    """Two workers of four threads, as granian runs the shop; stopped on leaving."""

    def __init__(self, target: str = "coffeeco_site.wsgi:application") -> None:
        """``target`` is the application, or a function without arguments that returns it."""
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = int(probe.getsockname()[1])
        where = ["--host", HOST, "--port", str(self.port)]
        kind = [] if target == GRANIAN[-1] else ["--factory"]
        self._process = subprocess.Popen(
            [*GRANIAN[:-1], *where, *kind, target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Server:
        deadline = time.monotonic() + STARTING
        while True:
            try:
                HTTPConnection(HOST, self.port, timeout=5).request("GET", "/healthz")
            except (OSError, HTTPException):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise SystemExit("the server does not start") from None
                time.sleep(0.1)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def memory(self) -> float:
        """Memory of the largest worker, in MiB."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        children = " ".join((thread / "children").read_text() for thread in threads).split()
        pages = (int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children)
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Wire(threading.local):
    """A WSGI application that forwards to a server; each thread keeps one connection."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection(HOST, port)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        headers = {
            "Host": environ["HTTP_HOST"],
            "Content-Type": environ["CONTENT_TYPE"],
            "Cookie": environ["HTTP_COOKIE"],
        }
        query = environ["QUERY_STRING"]
        address = environ["PATH_INFO"] + (f"?{query}" if query else "")
        body = environ["wsgi.input"].read() or None
        self._connection.request(environ["REQUEST_METHOD"], address, body, headers)
        answer = self._connection.getresponse()
        start(f"{answer.status} {answer.reason}", answer.getheaders())
        return [answer.read()]


class SlowClients:
    """Slow clients; each sends, or reads, one character at a time."""

    def __init__(self, port: int, number: int, kind: str = "heads") -> None:
        self._begins, self._step = KINDS[kind]
        self._lines = [socket.create_connection((HOST, port)) for _ in range(number)]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self) -> SlowClients:
        for line in self._lines:
            line.sendall(self._begins)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        for line in self._lines:
            line.close()

    def _go_on(self) -> None:
        while not self._is_over.wait(SLOWLY):
            for line in self._lines:
                # The shop may end a form that comes in too slowly.
                with suppress(ConnectionError):
                    self._step(line)


def _send(line: socket.socket) -> None:
    line.sendall(b"a")


def _read(line: socket.socket) -> None:
    line.recv(1)


KINDS: dict[str, tuple[bytes, Callable[[socket.socket], None]]] = {
    "heads": (b"GET /shop/ HTTP/1.1\r\nHost: localhost\r\nCookie: ", _send),
    "forms": (
        b"POST /basket/add/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n",
        _send,
    ),
    "readers": (b"GET /shop/ HTTP/1.1\r\nHost: localhost\r\n\r\n", _read),
}
"""What slow clients send at once, and what they do slowly."""
