"""Orders that can't be sold as they were shown: refused whole, in the ledger first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checkout.errors import AlreadyPlaced, NotPlaced, OrderRefused, Refusal, StillChecking
from checkout.models import Order, OrderState, StockAlert
from checkout.summary import RefusedTotals
from shop.inventory import get_inventory
from shop.inventory.contract import (
    DecisionKind,
    InventoryUnavailable,
    OutcomeUnknown,
    PriceChange,
    Shortage,
)
from shop.inventory.models import StockRow
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import Wanted, buy, place, sell, service, state_of
from tests.support.cast import (
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SHELF,
    SLACK_WATER,
    THOUSAND_STEPS,
    left,
    reprice,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def refusal_of(order: Order) -> Refusal:
    with pytest.raises(OrderRefused) as ending:
        sell(order)
    return ending.value.refusal


def test_every_short_line_is_named_with_what_is_left_and_nothing_is_sold() -> None:
    stock()
    buy((KEEPERS_RESERVE, 1))
    before = [left(coffee) for coffee in SHELF]
    order = place((HARBOUR_LIGHT, 2), (THOUSAND_STEPS, 3), (KEEPERS_RESERVE, 1))
    refusal = refusal_of(order)
    assert refusal.shortages == (
        Shortage(product_id=1010, name="Thousand Steps", wanted=3, left=2),
        Shortage(product_id=1011, name="Keeper's Reserve", wanted=1, left=0),
    )
    assert refusal.price_changes == ()
    assert [left(coffee) for coffee in SHELF] == before
    assert order.state == state_of(order) == OrderState.REFUSED
    assert not StockAlert.objects.filter(reference=order.reference).exists()


def test_a_coffee_that_the_store_forgot_goes_by_the_name_that_was_shown() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    StockRow.objects.filter(id=1001).delete()  # as another program would
    assert refusal_of(order).shortages == (
        Shortage(product_id=1001, name="Harbour Light", wanted=2, left=0),
    )


@pytest.mark.parametrize(
    ("now", "shown_total", "now_total"),
    [
        ("14.00", "25.00", "28.00"),
        ("9.90", "25.00", "19.80"),
        ("12.51", "25.00", "25.02"),
        ("12.49", "25.00", "24.98"),
    ],
    ids=["up", "down", "up by a cent", "down by a cent"],
)
def test_a_price_that_changed_refuses_with_both_figures(
    now: str, shown_total: str, now_total: str
) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    reprice(HARBOUR_LIGHT, now)
    assert refusal_of(order).price_changes == (
        PriceChange(
            product_id=1001,
            name="Harbour Light",
            quantity=2,
            shown=Decimal("12.50"),
            now=Decimal(now),
        ),
    )
    totals = RefusedTotals.of(order)
    assert (totals.shown_total, totals.now_total) == (Decimal(shown_total), Decimal(now_total))
    assert left(HARBOUR_LIGHT) == 48


def test_a_price_that_changed_and_came_back_is_the_price_that_was_shown() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 1))
    reprice(HARBOUR_LIGHT, "13.50")
    reprice(HARBOUR_LIGHT, "12.50")
    assert sell(order).state == OrderState.CONFIRMED


def test_shortages_and_price_changes_are_told_together() -> None:
    stock()
    order = place((SLACK_WATER, 61), (THOUSAND_STEPS, 3, "16.00"))
    refusal = refusal_of(order)
    assert [short.name for short in refusal.shortages] == ["Slack Water", "Thousand Steps"]
    assert [change.name for change in refusal.price_changes] == ["Thousand Steps"]


@pytest.mark.parametrize("wanted", [(KEEPERS_RESERVE, 2), (HARBOUR_LIGHT, 1, "11.00")])
def test_what_is_kept_with_the_order_is_what_stands_in_the_ledger(wanted: Wanted) -> None:
    stock()
    order = place(wanted)
    refusal = refusal_of(order)
    decision = get_inventory().decision(order.reference)
    assert decision
    assert decision.kind is DecisionKind.VOID
    assert Refusal.from_json(decision.reason["refused"]) == refusal


# the order of writing


def test_the_ledger_says_void_before_the_order_says_refused(inventory: EventfulInventory) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    states: list[str] = []
    inventory.happen(Point.AFTER_VOID, lambda: states.append(state_of(order)))
    refusal_of(order)
    assert states == [OrderState.PENDING]
    assert state_of(order) == OrderState.REFUSED


def test_a_refusal_that_the_ledger_did_not_take_leaves_the_order_pending(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    inventory.happen(Point.VOID, InventoryUnavailable("gone"))
    with pytest.raises(NotPlaced):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    inventory.calm_down()
    assert refusal_of(order).shortages


def test_a_refusal_that_was_not_answered_is_found_in_the_ledger_later(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    inventory.happen(Point.AFTER_VOID, OutcomeUnknown(order.reference))
    with pytest.raises(StillChecking):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    inventory.calm_down()
    assert service().settle(order).state == OrderState.REFUSED
    assert Refusal.from_json(order.refusal or {}).shortages[0].left == 1


def test_a_sale_that_came_between_the_shortage_and_the_void_stands(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))

    def restock_and_press_again() -> None:
        stock(KEEPERS_RESERVE)
        sell(Order.objects.get())

    inventory.happen_once(Point.VOID, restock_and_press_again)
    with pytest.raises(AlreadyPlaced):
        sell(order)
    assert order.state == state_of(order) == OrderState.CONFIRMED
    assert order.refusal is None
    assert left(KEEPERS_RESERVE) == 0


def test_a_refusal_of_a_taken_reference_is_written_under_another(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    first = order.reference

    def take_it() -> None:
        inventory.void(first, "f" * 64, {"abandoned": "an order of a lost database"})

    inventory.happen_once(Point.VOID, take_it)
    assert refusal_of(order).shortages
    assert order.reference != first
    decision = inventory.decision(order.reference)
    assert decision
    assert decision.token_hash == order.token_hash
