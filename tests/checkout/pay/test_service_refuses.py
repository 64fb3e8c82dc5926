"""Orders that can't be sold as they were shown: refused whole, in the ledger first."""

from __future__ import annotations

import pytest

from checkout.errors import (
    AlreadyPlaced,
    NotPlaced,
    OrderError,
    OrderRefused,
    Refusal,
    StillChecking,
)
from checkout.models import Order, OrderState
from shop.inventory import get_inventory
from shop.inventory.contract import (
    DecisionKind,
    InventoryError,
    InventoryUnavailable,
    OutcomeUnknown,
    Shortage,
)
from shop.inventory.models import StockRow
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import Wanted, place, sell, service, state_of
from tests.inventory.contract.acts import decided
from tests.support.cast import (
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    left,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def refusal_of(order: Order) -> Refusal:
    with pytest.raises(OrderRefused) as ending:
        sell(order)
    return Refusal.from_json(ending.value.order.refusal or {})


def test_a_coffee_that_the_store_forgot_goes_by_the_name_that_was_shown() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    StockRow.objects.filter(id=1001).delete()  # as another program would
    assert refusal_of(order).shortages == (
        Shortage(product_id=1001, name="Harbour Light", wanted=2, left=0),
    )


@pytest.mark.parametrize("wanted", [(KEEPERS_RESERVE, 2), (HARBOUR_LIGHT, 1, "11.00")])
def test_what_is_kept_with_the_order_is_what_stands_in_the_ledger(wanted: Wanted) -> None:
    stock()
    order = place(wanted)
    refusal = refusal_of(order)
    decision = decided(get_inventory(), order.reference)
    assert decision.kind is DecisionKind.VOID
    assert Refusal.from_json(decision.reason["refused"]) == refusal


# the order of writing


@pytest.mark.parametrize(
    ("point", "error", "ending", "settled"),
    [
        (Point.VOID, InventoryUnavailable("gone"), NotPlaced, OrderState.PENDING),
        (Point.AFTER_VOID, OutcomeUnknown("CC-"), StillChecking, OrderState.REFUSED),
    ],
    ids=["not written", "written and not answered"],
)
def test_an_order_stays_pending_until_its_refusal_is_known_to_stand_in_the_ledger(
    inventory: EventfulInventory,
    point: Point,
    error: InventoryError,
    ending: type[OrderError],
    settled: OrderState,
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    inventory.happen(point, error)
    with pytest.raises(ending):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    inventory.calm_down()
    assert service().settle(order).state == settled
    assert refusal_of(order).shortages[0].left == 1


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
    decision = decided(inventory, order.reference)
    assert decision.token_hash == order.token_hash
