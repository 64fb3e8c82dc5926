"""A lock that somebody else holds: waited for a little, then nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from shop.inventory.contract import (
    AcceptOutside,
    DecisionKind,
    Inventory,
    InventoryBusy,
    NewDetails,
    Withdrawal,
)
from tests.inventory.contract.acts import (
    apply,
    coming,
    correct,
    deliver,
    everything,
    hashed,
    left,
    sell,
    wish,
)
from tests.inventory.contract.elsewhere import PATIENCE, in_thread, kept_open
from tests.inventory.contract.world import PRICE, RawRow, World

WRITERS: dict[str, Callable[[Inventory], object]] = {
    "sale": lambda i: sell(i, wish("CC-WAITING1", {1: 1})),
    "last bags": lambda i: sell(i, wish("CC-WAITING1", {1: 10})),
    "sale of two": lambda i: sell(i, wish("CC-WAITING1", {2: 1, 1: 1})),
    "delivery": lambda i: deliver(i, coming(1, 1), key="waiting"),
    "correction": lambda i: correct(i, 1, shown=10, counted=9),
    "details": lambda i: apply(
        i, NewDetails(product_id=1, name="A", price=PRICE, origin="", description="")
    ),
    "withdrawal": lambda i: apply(i, Withdrawal(product_id=1)),
    "accept outside": lambda i: apply(i, AcceptOutside(product_id=1)),
    "balance": lambda i: i.balance(1),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_product_that_others_hold_is_busy_and_nothing_is_changed(world: World, name: str) -> None:
    inventory = world.inventory
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=10))
    before = everything(inventory)
    with world.hold(1):
        with pytest.raises(InventoryBusy):
            WRITERS[name](inventory)
        # Readers never wait.
        assert everything(inventory) == before
        assert inventory.products([1, 2, 404]).keys() == {1, 2}
        assert inventory.totals().bags == 20
        assert inventory.decision("CC-WAITING1") is None
    assert world.alerts() == []
    WRITERS[name](inventory)


def test_a_sale_waits_behind_the_decision_of_its_own_reference(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    before = everything(world.inventory)
    with world.hold_reference("CC-WAITING1"):
        with pytest.raises(InventoryBusy):
            sell(world.inventory, wish("CC-WAITING1", {1: 1}))
        assert everything(world.inventory) == before
    sell(world.inventory, wish("CC-WAITING1", {1: 1}))


def test_the_fence_waits_behind_a_slow_sale_and_leaves_it_alone(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    inventory, there = world.inventory, world.second()

    @contextmanager
    def slow_sale() -> Iterator[None]:
        try:
            with there.sale(wish("CC-SLOWSALE", {1: 1}, token="t")) as sale:
                yield
                sale.sell(1)
        finally:
            world.leave()

    with kept_open(slow_sale), pytest.raises(InventoryBusy):
        inventory.void("CC-SLOWSALE", hashed("t"), {"abandoned": "late"})
    decision = inventory.void("CC-SLOWSALE", hashed("t"), {"abandoned": "late"})
    assert decision.kind is DecisionKind.SALE
    assert left(inventory, 1) == 9


def test_what_is_not_committed_yet_is_seen_by_nobody_else(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    world.put_row(RawRow(id=2, quantity=1))
    there = world.second()

    def seen() -> tuple[object, ...]:
        decided = (there.decision("CC-NOTYET01"), *there.decisions())
        if world.shows_uncommitted:
            return decided
        return (
            *decided,
            there.products([1, 2]),
            there.sold_out(limit=5),
            there.version(),
            tuple(there.all_movements()),
        )

    with ThreadPoolExecutor(1) as pool:
        before = in_thread(world, seen, pool).result(PATIENCE)
        with world.inventory.sale(wish("CC-NOTYET01", {1: 3, 2: 1})) as sale:
            sale.sell(1)
            sale.sell(2)
            assert in_thread(world, seen, pool).result(PATIENCE) == before
        assert in_thread(world, seen, pool).result(PATIENCE) != before


def test_a_product_that_somebody_holds_does_not_stop_the_others(world: World) -> None:
    if not world.locks_rows:
        pytest.skip("this store has one lock for everything")
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=10))
    with world.hold(1), world.hold_reference("CC-SOMEBODY"):
        sell(world.inventory, wish("CC-OTHERS01", {2: 10}))
        deliver(world.inventory, coming(2, 5), coming(3, 5))
        world.inventory.void("CC-OTHERS02", hashed("t"), {})
    assert left(world.inventory, 2) == 5


def test_a_lock_is_let_go_of_after_a_refusal(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=10))
    there = world.second()
    for refused in ({1: 11}, {1: 11, 404: 1}):
        with pytest.raises(Exception, match="Shortage"):
            sell(world.inventory, wish("CC-REFUSED1", refused))
    with ThreadPoolExecutor(1) as pool:
        sold = in_thread(world, lambda: sell(there, wish("CC-REFUSED1", {1: 10})), pool)
        assert sold.result(PATIENCE).kind is DecisionKind.SALE
