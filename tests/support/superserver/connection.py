"""One client's link: read a message, serve it, answer, until the client goes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import handshake, native
from .codec import ListError, decode_all
from .faults import Faults, Labels, Muted
from .instance import Instance
from .messages import UNANSWERED, LinkClosed, Refused, Reply, Request, receive, send
from .sessions import Session
from .sql_requests import SqlRequests
from .traffic import Traffic

METHOD_CALLS = frozenset({"classMethod", "classMethodVoid", "invoke", "invokeVoid"})
CLASS_CALLS = frozenset({"classMethod", "classMethodVoid"})


@dataclass(frozen=True)
class Surroundings:
    """What a connection needs of its server."""

    instance: Instance
    password: str
    faults: Faults
    traffic: Traffic
    trace: Callable[[str, str, list[Any], list[Reply]], None]
    rows_per_message: int | None
    part_size: int | None


class Connection:
    """Serves one socket; run() returns when the link has ended, the session with it."""

    def __init__(self, link: socket.socket, surroundings: Surroundings) -> None:
        self.link = link
        self._around = surroundings
        self._instance = surroundings.instance
        self._session: Session | None = None
        self._sql: SqlRequests | None = None
        self._stopping = False

    def run(self) -> None:
        """Serve messages until the client goes or the link is cut."""
        try:
            while True:
                self._serve_one()
        except LinkClosed:
            pass
        except Muted:
            self._swallow()
        finally:
            self.cut()
            if self._session is not None:
                self._session.close()
            self.link.close()

    def cut(self) -> None:
        """End the link now; a session that waits for a lock stops waiting."""
        self._stopping = True
        # The client may have closed its end already.
        with contextlib.suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)
        if self._session is not None:
            self._session.interrupt()

    def _serve_one(self) -> None:
        request = receive(self.link)
        items = _items(request)
        labels = self._labels(request, items)
        kind = _kind(request, items)
        around = self._around
        around.traffic.note(kind)
        death = None
        try:
            death = around.faults.before(labels, lambda: not self._stopping)
            replies = self._serve_hooked(request, items, labels)
        except Refused as refusal:
            replies = [self._refusal(request, refusal)]
        around.trace(self._name, kind, items, replies)
        if death is not None:
            around.faults.die(death)
        for reply in replies:
            send(self.link, request, reply, around.part_size)
        if kind == "DC" or (kind == "CN" and self._session is None):
            raise LinkClosed("said goodbye")

    def _serve_hooked(self, request: Request, items: list[Any], labels: Labels) -> list[Reply]:
        session = self._session
        if session is None:
            return [self._greet(request, items)]
        session.last_call = _kind(request, items)
        self._around.traffic.run_before(labels, session)
        try:
            return self._serve(session, request, items)
        finally:
            self._around.traffic.run_after(labels, session)

    def _serve(self, session: Session, request: Request, items: list[Any]) -> list[Reply]:
        if request.is_native:
            if request.operation not in native.HANDLERS:
                raise Refused(f"<FUNCTION> {request.operation}")
            return [native.serve(session, request.operation, items)]
        if request.operation == "DC":
            return []
        assert self._sql is not None
        replies = self._sql.serve(request.operation, request.statement, items)
        return [] if request.operation in UNANSWERED else replies

    def _greet(self, request: Request, items: list[Any]) -> Reply:
        if request.operation == "HS":
            return handshake.hello(request.body)
        if request.operation != "CN":
            raise Refused("<PROTOCOL> not logged in")
        login = handshake.read_login(items)
        handshake.check(login, instance=self._instance, password=self._around.password)
        with self._instance.sessions_changed:
            live = sum(session.is_remote for session in self._instance.sessions.values())
            self._around.faults.check_login(live, handshake.LICENCE_LIMIT)
            session = Session(self._instance, autocommit=login.autocommit, program=login.program)
        self._session = session
        self._sql = SqlRequests(session, self._around.rows_per_message)
        return handshake.welcome(session)

    def _refusal(self, request: Request, refusal: Refused) -> Reply:
        if request.is_native or self._sql is None:
            return refusal.reply()
        return self._sql.refused(refusal)

    def _swallow(self) -> None:
        """Read and forget until the client goes."""
        with contextlib.suppress(LinkClosed):
            while True:
                receive(self.link)

    def _labels(self, request: Request, items: list[Any]) -> Labels:
        names = {request.operation, _kind(request, items)}
        if request.operation in CLASS_CALLS:
            names.add(f"{items[0]}.{items[1]}")
        if self._sql is not None and not request.is_native:
            names |= self._sql.labels(request.operation, request.statement, items)
        return frozenset(names)

    @property
    def _name(self) -> str:
        return str(self._session.number) if self._session else "login"


def _items(request: Request) -> list[Any]:
    if request.operation == "HS":
        return []
    try:
        return decode_all(request.body)
    except ListError as error:
        raise LinkClosed(str(error)) from error


def _kind(request: Request, items: list[Any]) -> str:
    """Return what a message counts as: a method's own name, else the operation."""
    return str(items[1]) if request.operation in METHOD_CALLS else request.operation
