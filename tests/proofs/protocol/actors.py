"""Actors that run the shop's real code one durable effect at a time.

An actor is a greenlet. It stops at each *point*: just before something that others can see or that
survives a crash. Between two points it runs alone, so an order of points is an exact schedule, and
the same order always gives the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from types import FrameType

from greenlet import GreenletExit, getcurrent, greenlet


class Go(StrEnum):
    """What a scheduler can let happen at a point."""

    ON = "goes on"
    CRASH = "crashes"
    LOST = "commits, and the answer is lost"
    FAILS = "does not commit, and the answer is lost"
    TIMES_OUT = "waits too long for the lock"
    POWER_CUT = "and all others end in a power cut"


@dataclass(frozen=True, slots=True)
class Point:
    """Where an actor stands: what it is about to do, the lock it needs, what may go wrong.

    ``learns`` gives what the actor gets to know when it goes on from here and still acts on after
    its next point. Whatever else it remembers has to show in the names of its points, or two
    different states would be taken for one; ``test_merging_equal_states_loses_none`` looks for it.
    """

    name: str
    lock: str = ""
    may_lose: bool = False
    learns: Callable[[], object] | None = None


@dataclass(eq=False)
class Actor:
    """One worker's, or operator's, piece of real work. Two of one kind may change places."""

    name: str
    work: Callable[[], object]
    kind: str = ""
    at: Point | None = None
    result: object = None
    crashed: bool = False
    knows: list[str] = field(default_factory=list)
    """What it has learnt and still acts on."""
    lines: str = ""
    """Which lines of the shop's code it is at, innermost call first."""
    past: list[str] = field(default_factory=list)
    """All that it did, and how."""

    def __post_init__(self) -> None:
        self._greenlet = greenlet(self._run)
        self._started = False

    @property
    def is_done(self) -> bool:
        return self._started and self._greenlet.dead

    @property
    def standing(self) -> tuple[object, ...]:
        """Where it is and what it knows: all that its future depends on, besides the world."""
        return (self.kind or self.name, self.at.name, self.lines, *self.knows) if self.at else ()

    def start(self) -> None:
        """Run to the first point."""
        self._started = True
        self._switch()

    def step(self, how: Go) -> None:
        """Let the effect at hand happen in this way, and run on to the next point."""
        if self.at:
            learnt = str(self.at.learns()) if self.at.learns else ""
            self.knows += [learnt] if learnt else []
            self.past.append(f"{self.at.name}/{self.lines}/{how}/{learnt}")
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
        self.lines = " ".join(lines_of(self._greenlet.gr_frame)) if self.at else ""


def lines_of(frame: FrameType | None) -> Iterator[str]:
    """Function and line of each call that is under way in the shop, innermost first."""
    while frame:
        if frame.f_globals.get("__name__", "").startswith(("checkout.", "shop.")):
            yield f"{frame.f_code.co_name}:{frame.f_lineno}"
        frame = frame.f_back


def reach(point: Point) -> Go:
    """Called by the code under test: stop here until the scheduler says how to go on."""
    current = getcurrent()
    if current.parent is None:
        return Go.ON  # Nobody schedules: setting up, or recovering afterwards.
    how = current.parent.switch(point)
    assert isinstance(how, Go)
    return how
