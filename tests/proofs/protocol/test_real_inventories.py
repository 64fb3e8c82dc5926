"""The protocol on the real inventories: one fault at each durable step, and at most two switches.

Covered, on SQLite, on IRIS (the real driver, the superserver's hooks) and, in `make test-postgres`,
on PostgreSQL: the first actor runs to a durable step and stands still there, holding whatever it
holds; the second one runs to its end, which may be that it waited too long for a lock; then the
first goes on, crashes, or finds its connection lost. That for **every** step of the first actor, in
five scenarios. Besides, the second one crashes, at **every** of its steps, while the
first stands still at every of its own; and the first crashes at **every** step later than the one
at which it stood still, or before the second begins: two switches and one crash, all of them. Of
these two families `make test-all` tries a sixth, another one each day, and `make proofs` all.

Schedules that end alike are judged once: when every row of both stores is equal, and the locks, the
sessions, and what each shopper pressed and saw.

A durable step is: before each statement that writes or locks, before and after each commit of
Django's database; before each lock, TSTART, %OpenId, set, %Save, %DeleteId, TCOMMIT and release in
IRIS, and after TCOMMIT.

Not covered here: more than two switches, more than one crash (test_every_schedule.py has
those that matter, on a model), and steps inside the databases (tests/proofs/torture kills those
at random). A crash is an exception that nothing catches and a connection that is closed, not a
killed process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pytest

from shop.inventory.contract import DecisionKind
from shop.inventory.database.inventory import DatabaseInventory
from shop.inventory.iris.client import Transaction
from shop.inventory.iris.store import ledger
from shop.inventory.models import LedgerDecision
from tests.proofs.extent import part_of
from tests.proofs.protocol import controls
from tests.proofs.protocol.controls import Control
from tests.proofs.protocol.real_world import Actor, Fate, RealWorld, Stage
from tests.proofs.protocol.world import World, violations

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

coffees = itertools.count(5001)
LONG = pytest.mark.timeout(1500)  # Minutes of work for one processor, not a wait.


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who has how many of how many bags in the basket, and who acts first and second."""

    name: str
    people: dict[str, int]
    bags: int
    first: Callable[[RealWorld], Callable[[], object]]
    second: Callable[[RealWorld], Callable[[], object]]
    before: Callable[[RealWorld], object] = lambda _world: None


SCENARIOS = [
    Scenario(
        "two clicks",
        {"ana": 2},
        5,
        lambda world: world.presses_pay("ana"),
        lambda world: world.presses_pay("ana"),
    ),
    Scenario(
        "a click and an eager operator",
        {"ana": 2},
        5,
        lambda world: world.presses_pay("ana"),
        lambda world: world.reconciles,
    ),
    Scenario(
        "two shoppers, one last bag",
        {"ana": 1, "ben": 1},
        1,
        lambda world: world.presses_pay("ana"),
        lambda world: world.presses_pay("ben"),
    ),
    Scenario(
        "an order that was left behind, an eager operator and a click",
        {"ana": 2},
        5,
        lambda world: world.reconciles,
        lambda world: world.presses_pay("ana"),
        before=lambda world: world.left_behind("ana"),
    ),
    Scenario(
        "a refusal and a delivery",
        {"ana": 2},
        1,
        lambda world: world.presses_pay("ana"),
        lambda world: world.delivers,
    ),
]


@dataclass(slots=True)
class Schedule:
    """One run: where the first stood still and how it went on, where the second crashed."""

    stage: Stage
    scenario: Scenario
    stop_at: int = 0
    fate: Fate = Fate.ON
    crash_second_at: int = 0
    crash_first_at: int = 0

    def run(self) -> tuple[list[str], list[str], list[str]]:
        """The violations, and the steps of both actors."""
        stage = self.stage
        stage.clear()
        world = RealWorld(stage, self.scenario.people, self.scenario.bags, next(coffees))
        self.scenario.before(world)
        first = Actor(
            self.scenario.first(world), stop_at=self.stop_at, crash_at=self.crash_first_at
        )
        second = Actor(self.scenario.second(world), stop_at=self.crash_second_at)
        stage.current = first
        first.run_to_its_stop()
        stage.current = second
        second.run_to_its_stop()
        second.run_to_its_end(Fate.CRASH)
        stage.current = first
        first.run_to_its_end(self.fate)
        stage.current = None
        return self._judge(world), first.steps, second.steps

    def _judge(self, world: RealWorld) -> list[str]:
        """Recover, look, then press Pay once more with every old page; of equal ends only one."""
        judged, end = cast("World", world), (self.scenario.name, world.standing())
        if end in self.stage.judged:
            return []
        world.recover()
        found = violations(judged, final=True)
        for name in list(world.pressed):
            world.presses_pay(name)()
        world.recover()
        found = found or violations(judged, final=True)
        if not found:
            self.stage.judged.add(end)
        return found


def fates(step: str) -> list[Fate]:
    """What can happen at this step: a connection is lost with a message, not between two."""
    lost = "COMMIT" in step or step.startswith(("before ", "after "))
    return [Fate.ON, Fate.CRASH, *([Fate.LOST] if lost else [])]


def explore(stage: Stage, scenario: Scenario) -> Iterator[tuple[list[str], str]]:
    """Every step of the first actor with every fate there: the violations, and the schedule."""
    found, steps, _ = Schedule(stage, scenario).run()
    yield found, "one after the other"
    for number, step in enumerate(steps, start=1):
        for fate in fates(step):
            found, seen, others = Schedule(stage, scenario, number, fate).run()
            yield found, f"{seen[:number]}, {others}, then the first {fate}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_at_any_durable_step_sells_nothing_twice_and_loses_nothing(
    stage: Stage, scenario: Scenario
) -> None:
    schedules = 0
    for found, schedule in explore(stage, scenario):
        assert not found, f"{found}: {schedule}"
        schedules += 1
    ends = len(stage.judged)
    print(f"{type(stage).__name__}, {scenario.name}: {schedules} schedules, {ends} ends, all right")
    assert schedules > 20


@LONG
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_while_one_stands_still_the_other_crashes_at_any_step(
    stage: Stage, scenario: Scenario
) -> None:
    _, steps, _ = Schedule(stage, scenario).run()
    schedules = 0
    for number in part_of(range(1, len(steps) + 1)):
        crash_at = 1
        while True:
            found, seen, others = Schedule(stage, scenario, number, crash_second_at=crash_at).run()
            assert not found, f"{found}: {seen[:number]}, then {others} crashed"
            schedules += 1
            if len(others) < crash_at:
                break
            crash_at += 1
    print(f"{type(stage).__name__}, {scenario.name}: {schedules} schedules with two actors stopped")
    assert schedules > 1


@LONG
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_one_that_stood_still_goes_on_and_crashes_later(stage: Stage, scenario: Scenario) -> None:
    _, steps, _ = Schedule(stage, scenario).run()
    schedules = 0
    # 0: it does not stand still at all, and the second begins when it is dead.
    for number, crash_at in part_of(itertools.combinations(range(len(steps) + 1), 2)):
        found, seen, others = Schedule(stage, scenario, number, crash_first_at=crash_at).run()
        assert not found, f"{found}: {seen[:number]}, {others}, {seen[number:]} crashed"
        schedules += 1
    print(f"{type(stage).__name__}, {scenario.name}: {schedules} schedules with a later crash")
    assert schedules > len(steps) // 2


# ── each control is the product's own code with one line disabled ────────────────────────────────


def no_lock_on_the_decision(patch: pytest.MonkeyPatch) -> None:
    """IRIS: ``transaction.lock(ledger.DECISION, …)`` is skipped; the rows are still locked."""
    lock = Transaction.lock

    def rows_only(self: Transaction, name: str, *key: Any, **more: Any) -> None:
        if name != ledger.DECISION:
            lock(self, name, *key, **more)

    patch.setattr(Transaction, "lock", rows_only)


def no_unique_decision(patch: pytest.MonkeyPatch) -> None:
    """Django's database: ``_claim``, one insert, writes over a decision that stands."""

    def claim(_self: object, reference: str, kind: DecisionKind, at: datetime) -> None:
        LedgerDecision(reference=reference, kind=kind, at=at, entry={}).save()

    patch.setattr(DatabaseInventory, "_claim", claim)


@pytest.mark.parametrize(
    ("stage", "control", "scenario"),
    [
        ("database", no_unique_decision, SCENARIOS[0]),
        ("database", controls.no_fence, SCENARIOS[1]),
        ("iris", no_lock_on_the_decision, SCENARIOS[0]),
        ("iris", controls.no_fence, SCENARIOS[1]),
        ("iris", controls.confirm_before_commit, SCENARIOS[1]),
    ],
    ids=lambda value: getattr(value, "__name__", getattr(value, "name", value)),
    indirect=["stage"],
)
def test_without_this_one_line_a_schedule_is_found_that_goes_wrong(
    stage: Stage, control: Control, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    control(monkeypatch)
    for number, (found, _) in enumerate(explore(stage, scenario), start=1):
        if found:
            name = getattr(control, "__name__", "")
            print(f"{type(stage).__name__}, {name}: schedule {number}: {found}")
            return
    pytest.fail(f"nothing was found in {number} schedules")
