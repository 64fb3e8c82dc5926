"""Every schedule: who goes on next, and what fails, at each point, with equal states merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

import pytest
from django.db import transaction

from tests.proofs.protocol.actors import Go
from tests.proofs.protocol.world import Scenario, World, stage, violations

Choice = tuple[int, Go]
FAULTS = (Go.CRASH, Go.LOST, Go.FAILS, Go.POWER_CUT)


class Merge(Enum):
    """Which states count as one."""

    STATE = "the world is equal, and so is what each actor is about to do and knows"
    HISTORY = "besides, each actor has done the same things before"


@dataclass
class Explored:
    """What was tried, and what was found to be wrong, with one schedule that shows it."""

    scenario: str
    schedules: int = 0
    states: int = 0
    worlds: set[object] = field(default_factory=set)
    """All that the world was ever like, whatever its actors were about to do."""
    found: Counter[str] = field(default_factory=Counter)
    example: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        wrong = ", ".join(f"{what} ({n}×)" for what, n in self.found.items())  # noqa: RUF001
        return (
            f"{self.scenario}: {self.schedules} schedules, {self.states} states, "
            f"{wrong or '0 violations'}"
        )


def explore(
    scenario: Scenario,
    monkeypatch: pytest.MonkeyPatch,
    *,
    stop_when_found: bool = False,
    merge_by: Merge = Merge.STATE,
) -> Explored:
    """Run the scenario under every schedule and every fault it allows for."""
    explored = Explored(scenario.name)
    visited: set[tuple[object, ...]] = set()
    waiting: list[list[Choice]] = [[]]
    with stage(monkeypatch):
        while waiting and not (stop_when_found and explored.found):
            undo = transaction.savepoint()
            run = _Run(scenario, waiting.pop(), visited, waiting, merge_by)
            try:
                found = run.go()
            finally:
                run.stop()
                transaction.savepoint_rollback(undo)
            explored.schedules += 1
            for what in found:
                explored.found[what] += 1
                explored.example.setdefault(what, run.story)
    explored.states = len(visited)
    explored.worlds = {world for world, *_ in visited}
    return explored


class _Run:
    """One schedule, from the start: first as told, then the first unseen way at each point."""

    def __init__(
        self,
        scenario: Scenario,
        told: list[Choice],
        visited: set[tuple[object, ...]],
        waiting: list[list[Choice]],
        merge_by: Merge,
    ) -> None:
        self.world = World(scenario)
        self.actors = scenario.actors(self.world)
        self.told = told
        self.visited = visited
        self.waiting = waiting
        self.merge_by = merge_by
        self.done: list[Choice] = []
        self.faults = scenario.faults
        self.switches = scenario.switches
        self.story: list[str] = []

    def go(self) -> list[str]:
        for actor in self.actors:
            actor.start()
        while True:
            if len(self.done) >= len(self.told):
                key = self._key()
                if key in self.visited:
                    return []
                self.visited.add(key)
                found = violations(self.world, final=False)
                if found:
                    return found
            choices = self._choices()
            if not choices:
                break
            self._take(choices)
        return self._end()

    def stop(self) -> None:
        """Let go of whoever still stands at a point."""
        for actor in self.actors:
            if actor.at is not None:
                actor.step(Go.CRASH)

    def _take(self, choices: list[Choice]) -> None:
        position = len(self.done)
        if position < len(self.told):
            choice = self.told[position]
        else:
            choice, *others = choices
            self.waiting += [[*self.done, other] for other in others]
        number, how = choice
        actor = self.actors[number]
        self.story.append(f"{actor.name}: {actor.at.name if actor.at else ''} {how}")
        self.faults -= how in FAULTS
        if self.switches is not None:
            self.switches -= self._interrupts(number)
        self.done.append(choice)
        if how is Go.POWER_CUT:
            self.stop()
            self.world.power_cut()
        else:
            actor.step(how)

    def _choices(self) -> list[Choice]:
        choices: list[Choice] = []
        for number, actor in enumerate(self.actors):
            if actor.at is None:
                continue
            if actor.at.lock and actor.at.lock in self.world.inventory.locked:
                choices.append((number, Go.TIMES_OUT))
            else:
                choices.append((number, Go.ON))
            if self.faults:
                choices.append((number, Go.CRASH))
                if actor.at.may_lose:
                    choices += [(number, Go.LOST), (number, Go.FAILS)]
        if choices and self.faults and self.world.left_by_a_cut is not None:
            at_work = self.done[-1][0] if self.done else 0
            choices.append((at_work, Go.POWER_CUT))
        if self.switches == 0:
            choices = [choice for choice in choices if not self._interrupts(choice[0])]
        # An actor that waits for a lock does so while others work: try the others first.
        return sorted(choices, key=lambda choice: choice[1] is Go.TIMES_OUT)

    def _interrupts(self, number: int) -> bool:
        """True when another actor was at work and could go on."""
        last = self.actors[self.done[-1][0]].at if self.done else None
        is_free = last is not None and last.lock not in self.world.inventory.locked
        return is_free and self.done[-1][0] != number

    def _key(self) -> tuple[object, ...]:
        if self.merge_by is Merge.HISTORY:
            past = tuple((actor.standing, tuple(actor.past)) for actor in self.actors)
            return self.world.key(), past, self.faults
        # Whoever has ended does nothing more, and two of a kind may change places.
        standing = sorted(actor.standing for actor in self.actors)
        key = self.world.key(), tuple(standing), self.faults
        if self.switches is None:
            return key
        at_work = self.actors[self.done[-1][0]].standing if self.done else None
        return *key, at_work, self.switches

    def _end(self) -> list[str]:
        """All have ended: recover, look, then press Pay once more with every old page."""
        self.world.recover()
        found = violations(self.world, final=True)
        for name, token in list(self.world.pressed):
            self.world.presses_pay(name, token)()
        self.world.recover()
        return found or violations(self.world, final=True)
