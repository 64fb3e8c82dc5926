"""Many people at once, each in a thread with connections of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from time import monotonic
from typing import TypeVar

from shop.inventory.contract import Decision, InventoryBusy, InventoryError, InventoryTimeout
from tests.inventory.contract.elsewhere import PATIENCE, in_thread
from tests.inventory.contract.world import World

T = TypeVar("T")


def all_at_once(world: World, acts: Sequence[Callable[[], T]]) -> list[T | InventoryError]:
    """Start every act in the same moment; what each returned, or the inventory's error."""
    start = Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T | InventoryError:
        start.wait(PATIENCE)
        try:
            return act()
        except InventoryError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        begun = [in_thread(world, lambda act=act: begin(act), pool) for act in acts]  # type: ignore[misc]
        return [each.result(PATIENCE) for each in begun]


def patiently(act: Callable[[], T], busy: list[InventoryError]) -> T:
    """Try again for as long as the inventory is busy, as people do; every such answer is noted."""
    give_up = monotonic() + PATIENCE
    while True:
        try:
            return act()
        except (InventoryBusy, InventoryTimeout) as error:
            busy.append(error)
            if monotonic() > give_up:
                raise


def decisions(answers: Sequence[Decision | InventoryError]) -> list[Decision]:
    """Those who got what they wanted."""
    return [answer for answer in answers if isinstance(answer, Decision)]


class Turns:
    """First everybody comes to one point; then they go on from there, one after another."""

    def __init__(self, people: int) -> None:
        self._met = Barrier(people)
        self._turns = [Event() for _ in range(people + 1)]
        self._turns[0].set()

    @contextmanager
    def of(self, number: int) -> Iterator[Callable[[], None]]:
        """The turn of one person, from 0, who calls what is yielded at the meeting point."""

        def meet() -> None:
            self._met.wait(PATIENCE)
            self._turns[number].wait(PATIENCE)

        try:
            yield meet
        finally:
            self._turns[number + 1].set()
