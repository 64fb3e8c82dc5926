"""How long a thread waits for Django's database.

A request has one limit for all its waits together, so a database that is silent, slow or locked
holds it no longer than that. What else it does, such as asking IRIS, does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

COMMAND_SECONDS = 60.0
"""For each single wait outside a request."""
DELIVERY_SECONDS = 60.0
MIGRATION_SECONDS = 3600.0


_left: ContextVar[float | None] = ContextVar("seconds left", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Inside, this thread waits at most so many seconds, all waits together."""
    outer = _left.set(seconds)
    try:
        yield
    finally:
        _left.reset(outer)


@contextmanager
def waiting() -> Iterator[float]:
    """The seconds that this wait may take, zero when none are left; the time inside is counted."""
    left = _left.get()
    began = monotonic()
    try:
        yield COMMAND_SECONDS if left is None else max(0.0, left)
    finally:
        left = _left.get()
        if left is not None:
            _left.set(left - (monotonic() - began))
