"""The exactly-once protocol under every schedule, every crash and every lost answer."""

from __future__ import annotations

import pytest

from tests.proofs import extent
from tests.proofs.protocol import controls, scenarios
from tests.proofs.protocol.actors import Actor, Go
from tests.proofs.protocol.controls import Control
from tests.proofs.protocol.explorer import Explored, Merge, explore
from tests.proofs.protocol.world import Scenario, World, stage

pytestmark = pytest.mark.django_db

LONG = [*scenarios.LONG, *(scenarios.BY_HAND if extent.WHOLE else ())]


def shown(explored: Explored) -> str:
    """One schedule for each thing that went wrong."""
    return "\n".join("\n  ".join([what, *story]) for what, story in explored.example.items())


@pytest.mark.timeout(1500)  # Minutes of work for one processor, not a wait.
@pytest.mark.parametrize(
    "scenario",
    [
        *scenarios.SHORT,
        *(pytest.param(scenario, marks=pytest.mark.slow) for scenario in LONG),
    ],
    ids=lambda scenario: scenario.name,
)
def test_no_schedule_and_no_crash_sells_twice_or_loses_an_order(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    explored = explore(scenario, monkeypatch)
    print(explored)
    assert explored.schedules > 10
    assert not explored.found, shown(explored)


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario",
    [scenarios.REFUSAL, scenarios.TWO_CLICKS],
    ids=lambda scenario: scenario.name,
)
def test_merging_equal_states_loses_none(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The world gets into the same conditions when only equal histories are merged."""
    merged = explore(scenario, monkeypatch)
    told_apart = explore(scenario, monkeypatch, merge_by=Merge.HISTORY)
    assert merged.states < told_apart.states
    assert merged.worlds == told_apart.worlds


def test_reading_and_saving_the_session_are_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a page that holds an old session while others write would be in no schedule."""
    steps = []
    with stage(monkeypatch):
        actor = Actor("other tab", World(scenarios.OTHER_TAB).changes_basket("ana", 2, 3))
        actor.start()
        while actor.at:
            steps.append(actor.at.name)
            actor.step(Go.ON)
    assert {"read the session", "save the session", "look for the order"} <= set(steps)


@pytest.mark.parametrize(
    ("control", "scenario"),
    [
        (controls.no_fence, scenarios.FENCE),
        (controls.no_fence, scenarios.WORKERS_AND_OPERATOR),
        (controls.refusal_without_void, scenarios.RESTOCK),
        (controls.no_lock_on_the_decision, scenarios.TWO_CLICKS),
        (controls.no_lock_on_the_decision, scenarios.WORKERS_AND_OPERATOR),
        (controls.no_token, scenarios.TWO_CLICKS),
        (controls.confirm_before_commit, scenarios.FENCE),
    ],
    ids=lambda value: getattr(value, "__name__", getattr(value, "name", "")),
)
def test_without_this_one_line_a_schedule_is_found_that_goes_wrong(
    control: Control, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    control(monkeypatch)
    part = scenarios.with_one_switch(scenarios.without_a_crash(scenario))
    explored = explore(part, monkeypatch, stop_when_found=True)
    print(f"{control.__name__}: {explored}")
    assert explored.found


def test_without_waiting_before_another_log_a_power_cut_is_found_that_loses_an_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controls.no_wait_before_another_log(monkeypatch)
    part = scenarios.with_one_switch(scenarios.over_two_logs(scenarios.FENCE))
    explored = explore(part, monkeypatch, stop_when_found=True)
    assert "a sale without its order" in explored.found
