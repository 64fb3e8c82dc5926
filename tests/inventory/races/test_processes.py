"""The same shop in several processes, some of which die at the worst moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from shop.inventory.contract import Decided
from tests.inventory.contract.acts import (
    chain_is_whole,
    coming,
    correct,
    deliver,
    everything,
    left,
    sell,
    wish,
)
from tests.inventory.contract.world import RawRow, World
from tests.inventory.races.crowd import patiently
from tests.inventory.races.processes import shoppers

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 4
EACH = 16
BAGS = 5
DEADLINE = 30.0


@pytest.mark.parametrize("store", ["database_world", "iris_world"])
def test_sixty_four_shoppers_in_four_processes_want_the_last_five_bags(
    store: str, request: pytest.FixtureRequest, tell: Callable[[str], None]
) -> None:
    world: World = request.getfixturevalue(store)
    world.put_row(RawRow(id=1, quantity=BAGS))
    told: Counter[str] = Counter()
    slowest = 0.0
    with shoppers(PROCESSES, world) as crowd:
        for order in range(EACH):
            for number, shopper in enumerate(crowd):
                shopper.begin(f"CC-P{number}ORDR{order:02}", {1: 1})
        for _ in range(EACH):
            for shopper in crowd:
                answer = shopper.hear()
                told[answer["is"]] += 1
                slowest = max(slowest, answer["took"])
    tell(f"{PROCESSES} processes, {PROCESSES * EACH} shoppers, {BAGS} bags: {dict(told)}")
    assert told == {"sold": BAGS, "SaleRefused": PROCESSES * EACH - BAGS}
    assert left(world.inventory, 1) == 0
    assert chain_is_whole(world.inventory.movements(1))
    # INVENTORY_TIMEOUT is 5 seconds; what is more than that is slack for a crowded machine.
    assert slowest < DEADLINE


def test_control_without_lock_and_condition_six_processes_sell_five_bags_six_times(
    database_world: World, tell: Callable[[str], None]
) -> None:
    """All look before anybody buys: with the lock, no second one could open its sale."""
    world = database_world
    world.put_row(RawRow(id=1, quantity=BAGS))
    without = ("without_locks", "without_the_condition")
    with shoppers(BAGS + 1, world) as crowd:
        for number, shopper in enumerate(crowd):
            shopper.begin(f"CC-CNTRL{number:03}", {1: 1}, stop_at="opened", without=without)
            assert shopper.hear() == {"at": "opened"}
        for shopper in crowd:
            shopper.go_on()
            assert shopper.hear()["is"] == "sold"
    tell(f"without lock and condition, {len(crowd)} processes, {BAGS} bags: {len(crowd)} sold")
    assert len(list(world.inventory.decisions())) == BAGS + 1


@pytest.mark.parametrize("store", ["database_world", "iris_world"])
def test_opposite_baskets_in_four_processes_a_delivery_and_a_count_lose_nothing(
    store: str, request: pytest.FixtureRequest, tell: Callable[[str], None]
) -> None:
    world: World = request.getfixturevalue(store)
    each = EACH // 2
    baskets = PROCESSES * each
    for id_ in (1, 2, 3):
        world.put_row(RawRow(id=id_, quantity=baskets + 5))
    told: Counter[str] = Counter()
    slowest = 0.0
    with shoppers(PROCESSES, world) as crowd:
        for order in range(each):
            for number, shopper in enumerate(crowd):
                ids = (1, 2, 3) if number % 2 else (3, 2, 1)
                shopper.begin(f"CC-X{number}ORDR{order:02}", dict.fromkeys(ids, 1))
        for number in range(4):
            key = f"lorry {number}"
            patiently(lambda key=key: deliver(world.inventory, coming(1, 4), key=key), [])  # type: ignore[misc]
        patiently(lambda: correct(world.inventory, 2, shown=10, counted=11), [])
        for _ in range(each):
            for shopper in crowd:
                answer = shopper.hear()
                told[answer["is"]] += 1
                slowest = max(slowest, answer["took"])
    remains = [left(world.inventory, id_) for id_ in (1, 2, 3)]
    tell(f"{PROCESSES} processes, {baskets} baskets in opposite order, 4 deliveries of 4, a count "
         f"of one more: {dict(told)}, {remains} left")  # fmt: skip
    assert told == {"sold": baskets}
    assert remains == [5 + 4 * 4, 5 + 1, 5]
    assert all(chain_is_whole(world.inventory.movements(id_)) for id_ in (1, 2, 3))
    assert slowest < DEADLINE


def test_a_process_that_dies_inside_a_sale_takes_nothing_and_holds_nobody_up(
    database_world: World,
) -> None:
    world = database_world
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=2))
    before = everything(world.inventory)
    with shoppers(2, world) as dying:
        for shopper, moment in zip(dying, ("opened", "sold"), strict=True):
            shopper.begin("CC-DYING001", {1: 1, 2: 2}, stop_at=moment)
            assert shopper.hear() == {"at": moment}
            shopper.kill()
            assert everything(world.inventory) == before
            assert world.inventory.decision("CC-DYING001") is None
    request = wish("CC-DYING001", {1: 1, 2: 2}, token="CC-DYING001")
    patiently(lambda: sell(world.inventory, request), [])
    assert [left(world.inventory, id_) for id_ in (1, 2)] == [1, 0]


def test_a_process_that_dies_after_the_commit_has_sold(database_world: World) -> None:
    world = database_world
    world.put_row(RawRow(id=1, quantity=2))
    with shoppers(1, world) as (shopper,):
        shopper.begin("CC-DYING001", {1: 1}, stop_at="committed")
        assert shopper.hear() == {"at": "committed"}
        shopper.kill()
    with pytest.raises(Decided):
        sell(world.inventory, wish("CC-DYING001", {1: 1}, token="CC-DYING001"))
    assert left(world.inventory, 1) == 1
    assert chain_is_whole(world.inventory.movements(1))
