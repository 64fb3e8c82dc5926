"""A clock for the client. It jumps when the server is silent, so that no test waits for that.

Every wait may then have plenty of time: a busy machine changes nothing of what happens.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future, wait
from time import monotonic
from typing import Any

import pytest

from shop.inventory.iris.client import connection, deadline, driver, pool
from tests.inventory.iris.shop import PLENTY
from tests.support.superserver import Superserver

GLANCE = 0.01


class Clock:
    """The time of the system, and what was skipped of it."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def monotonic(self) -> float:
        return monotonic() + self._ahead

    def jump(self) -> None:
        """From now on every deadline that was set before is over."""
        self._ahead += PLENTY

    def wait(self, futures: Collection[Future[Any]], seconds: float) -> Any:
        """Wait for an answer as long as the clock says."""
        until = self.monotonic() + seconds
        while not (found := wait(futures, GLANCE)).done and self.monotonic() < until:
            pass
        return found


def time_flies(monkeypatch: pytest.MonkeyPatch, server: Superserver) -> None:
    """Skip, for the rest of the test, the time in which the server leaves a question unanswered."""
    clock = Clock()
    for module in (connection, deadline, driver, pool):
        monkeypatch.setattr(module, "monotonic", clock.monotonic)
    monkeypatch.setattr(connection, "wait", clock.wait)
    server.faults.on_silence = clock.jump
