"""Actors that run the shop's real code one durable effect at a time.

An actor is a greenlet. It stops at each *point*: just before something that others can see or that
survives a crash. Between two points it runs alone, so an order of points is an exact schedule, and
the same order always gives the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from greenlet import GreenletExit, getcurrent, greenlet


class Go(StrEnum):
    """What a scheduler can let happen at a point."""

    ON = "goes on"
    CRASH = "crashes"
    LOST = "commits, and the answer is lost"
    FAILS = "does not commit, and the answer is lost"
    TIMES_OUT = "waits too long for the lock"


@dataclass(frozen=True, slots=True)
class Point:
    """Where an actor stands: what it is about to do, the lock it needs, what may go wrong.

    ``reads`` gives what the actor learns when it goes on from here. It must name everything that
    its later behaviour depends on, or two different states would be taken for one.
    """

    name: str
    lock: str = ""
    may_lose: bool = False
    reads: Callable[[], object] = lambda: None


@dataclass(eq=False)
class Actor:
    """One worker's, or operator's, piece of real work."""

    name: str
    work: Callable[[], object]
    at: Point | None = None
    result: object = None
    crashed: bool = False
    seen: list[str] = field(default_factory=list)
    """All that this actor has learnt so far: with equal histories its future is the same."""

    def __post_init__(self) -> None:
        self._greenlet = greenlet(self._run)
        self._started = False

    @property
    def is_done(self) -> bool:
        return self._started and self._greenlet.dead

    def start(self) -> None:
        """Run to the first point."""
        self._started = True
        self._switch()

    def step(self, how: Go) -> None:
        """Let the effect at hand happen in this way, and run on to the next point."""
        if self.at:
            self.seen.append(f"{self.at.name}/{how}/{self.at.reads()}")
        if how is Go.CRASH:
            self.crashed = True
            self._greenlet.throw(GreenletExit)
            self.at = None
        else:
            self._switch(how)

    def _run(self) -> None:
        self.result = self.work()

    def _switch(self, *values: Go) -> None:
        point = self._greenlet.switch(*values)
        self.at = None if self._greenlet.dead else point


def reach(point: Point) -> Go:
    """Called by the code under test: stop here until the scheduler says how to go on."""
    current = getcurrent()
    if current.parent is None:
        return Go.ON  # Nobody schedules: setting up, or recovering afterwards.
    how = current.parent.switch(point)
    assert isinstance(how, Go)
    return how
