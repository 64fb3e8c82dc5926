"""How long a thread waits for Django's database.

A request has one limit for all its waits together, so a database that is silent, slow or locked
holds it no longer than that. What else it does, such as asking IRIS, does not count.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

COMMAND_SECONDS = 60.0
"""For each single wait outside a request."""
DELIVERY_SECONDS = 60.0
MIGRATION_SECONDS = 3600.0


class _Limit(threading.local):
    left: float | None = None


_limit = _Limit()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Inside, this thread waits at most so many seconds, all waits together."""
    outer = _limit.left
    _limit.left = seconds
    try:
        yield
    finally:
        _limit.left = outer


@contextmanager
def waiting() -> Iterator[float]:
    """The seconds that this wait may take, zero when none are left; the time inside is counted."""
    left = _limit.left
    began = monotonic()
    try:
        yield COMMAND_SECONDS if left is None else max(0.0, left)
    finally:
        if _limit.left is not None:
            _limit.left -= monotonic() - began
