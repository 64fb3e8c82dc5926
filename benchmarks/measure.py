"""Doing a thing many times, one after the other or many at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Action = Callable[[], object]
Measure = Callable[[int], float]
"""Does a thing so many times, and says how many seconds that took, or what else was measured."""


def seconds(action: Action) -> Measure:
    """How long it takes to do it so many times, one after the other."""

    def measure(times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            action()
        return time.perf_counter() - began

    return measure


def waits(actions: Sequence[Action], clients: int) -> list[float]:
    """The seconds that each took, shortest first; each client does the next that is left."""

    def wait(action: Action) -> float:
        began = time.perf_counter()
        action()
        return time.perf_counter() - began

    with ThreadPoolExecutor(clients) as pool:
        return sorted(pool.map(wait, actions))


def seconds_at_once(actions: Sequence[Action], clients: int) -> float:
    """How long it takes until all are done, by so many clients at once."""
    return seconds(lambda: waits(actions, clients))(1)
