"""One order, handed over at the counter and cancelled at the desk in the same moment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from checkout import aftercare
from checkout.models import Order
from checkout.references import token_hash
from checkout.service import CheckoutService, ShownLine
from shop.inventory.contract import Decision, Note, Return
from tests.inventory.contract.acts import chain_is_whole, left
from tests.inventory.contract.world import PRICE, RawRow, World
from tests.inventory.races.controls import without_the_question
from tests.inventory.races.crowd import all_at_once, decisions, patiently

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def sold(world: World, number: int) -> Order:
    """An order of two bags that Amina paid for."""
    service = CheckoutService(world.inventory)
    line = ShownLine(
        product_id=1, name="Yirgacheffe", origin="", quantity=2, unit_price=Decimal(PRICE)
    )
    order = service.place(token_hash(f"Amina {number}"), [line], branch="", email="")
    with service.sale(order) as sale:
        sale.sell(order.lines.get())
    return order


def hands_over(order: Order) -> Callable[[], str]:
    mine = Order.objects.get(pk=order.pk)
    return lambda: "handed over" if aftercare.hand_over(mine, who="stella") else "too late"


def cancels(order: Order, world: World) -> Callable[[], str]:
    mine, there = Order.objects.get(pk=order.pk), world.second()

    def cancel() -> str:
        try:
            done = patiently(lambda: aftercare.cancel(mine, there, who="rosa"), [])
        except aftercare.NotCancellable:
            return "too late"
        return "cancelled" if done else "cancelled before"

    return cancel


def test_an_order_is_handed_over_or_cancelled_and_its_bags_come_back_only_then(
    world: World, tell: Callable[[str], None]
) -> None:
    world.put_row(RawRow(id=1, quantity=100))
    gone = 0
    for number in range(ROUNDS):
        order = sold(world, number)
        acts = [hands_over(order), cancels(order, world), cancels(order, world)]
        answers = all_at_once(world, acts)
        order.refresh_from_db()
        assert order.is_handed_over != order.is_cancelled, answers
        assert answers.count("handed over") == order.is_handed_over
        assert answers.count("cancelled") == order.is_cancelled
        gone += 2 * order.is_handed_over
        assert left(world.inventory, 1) == 100 - gone
    tell(f"{ROUNDS} orders handed over and cancelled at once: {gone // 2} handed over, "
         f"{ROUNDS - gone // 2} cancelled, none both")  # fmt: skip
    assert chain_is_whole(world.inventory.movements(1))


def handed_over_while_it_is_cancelled(world: World, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Stella hands it over after Rosa's cancelling began and before the bags go back."""
    world.put_row(RawRow(id=1, quantity=100))
    order = sold(world, 1)
    inventory, real = world.inventory, type(world.inventory).apply

    def apply(self: object, change: Return, note: Note) -> Decision:
        hands_over(order)()
        return real(inventory, change, note)

    with monkeypatch.context() as patch:
        patch.setattr(type(inventory), "apply", apply)
        aftercare.cancel(Order.objects.get(pk=order.pk), inventory, who="rosa")
    order.refresh_from_db()
    return order


def test_what_is_being_cancelled_is_not_handed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = handed_over_while_it_is_cancelled(world, monkeypatch)
    assert (order.is_cancelled, order.is_handed_over) == (True, False)
    assert left(world.inventory, 1) == 100


def test_control_a_hand_over_that_does_not_ask_gives_bags_away_that_went_back(
    world: World, monkeypatch: pytest.MonkeyPatch, tell: Callable[[str], None]
) -> None:
    with without_the_question(Order, "cancelled_by"):
        order = handed_over_while_it_is_cancelled(world, monkeypatch)
    tell("a hand-over that does not ask: handed over and cancelled, bags given away and put back")
    assert order.is_cancelled
    assert order.is_handed_over
    assert left(world.inventory, 1) == 100


def cancelled_on_an_old_page(world: World) -> Order:
    """Rosa's page was opened before Stella handed the order over; now Rosa presses Cancel."""
    world.put_row(RawRow(id=1, quantity=100))
    order = sold(world, 1)
    cancel = cancels(order, world)
    hands_over(order)()
    cancel()
    order.refresh_from_db()
    return order


def test_what_was_handed_over_is_not_cancelled_on_an_old_page(world: World) -> None:
    order = cancelled_on_an_old_page(world)
    assert (order.is_handed_over, order.is_cancelled) == (True, False)
    assert left(world.inventory, 1) == 98


def test_control_a_decision_that_does_not_ask_puts_bags_back_that_are_gone(
    world: World, tell: Callable[[str], None]
) -> None:
    with without_the_question(Order, "handed_over_at"):
        order = cancelled_on_an_old_page(world)
    tell("a cancellation that does not ask: handed over, and its bags are back on the shelf")
    assert order.is_handed_over
    assert left(world.inventory, 1) == 100


def test_two_returns_of_one_sale_under_different_keys_bring_its_bags_back_once(
    world: World, tell: Callable[[str], None]
) -> None:
    world.put_row(RawRow(id=1, quantity=100))
    for number in range(ROUNDS):
        order = sold(world, number)

        def give_back(key: str, reference: str = order.reference) -> Callable[[], Decision]:
            there, note = world.second(), Note(key=f"{key} {reference}", who="rosa")
            return lambda: patiently(lambda: there.apply(Return(sale=reference), note), [])

        first, second = decisions(all_at_once(world, [give_back("one"), give_back("two")]))
        assert first == second
        assert left(world.inventory, 1) == 100
    tell(f"{ROUNDS} sales returned twice at once under two keys: {ROUNDS} came back once")
