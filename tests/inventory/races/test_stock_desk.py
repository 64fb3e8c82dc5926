"""The stock desk at work while people shop: nothing that came in or went out is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from unittest import mock

import pytest

from shop.inventory import changes
from shop.inventory.contract import (
    Change,
    Decision,
    Delivery,
    InventoryBusy,
    InventoryError,
    Return,
    Shelf,
    ShelfChanged,
    Withdrawal,
)
from tests.inventory.contract.acts import (
    apply,
    chain_is_whole,
    coming,
    correct,
    deliver,
    left,
    sell,
    steps,
    wish,
)
from tests.inventory.contract.world import RawRow, World
from tests.inventory.races.controls import (
    counting_the_figure,
    new_rows_written_over,
    without_locks,
    without_numbering,
)
from tests.inventory.races.crowd import Turns, all_at_once, decisions, patiently

Line = Callable[[], AbstractContextManager[None]]


def test_sales_deliveries_and_counts_at_once_lose_nothing(
    world: World, tell: Callable[[str], None]
) -> None:
    world.put_row(RawRow(id=1, quantity=20))
    busy: list[InventoryError] = []

    def shopper(number: int) -> Callable[[], Decision]:
        request = wish(f"CC-SHOPS{number:03}", {1: 1}, token=f"shopper {number}")
        return lambda: patiently(lambda: sell(world.inventory, request), busy)

    def lorry(number: int) -> Callable[[], Decision]:
        row = coming(1, 4)
        key = f"lorry {number}"
        return lambda: patiently(lambda: deliver(world.inventory, row, key=key), busy)

    def counter() -> Decision:
        return patiently(lambda: correct(world.inventory, 1, shown=20, counted=21), busy)

    acts = [*(shopper(n) for n in range(20)), *(lorry(n) for n in range(5)), *[counter] * 5]
    answers = all_at_once(world, acts)
    remains = left(world.inventory, 1)
    tell(f"20 bags, 20 sold, 5 deliveries of 4, 5 counts of one more: {remains} left of 25, "
         f"{len(busy)} times busy and tried again")  # fmt: skip
    assert len(decisions(answers)) == len(acts)
    assert remains == 20 - 20 + 5 * 4 + 5
    movements = world.inventory.movements(1)
    assert chain_is_whole(movements)
    assert movements[-1].after == remains
    assert len(movements) == 1 + len(acts)


@pytest.mark.parametrize("comes", ["a return", "a delivery"])
def test_bags_that_come_in_while_a_coffee_is_withdrawn_leave_it_withdrawn(
    world: World, tell: Callable[[str], None], comes: str
) -> None:
    """Whichever comes first, and the bags are kept unless the delivery is told to look again."""
    world.put_row(RawRow(id=1, quantity=10))
    sell(world.inventory, wish("CC-RETURNED", {1: 2}))
    busy: list[InventoryError] = []
    incoming: dict[str, Change] = {
        "a return": Return(sale="CC-RETURNED"),
        "a delivery": Delivery(rows=(coming(1, 2, shown=Shelf.ON_SALE),), again=True),
    }

    def person(change: Change, key: str) -> Callable[[], Decision]:
        return lambda: patiently(lambda: apply(world.inventory, change, key=key), busy)

    acts = [person(incoming[comes], "bags"), person(Withdrawal(product_id=1), "away")]
    came, gone = all_at_once(world, acts)
    (product,) = world.inventory.withdrawn()
    tell(f"{comes} of 2 against a withdrawal of 8: {product.quantity} kept, "
         f"{len(busy)} times busy and tried again")  # fmt: skip
    assert isinstance(gone, Decision)
    assert isinstance(came, Decision | (ShelfChanged if comes == "a delivery" else Decision))
    assert product.quantity == (10 if isinstance(came, Decision) else 8)
    assert left(world.inventory, 1) == 0
    assert world.row(1) is None
    assert chain_is_whole(world.inventory.movements(1))
    assert world.inventory.balance(1).drift == 0


def test_two_lorries_restock_a_sold_out_coffee_and_one_is_told_to_look_again(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    sell(world.inventory, wish("CC-LASTBAG1", {1: 2}))

    def lorry(number: int) -> Callable[[], Decision]:
        row = coming(1, 6, shown=Shelf.SOLD_OUT)
        key = f"lorry {number}"
        return lambda: patiently(lambda: deliver(world.inventory, row, key=key), [])

    answers = all_at_once(world, [lorry(number) for number in range(4)])
    refused = [answer for answer in answers if isinstance(answer, ShelfChanged)]
    assert len(decisions(answers)) == 1
    assert [error.now for error in refused] == [Shelf.ON_SALE] * 3
    assert left(world.inventory, 1) == 6


def count_after_a_sale(world: World) -> int:
    """Bruno's form shows 10; 3 are sold; he counts the 10 that he saw. What is left then."""
    world.put_row(RawRow(id=1, quantity=10))
    sell(world.inventory, wish("CC-MEANWHLE", {1: 3}))
    correct(world.inventory, 1, shown=10, counted=10)
    return left(world.inventory, 1)


def test_a_count_does_not_take_a_sale_back(world: World) -> None:
    assert count_after_a_sale(world) == 7


@pytest.mark.django_db(transaction=True)
def test_control_a_count_that_sets_the_figure_takes_the_sale_back(
    database_world: World, tell: Callable[[str], None]
) -> None:
    with counting_the_figure():
        remains = count_after_a_sale(database_world)
    tell(f"counting the figure, 10 bags, 3 sold meanwhile: {remains} left of 7")
    assert remains == 10


def test_eight_lorries_bring_the_same_new_coffee(world: World, tell: Callable[[str], None]) -> None:
    busy: list[InventoryError] = []

    def lorry(number: int) -> Callable[[], Decision]:
        key = f"lorry {number}"
        return lambda: patiently(lambda: deliver(world.inventory, coming(1, 6), key=key), busy)

    came = decisions(all_at_once(world, [lorry(number) for number in range(8)]))
    tell(f"8 deliveries of 6 bags of one new coffee: {left(world.inventory, 1)} of 48 there, "
         f"{len(busy)} times busy and tried again")  # fmt: skip
    assert len(came) == 8
    assert [decision.results[0].is_new for decision in came].count(True) == 1
    assert left(world.inventory, 1) == 48
    assert steps(world.inventory, 1) == [("delivery", 6, 6 * n) for n in range(1, 9)]


def two_lorries_look_before_either_unloads(world: World) -> list[Decision | InventoryError]:
    """Both read what is there first, then write one after the other. Needs open locks."""
    turns = Turns(2)
    plan = changes.plan

    def lorry(number: int) -> Callable[[], Decision]:
        def unload() -> Decision:
            with turns.of(number) as meet:
                met[f"lorry {number}"] = meet
                row = coming(1, 6, description=f"From lorry {number}")
                return deliver(world.inventory, row, key=f"lorry {number}")

        return unload

    met: dict[str, Callable[[], None]] = {}

    def plan_together(*args: object) -> tuple[changes.Outcome, ...]:
        note = args[2]
        met[note.key]()  # type: ignore[attr-defined]
        return plan(*args)  # type: ignore[arg-type]

    with mock.patch.object(changes, "plan", plan_together):
        return all_at_once(world, [lorry(0), lorry(1)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("lines", "known", "there"),
    [
        ([without_locks], True, 16),
        ([without_locks, without_numbering], True, 16),
        ([without_locks, without_numbering, new_rows_written_over], False, 6),
    ],
    ids=["no lock", "neither lock nor numbers", "a new coffee, no net at all"],
)
def test_control_two_lorries_without_the_lock(
    database_world: World,
    tell: Callable[[str], None],
    lines: list[Line],
    known: bool,
    there: int,
) -> None:
    world = database_world
    if known:
        world.put_row(RawRow(id=1, quantity=10))
    with ExitStack() as stack:
        for line in lines:
            stack.enter_context(line())
        answers = two_lorries_look_before_either_unloads(world)
    came = len(decisions(answers))
    remains = left(world.inventory, 1)
    expected = (10 if known else 0) + 6 * came
    names = ", ".join(line.__name__.replace("_", " ") for line in lines)
    tell(f"{names}: {came} deliveries of 6 told as taken, {remains} of {expected} bags there")
    assert remains == there
    if without_numbering in lines:
        assert came == 2
        assert remains < expected
    else:
        # The ledger's numbers are a net of their own: the second lorry is told to try again.
        assert came == 1
        assert [type(answer) for answer in answers if not isinstance(answer, Decision)] == [
            InventoryBusy
        ]
        assert remains == expected
