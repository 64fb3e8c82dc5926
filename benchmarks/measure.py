"""Runs an action many times, one after another or in parallel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Action = Callable[[], object]
Measure = Callable[[int], float]
"""Runs a subject a number of times; returns the seconds taken, or another figure."""


def seconds(action: Action) -> Measure:
    """Measures the seconds for running an action a number of times in sequence."""

    def measure(times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            action()
        return time.perf_counter() - began

    return measure


def waits(actions: Sequence[Action], clients: int) -> list[float]:
    """The seconds of each action, shortest first; each client takes the next action."""

    def wait(action: Action) -> float:
        began = time.perf_counter()
        action()
        return time.perf_counter() - began

    with ThreadPoolExecutor(clients) as pool:
        return sorted(pool.map(wait, actions))


def seconds_at_once(actions: Sequence[Action], clients: int) -> float:
    """Seconds until ``clients`` parallel clients have done all actions."""
    return seconds(lambda: waits(actions, clients))(1)
