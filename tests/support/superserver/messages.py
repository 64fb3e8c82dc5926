"""Messages: headers, codes and the names of what a client may ask."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import Any

from .codec import encode_all

HEADER = struct.Struct("<IIIH")
MORE_PARTS_FOLLOW = 0x80000000
NATIVE_REQUEST = 0xC240
NATIVE_REPLY = 0xCA00

NO_MORE_DATA = 100
NOT_PREPARED = 404
LOGIN_REFUSED = 417
UNDEFINED_GLOBAL = 1009
NATIVE_FAILED = 1010

NATIVE_NAMES = {
    1: "get",
    2: "set",
    3: "kill",
    5: "nextSubscript",
    6: "increment",
    8: "function",
    9: "isDefined",
    11: "classMethod",
    12: "classMethodVoid",
    13: "routine",
    14: "lock",
    15: "unlock",
    16: "releaseAllLocks",
    17: "tStart",
    18: "tCommit",
    19: "tRollback",
    20: "tRollbackOne",
    21: "getTLevel",
    26: "procedure",
    27: "invoke",
    28: "invokeVoid",
    29: "getProperty",
    30: "setProperty",
}

UNANSWERED = frozenset({"DC", "AF", "AN", "CC", "CS", "CU", "RC", "RU", "RN"})


@dataclass(frozen=True)
class Request:
    """One message of the client's, its parts joined."""

    number: int
    statement: int
    code: int
    body: bytes

    @property
    def operation(self) -> str:
        """The name of the native call, or the two letters of an SQL or control request."""
        opcode = self.code - NATIVE_REQUEST
        if opcode in NATIVE_NAMES:
            return NATIVE_NAMES[opcode]
        return self.code.to_bytes(2, "little").decode("latin-1")

    @property
    def is_native(self) -> bool:
        """Whether the reply's code must be that of a native call."""
        return self.code >> 8 == NATIVE_REQUEST >> 8


@dataclass
class Reply:
    """One message of the server's: items, and a code that is 0 when all went well."""

    items: list[Any] | tuple[Any, ...] = field(default_factory=list)
    code: int = 0
    may_be_cut: bool = True

    @property
    def body(self) -> bytes:
        """The items as bytes."""
        return encode_all(self.items)


class Refused(Exception):
    """A request that is answered by an error number and, for native calls, a text."""

    def __init__(self, text: str, code: int = NATIVE_FAILED) -> None:
        super().__init__(text)
        self.text = text
        self.code = code

    def reply(self) -> Reply:
        """Return the answer that makes the driver raise."""
        return Reply([self.text], self.code)


class LinkClosed(Exception):
    """The client has gone, or the link was cut on purpose."""


def receive_exactly(link: socket.socket, size: int) -> bytes:
    """Return that many bytes, or raise LinkClosed when the stream ends first."""
    chunks = bytearray()
    while len(chunks) < size:
        try:
            chunk = link.recv(min(size - len(chunks), 1 << 20))
        except OSError as error:
            raise LinkClosed(str(error)) from error
        if not chunk:
            raise LinkClosed("end of stream")
        chunks += chunk
    return bytes(chunks)


def receive(link: socket.socket) -> Request:
    """Return the client's next request, or raise LinkClosed."""
    body = bytearray()
    while True:
        length, number, statement, code = HEADER.unpack(receive_exactly(link, HEADER.size))
        body += receive_exactly(link, length)
        if not statement & MORE_PARTS_FOLLOW:
            return Request(number, statement, code, bytes(body))


def send(link: socket.socket, request: Request, reply: Reply, part_size: int | None = None) -> None:
    """Send a reply to a request, cut into parts of a size when one is given."""
    code = reply.code + NATIVE_REPLY if request.is_native else reply.code
    body = reply.body
    size = (part_size if reply.may_be_cut else None) or len(body) or 1
    parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    frames = bytearray()
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        statement = request.statement if last else request.statement | MORE_PARTS_FOLLOW
        frames += HEADER.pack(len(part), request.number, statement, code) + part
    try:
        link.sendall(frames)
    except OSError as error:
        raise LinkClosed(str(error)) from error
