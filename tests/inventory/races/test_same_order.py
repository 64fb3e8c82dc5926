"""One order, reached for from several sides at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.inventory.contract import Decided, Decision, DecisionKind
from tests.inventory.contract.acts import chain_is_whole, hashed, left, sell, wish
from tests.inventory.contract.world import RawRow, World
from tests.inventory.races.controls import voiding_without_the_claim, without_the_claim
from tests.inventory.races.crowd import all_at_once, decisions, patiently

PRESSES = 12
ROUNDS = 12


def test_pay_pressed_many_times_at_once_sells_once(
    world: World, tell: Callable[[str], None]
) -> None:
    world.put_row(RawRow(id=1, quantity=100))
    answers = all_at_once(world, [pay(world, "CC-PRESSED1")] * PRESSES)
    (sold,) = decisions(answers)
    replays = [answer for answer in answers if isinstance(answer, Decided)]
    tell(f"{PRESSES} presses of one Pay: 1 sold, {len(replays)} told that it is")
    assert len(replays) == PRESSES - 1
    assert all(replay.decision == sold for replay in replays)
    assert left(world.inventory, 1) == 99


@pytest.mark.django_db(transaction=True)
def test_control_without_the_claim_every_press_sells(
    database_world: World, tell: Callable[[str], None]
) -> None:
    world = database_world
    world.put_row(RawRow(id=1, quantity=100))
    with without_the_claim():
        sold = [pay(world, "CC-PRESSED1")() for _ in range(PRESSES)]
    tell(f"without claim, {PRESSES} presses of one Pay: {len(sold)} sold")
    assert left(world.inventory, 1) == 100 - PRESSES


def test_a_sale_and_the_fence_agree_on_what_became_of_an_order(
    world: World, tell: Callable[[str], None]
) -> None:
    world.put_row(RawRow(id=1, quantity=100))
    outcomes = {DecisionKind.SALE: 0, DecisionKind.VOID: 0}
    for number in range(ROUNDS):
        request = wish(f"CC-FENCED{number:02}", {1: 1}, token="Amina")
        hers, ours = all_at_once(
            world, [pay(world, request.reference), fence(world, request.reference)]
        )
        assert isinstance(ours, Decision)
        stands = world.inventory.decision(request.reference)
        assert stands is not None
        assert ours == stands
        assert (hers.decision if isinstance(hers, Decided) else hers) == stands
        outcomes[stands.kind] += 1
    sold = outcomes[DecisionKind.SALE]
    tell(f"{ROUNDS} orders, sale against fence: {sold} sold, {outcomes[DecisionKind.VOID]} void")
    assert left(world.inventory, 1) == 100 - sold
    assert chain_is_whole(world.inventory.movements(1))


def pay(world: World, reference: str) -> Callable[[], Decision]:
    request = wish(reference, {1: 1}, token="Amina")
    return lambda: patiently(lambda: sell(world.inventory, request), [])


def fence(world: World, reference: str) -> Callable[[], Decision]:
    there, reason = world.second(), {"abandoned": "late"}
    return lambda: patiently(lambda: there.void(reference, hashed("Amina"), reason), [])


@pytest.mark.django_db(transaction=True)
def test_control_a_fence_without_the_claim_calls_a_sold_order_void(
    database_world: World, tell: Callable[[str], None]
) -> None:
    world = database_world
    world.put_row(RawRow(id=1, quantity=100))
    wrong = 0
    for number in range(ROUNDS):
        reference = f"CC-FENCED{number:02}"
        pay(world, reference)()
        with voiding_without_the_claim():
            wrong += fence(world, reference)().kind is DecisionKind.VOID
    tell(f"without claim, fence after sale: {wrong} of {ROUNDS} sold orders called void")
    assert wrong == ROUNDS
    assert left(world.inventory, 1) == 100 - ROUNDS
