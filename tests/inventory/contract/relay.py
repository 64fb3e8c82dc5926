"""A relay between the driver and a server, where the link between them can be cut.

It stands where a server can't be asked to fail: it passes every message on as it is, and cuts the
link at the one that a test names.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.superserver.messages import (
    HEADER,
    MORE_PARTS_FOLLOW,
    UNANSWERED,
    LinkClosed,
    Request,
    receive_exactly,
)


@dataclass
class Cut:
    """Where the next cut is: at the ``step``-th request of a kind, from 1, or of any kind."""

    step: int
    kind: str = ""
    answered: bool = False
    """True to let the server do it, and to keep its answer from the driver."""
    struck: Callable[[], None] = field(default=lambda: None)

    def is_at(self, request: Request) -> bool:
        """Count a request; True when it is the one."""
        if request.operation in UNANSWERED or self.kind not in ("", request.operation):
            return False
        self.step -= 1
        return self.step == 0


class Relay:
    """Listens on a port of this machine for as long as the with block."""

    def __init__(self, host: str, port: int, *, settled: Callable[[], None]) -> None:
        """Pass messages on to a server; ``settled`` returns once it has undone what was cut."""
        self._server = (host, port)
        self._settled = settled
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.cut: Cut | None = None
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Relay:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._listener)
        with self._lock:
            links, threads = list(self._links), list(self._threads)
        for link in links:
            _end(link)
        for thread in threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="relay", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with self._listener, contextlib.suppress(OSError):
            while True:
                driver, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    driver.close()
                    continue
                driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._links += [driver, server]
                self._start(_Link(self, driver, server, self._settled).run)


class _Link:
    """One connection of the driver's, and the one to the server that belongs to it."""

    def __init__(
        self,
        relay: Relay,
        driver: socket.socket,
        server: socket.socket,
        settled: Callable[[], None],
    ) -> None:
        self._relay = relay
        self._driver = driver
        self._server = server
        self._settled = settled
        self._mutes_answers = False
        self._answered = threading.Event()

    def run(self) -> None:
        """Pass on until either side goes."""
        answers = threading.Thread(target=self._pass_answers, name="relay", daemon=True)
        answers.start()
        with contextlib.suppress(LinkClosed, OSError):
            while self._pass_request():
                pass
        _end(self._server)
        answers.join()
        self._server.close()
        self._driver.close()

    def _pass_request(self) -> bool:
        frames, request = _read(self._driver)
        cut = self._relay.cut
        if cut is None or not cut.is_at(request):
            self._server.sendall(frames)
            return True
        self._mutes_answers = True
        if cut.answered:
            self._answered.clear()
            self._server.sendall(frames)
            self._answered.wait()
        _end(self._server)
        self._settled()
        cut.struck()
        _end(self._driver)
        return False

    def _pass_answers(self) -> None:
        with contextlib.suppress(OSError):
            while piece := self._server.recv(1 << 16):
                self._answered.set()
                if not self._mutes_answers:
                    self._driver.sendall(piece)
        self._answered.set()
        if not self._mutes_answers:
            _end(self._driver)


def _read(driver: socket.socket) -> tuple[bytes, Request]:
    """One request, as it came and as it reads."""
    frames = bytearray()
    while True:
        header = receive_exactly(driver, HEADER.size)
        length, number, statement, code = HEADER.unpack(header)
        frames += header + receive_exactly(driver, length)
        if not statement & MORE_PARTS_FOLLOW:
            return bytes(frames), Request(number, statement, code, b"")


def _end(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
