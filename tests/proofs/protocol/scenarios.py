"""Who does what at once. Ana and Ben are shoppers, the operator runs reconcile_orders."""

from __future__ import annotations

from dataclasses import replace

from tests.proofs.protocol.actors import Actor, Go
from tests.proofs.protocol.world import Scenario, World


def _ana_clicks_twice(world: World) -> list[Actor]:
    return [
        Actor("first click", world.presses_pay("ana"), kind="click"),
        Actor("second click", world.presses_pay("ana"), kind="click"),
    ]


def _ana_and_an_operator(world: World) -> list[Actor]:
    return [
        Actor("Ana pays", world.presses_pay("ana")),
        Actor("operator", world.reconciles),
    ]


def _ana_twice_and_an_operator(world: World) -> list[Actor]:
    return [*_ana_clicks_twice(world), Actor("operator", world.reconciles)]


def _ana_twice_a_delivery_and_an_operator(world: World) -> list[Actor]:
    return [*_ana_twice_and_a_delivery(world), Actor("operator", world.reconciles)]


def _ana_and_ben(world: World) -> list[Actor]:
    return [
        Actor("Ana pays", world.presses_pay("ana")),
        Actor("Ben pays", world.presses_pay("ben")),
    ]


def _ana_and_her_other_tab(world: World) -> list[Actor]:
    return [
        Actor("Ana pays", world.presses_pay("ana")),
        Actor("other tab", world.changes_basket("ana", 2, 3)),
    ]


def _ana_twice_and_a_delivery(world: World) -> list[Actor]:
    return [
        *_ana_clicks_twice(world),
        Actor("delivery", lambda: world.inventory.restock(1, 2)),
    ]


def _died_after_placing(world: World) -> None:
    """Ana's order was placed, and the server died before it sold anything."""
    actor = Actor("crashed before", world.presses_pay("ana"))
    actor.start()
    while actor.at and not actor.at.name.startswith("lock"):
        actor.step(Go.ON)
    actor.step(Go.CRASH)


def _ana_and_a_delivery(world: World) -> list[Actor]:
    return [
        Actor("Ana pays", world.presses_pay("ana")),
        Actor("delivery", lambda: world.inventory.restock(1, 2)),
    ]


TWO_CLICKS = Scenario(
    name="two clicks", stock={1: 5}, baskets={"ana": {1: 2}}, actors=_ana_clicks_twice
)
FENCE = Scenario(
    name="a click and an eager operator",
    stock={1: 5},
    baskets={"ana": {1: 2}},
    actors=_ana_and_an_operator,
)
LAST_BAG = Scenario(
    name="two shoppers, one last bag",
    stock={1: 1},
    baskets={"ana": {1: 1}, "ben": {1: 1}},
    actors=_ana_and_ben,
)
OTHER_TAB = Scenario(
    name="a basket changed while it is paid for",
    stock={1: 5, 2: 9},
    baskets={"ana": {1: 1, 2: 1}},
    actors=_ana_and_her_other_tab,
)
RESTOCK = Scenario(
    name="a refusal, a second click and a delivery",
    stock={1: 1},
    baskets={"ana": {1: 2}},
    actors=_ana_twice_and_a_delivery,
)
REFUSAL = Scenario(
    name="a refusal and a delivery",
    stock={1: 1},
    baskets={"ana": {1: 2}},
    actors=_ana_and_a_delivery,
)
RESUME = Scenario(
    name="an order that was left behind, a click and an eager operator",
    stock={1: 5},
    baskets={"ana": {1: 2}},
    actors=_ana_and_an_operator,
    before=_died_after_placing,
)
WORKERS_AND_OPERATOR = Scenario(
    name="two clicks and an eager operator",
    stock={1: 5},
    baskets={"ana": {1: 2}},
    actors=_ana_twice_and_an_operator,
)
RESUME_TWICE = replace(
    WORKERS_AND_OPERATOR,
    name="an order that was left behind, two clicks and an eager operator",
    before=_died_after_placing,
)
REFUSAL_AND_OPERATOR = Scenario(
    name="a refusal, a second click, a delivery and an eager operator",
    stock={1: 1},
    baskets={"ana": {1: 2}},
    actors=_ana_twice_a_delivery_and_an_operator,
)


def without_a_crash(scenario: Scenario) -> Scenario:
    return replace(scenario, name=f"{scenario.name}, without a crash", faults=0)


def with_one_switch(scenario: Scenario) -> Scenario:
    """The part of the schedules that is found within seconds; every control is in it."""
    return replace(scenario, name=f"{scenario.name}, with one switch", switches=1)


def over_two_logs(scenario: Scenario) -> Scenario:
    """With the stock in a store that has a log of its own, such as IRIS."""
    return replace(scenario, name=f"{scenario.name}, over two logs", one_log=False)


SHORT = (
    *(without_a_crash(each) for each in (TWO_CLICKS, FENCE, OTHER_TAB, RESUME)),
    *(with_one_switch(each) for each in (FENCE, REFUSAL, over_two_logs(FENCE))),
    *(with_one_switch(without_a_crash(each)) for each in (WORKERS_AND_OPERATOR, LAST_BAG)),
)
LONG = (
    FENCE,
    REFUSAL,
    TWO_CLICKS,
    OTHER_TAB,
    RESUME,
    LAST_BAG,
    *(with_one_switch(each) for each in (RESTOCK, WORKERS_AND_OPERATOR)),
    *(with_one_switch(without_a_crash(each)) for each in (RESUME_TWICE, REFUSAL_AND_OPERATOR)),
    *(over_two_logs(each) for each in (FENCE, REFUSAL, OTHER_TAB, RESUME)),
)
BY_HAND = (
    RESTOCK,
    WORKERS_AND_OPERATOR,
    RESUME_TWICE,
    # All its schedules would take a quarter of an hour.
    with_one_switch(REFUSAL_AND_OPERATOR),
)
"""Three or four actors with a crash, minutes each: ``make proofs``."""
