"""The client's clock, put forward by the server in place of a wait that nothing would end."""

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
    """Runs like any other, and jumps when the server leaves a question without an answer."""

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
    """Give the client such a clock for the rest of the test."""
    clock = Clock()
    for module in (connection, deadline, driver, pool):
        monkeypatch.setattr(module, "monotonic", clock.monotonic)
    monkeypatch.setattr(connection, "wait", clock.wait)
    server.faults.on_silence = clock.jump
