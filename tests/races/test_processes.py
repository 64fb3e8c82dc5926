"""The same shop in several processes, some of which die at the worst moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from shop.inventory.contract import Decided
from tests.inventory_contract.acts import chain_is_whole, everything, left, sell, wish
from tests.inventory_contract.world import RawRow, World
from tests.races.crowd import patiently
from tests.races.processes import shoppers

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 3
EACH = 8
BAGS = 5


def test_processes_that_race_for_the_last_bags_sell_no_more_than_there_are(
    database_world: World, tell: Callable[[str], None]
) -> None:
    world = database_world
    world.put_row(RawRow(id=1, quantity=BAGS))
    told: Counter[str] = Counter()
    with shoppers(PROCESSES) as crowd:
        for order in range(EACH):
            for number, shopper in enumerate(crowd):
                shopper.begin(f"CC-P{number}ORDER{order}", {1: 1})
        for _ in range(EACH):
            told.update(shopper.hear()["is"] for shopper in crowd)
    tell(f"{PROCESSES} processes, {PROCESSES * EACH} shoppers, {BAGS} bags: {dict(told)}")
    assert told == {"sold": BAGS, "SaleRefused": PROCESSES * EACH - BAGS}
    assert left(world.inventory, 1) == 0
    assert chain_is_whole(world.inventory.movements(1))


def test_a_process_that_dies_inside_a_sale_takes_nothing_and_holds_nobody_up(
    database_world: World,
) -> None:
    world = database_world
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=2))
    before = everything(world.inventory)
    with shoppers(2) as dying:
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
    with shoppers(1) as (shopper,):
        shopper.begin("CC-DYING001", {1: 1}, stop_at="committed")
        assert shopper.hear() == {"at": "committed"}
        shopper.kill()
    with pytest.raises(Decided):
        sell(world.inventory, wish("CC-DYING001", {1: 1}, token="CC-DYING001"))
    assert left(world.inventory, 1) == 1
    assert chain_is_whole(world.inventory.movements(1))
