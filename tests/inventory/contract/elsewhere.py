"""Doing something in another thread, with connections of its own, as another process would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import TypeVar

from django.db import connections

from tests.inventory.contract.world import World

T = TypeVar("T")
# No test waits this long; a thread that does has hung, and the test says so.
PATIENCE = 60.0


def in_thread(world: World, act: Callable[[], T], pool: ThreadPoolExecutor) -> Future[T]:
    """Start an act in a thread of the pool; what it opened is closed when it ends."""

    def run() -> T:
        try:
            return act()
        finally:
            world.leave()
            # Whatever the store, an order is in Django's database.
            connections.close_all()

    return pool.submit(run)


@contextmanager
def kept_open(opening: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
    """Enter a context in another thread, and leave it there when this one ends."""
    entered, leave = Event(), Event()

    def keep() -> None:
        with opening():
            entered.set()
            leave.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        kept = pool.submit(keep)
        try:
            while not entered.wait(0.05) and not kept.done():
                pass
            if not entered.is_set():
                kept.result()
            yield
        finally:
            leave.set()
            kept.result()
