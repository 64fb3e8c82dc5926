"""Errors of a server. All are :class:`IrisError`; the texts are the server's."""

from __future__ import annotations

import re

FIELD_NOT_FOUND, TABLE_NOT_FOUND, NOT_PRIVILEGED = 29, 30, 99
"""SQLCODEs, without the sign."""


class IrisError(Exception):
    """Base of the errors that this package raises on purpose."""


class LinkLost(IrisError):
    """The connection is lost or could not be made. The last request may have been carried out."""


class LoginDenied(LinkLost):
    """The server answered, and refused the account, the namespace or the licence."""


class Timeout(IrisError):
    """There was no answer before the deadline, or no time left to ask.

    The connection was shut, so the server rolls back what was not committed.
    """


class NoneFree(IrisError):
    """Every connection of the pool was in use until the deadline."""


class OutcomeUnknown(IrisError):
    """The commit was sent and not answered with success: it may have happened, or not."""


class ServerError(IrisError):
    """The server answered with an error; the connection and its transaction are as before."""

    @property
    def is_refusal(self) -> bool:
        """True when the account lacks a right."""
        return "<PROTECT>" in str(self)


class LockTimeout(ServerError):
    """A lock was not obtained in time; ``node`` is its name and subscripts, or class and id."""

    def __init__(self, text: str, *node: str | int) -> None:
        super().__init__(text)
        self.node = node


class StatusError(ServerError):
    """A method returned a %Status that is not good; ``code`` is its number, 0 when it has none."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = code_of(text)


class SqlError(ServerError):
    """A statement failed; ``code`` is the number of its SQLCODE, without the sign."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code

    @property
    def is_refusal(self) -> bool:
        return self.code == NOT_PRIVILEGED


def code_of(words: str) -> int:
    """The number in a %Status's words, 0 when there is none."""
    found = re.search(r"#(\d+)", words)
    return int(found[1]) if found else 0


def joined_lines(words: object) -> str:
    """The server's text, often several lines, on one line."""
    return " ".join(str(words).split())
