"""More shoppers than bags."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from threading import Event

import pytest

from shop.inventory.contract import (
    AlertKind,
    Decision,
    InventoryError,
    InventoryUnavailable,
    SaleRefused,
    Shelf,
)
from tests.inventory.contract.acts import chain_is_whole, left, sell, wish
from tests.inventory.contract.elsewhere import PATIENCE
from tests.inventory.contract.world import RawRow, World
from tests.inventory.races.controls import without_locks, without_the_condition
from tests.inventory.races.crowd import Turns, all_at_once, decisions, patiently

SHOPPERS = 64
BAGS = 5


def test_sixty_four_shoppers_want_the_last_five_bags(
    world: World, tell: Callable[[str], None]
) -> None:
    world.put_row(RawRow(id=1, quantity=BAGS))
    busy: list[InventoryError] = []

    def shopper(number: int) -> Callable[[], Decision]:
        request = wish(f"CC-CROWD{number:03}", {1: 1}, token=f"shopper {number}")
        return lambda: patiently(lambda: sell(world.inventory, request), busy)

    answers = all_at_once(world, [shopper(number) for number in range(SHOPPERS)])
    sold = decisions(answers)
    told = [answer for answer in answers if isinstance(answer, SaleRefused)]
    tell(f"{SHOPPERS} shoppers, {BAGS} bags: {len(sold)} sold, {len(told)} told so, "
         f"{len(busy)} times busy and tried again")  # fmt: skip
    assert (len(sold), len(told)) == (BAGS, SHOPPERS - BAGS)
    assert all([short.left for short in refused.shortages] == [0] for refused in told)
    assert sorted(decision.lines[0].left for decision in sold) == list(range(BAGS))
    assert [alert.kind for alert in world.alerts()].count(AlertKind.OUT) == 1
    product = world.inventory.product(1)
    assert product is not None
    assert product.shelf is Shelf.SOLD_OUT
    assert chain_is_whole(world.inventory.movements(1))
    assert len(list(world.inventory.decisions())) == BAGS


def test_two_shoppers_cannot_both_buy_the_last_bag(world: World) -> None:
    """Amina holds the last bag while Bruno pays: he gets his answer after she has paid."""
    world.put_row(RawRow(id=1, quantity=1))
    amina_holds_it, order = Event(), []

    def amina() -> Decision:
        with world.inventory.sale(wish("CC-AMINA001", {1: 1}, token="Amina")) as sale:
            amina_holds_it.set()
            sale.sell(1)
            order.append("Amina")
        assert sale.decision is not None
        return sale.decision

    def bruno() -> Decision:
        amina_holds_it.wait(PATIENCE)
        try:
            request = wish("CC-BRUNO001", {1: 1}, token="Bruno")
            return patiently(lambda: sell(world.second(), request), [])
        finally:
            order.append("Bruno")

    hers, his = all_at_once(world, [amina, bruno])
    assert isinstance(hers, Decision)
    assert isinstance(his, SaleRefused)
    assert order == ["Amina", "Bruno"]
    assert left(world.inventory, 1) == 0


# ── controls ─────────────────────────────────────────────────────────────────────────────────────

LOCK, CONDITION = "lock", "condition"
LINES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    LOCK: without_locks,
    CONDITION: without_the_condition,
}
CROWD = 8


def everybody_looks_before_anybody_buys(world: World, shoppers: int) -> list[object]:
    """All open their sale of one bag first, then sell one after another. Needs open locks."""
    turns = Turns(shoppers)

    def shopper(number: int) -> Callable[[], Decision | None]:
        def act() -> Decision | None:
            request = wish(f"CC-CROWD{number:03}", {1: 1}, token=f"shopper {number}")
            with turns.of(number) as meet, world.inventory.sale(request) as sale:
                meet()
                sale.sell(1)
            return sale.decision

        return act

    return list(all_at_once(world, [shopper(number) for number in range(shoppers)]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("disabled", "sold_at_most"),
    [([LOCK, CONDITION], CROWD), ([LOCK], 1)],
    ids=["neither lock nor condition", "no lock, but the condition"],
)
def test_control_without_the_lock(
    database_world: World, tell: Callable[[str], None], disabled: list[str], sold_at_most: int
) -> None:
    world = database_world
    world.put_row(RawRow(id=1, quantity=BAGS))
    with ExitStack() as stack:
        for name in disabled:
            stack.enter_context(LINES[name]())
        answers = everybody_looks_before_anybody_buys(world, CROWD)
    sold = [answer for answer in answers if isinstance(answer, Decision)]
    remains = left(world.inventory, 1)
    tell(f"without {' and '.join(disabled)}, {CROWD} shoppers, {BAGS} bags: "
         f"{len(sold)} sold, {remains} left")  # fmt: skip
    assert len(sold) == sold_at_most
    if CONDITION in disabled:
        assert len(sold) > BAGS
        assert len(sold) + remains != BAGS
    else:
        failed = [answer for answer in answers if isinstance(answer, InventoryUnavailable)]
        assert len(failed) == CROWD - 1
        assert len(sold) + remains == BAGS


@pytest.mark.django_db(transaction=True)
def test_the_lock_alone_holds_without_the_condition(
    database_world: World, tell: Callable[[str], None]
) -> None:
    world = database_world
    world.put_row(RawRow(id=1, quantity=BAGS))

    def shopper(number: int) -> Callable[[], Decision]:
        request = wish(f"CC-CROWD{number:03}", {1: 1}, token=f"shopper {number}")
        return lambda: patiently(lambda: sell(world.inventory, request), [])

    with without_the_condition():
        answers = all_at_once(world, [shopper(number) for number in range(CROWD)])
    sold = decisions(answers)
    tell(f"without condition, {CROWD} shoppers, {BAGS} bags: {len(sold)} sold")
    assert len(sold) == BAGS
    assert left(world.inventory, 1) == 0
