"""The two round trips that make a connection a session."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from .codec import Raw
from .instance import Instance
from .messages import LOGIN_REFUSED, Refused, Reply
from .sessions import Session
from .system_classes import version_text

PROTOCOL = 69
UNICODE_SERVER, COMPACT_DOUBLES = 1, 2
OUTPUT_REDIRECTION = 32
AUTOCOMMIT_ON = 1

ACCESS_DENIED = "Access Denied"
# What a Community Edition says beyond its connections is not documented: a guess at the words.
LICENCE_LIMIT = "<LICENSE LIMIT EXCEEDED> Connection limit of this licence reached"


def scrambled(text: str) -> bytes:
    """Return a user name or password as the client hides it."""
    units = struct.unpack(f"<{len(text.encode('utf-16-le')) // 2}H", text.encode("utf-16-le"))
    count = len(units)
    hidden = [0] * count
    for place, unit in enumerate(units):
        turned = (((unit & 0xFF) ^ 0xA7) + (count - 1 - place)) & 0xFF
        turned = ((turned << 5) | (turned >> 3)) & 0xFF
        hidden[count - 1 - place] = (unit & 0xFF00) | turned
    return struct.pack(f"<{count}H", *hidden)


def unscrambled(text: str | None) -> str:
    """Return what the client hid."""
    hidden = [ord(character) for character in text or ""]
    count = len(hidden)
    units = [0] * count
    for place in range(count):
        unit = hidden[count - 1 - place]
        turned = unit & 0xFF
        turned = ((turned >> 5) | (turned << 3)) & 0xFF
        units[place] = (unit & 0xFF00) | (((turned - (count - 1 - place)) & 0xFF) ^ 0xA7)
    return struct.pack(f"<{count}H", *units).decode("utf-16-le", "surrogatepass")


@dataclass(frozen=True)
class Login:
    """What the client tells of itself."""

    namespace: str
    user: str
    password: str
    program: str
    autocommit: bool


def hello(body: bytes) -> Reply:
    """Answer HS: the protocol that both speak, the server's features and its locale."""
    (theirs,) = struct.unpack_from("<H", body)
    features = UNICODE_SERVER | COMPACT_DOUBLES
    return Reply([Raw(struct.pack("<HH", min(theirs, PROTOCOL), features)), "UNICODE"])


def read_login(items: list[Any]) -> Login:
    """Return the content of CN."""
    return Login(
        namespace=items[0] or "",
        user=unscrambled(items[1]),
        password=unscrambled(items[2]),
        program=(items[5] or "").rstrip("\0"),
        autocommit=items[9] == AUTOCOMMIT_ON,
    )


def check(login: Login, *, instance: Instance, password: str) -> None:
    """Refuse an unknown account."""
    known = (instance.user.casefold(), password, instance.namespace.casefold())
    # What a server says of an unknown namespace is not documented: treated like a wrong password.
    if (login.user.casefold(), login.password, login.namespace.casefold()) != known:
        raise Refused(ACCESS_DENIED, LOGIN_REFUSED)


def welcome(session: Session) -> Reply:
    """Answer CN: version, quoted names are columns, job number, features granted."""
    version = version_text(session.instance.version)
    # No directory after the version: the driver then stays on TCP.
    return Reply([f"{version}||", 1, "", 0, str(session.number), 0, 0])
