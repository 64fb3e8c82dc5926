"""Orders whose outcome is unknown: the ledger is read, and after a while fenced."""

from __future__ import annotations

import pytest

from checkout.models import OrderState
from shop.inventory.contract import (
    DecisionKind,
    InventoryBusy,
    InventoryError,
    InventoryTimeout,
    OutcomeUnknown,
)
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy, let_grow_old, place, sell, service, state_of
from tests.inventory.contract.acts import decided
from tests.support.cast import HARBOUR_LIGHT, left, stock

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_young_order_without_a_decision_is_only_read(inventory: EventfulInventory) -> None:
    order = place((HARBOUR_LIGHT, 2))
    assert service().settle(order).state == OrderState.PENDING
    assert inventory.passed[Point.DECISION] == 1
    assert inventory.passed[Point.VOID] == 0


def test_an_old_order_without_a_decision_is_fenced_off(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    let_grow_old(order)
    assert service().settle(order).state == state_of(order) == OrderState.ABANDONED
    decision = decided(inventory, order.reference)
    assert decision.kind is DecisionKind.VOID
    assert [event.what for event in order.events.all()] == ["placed", "abandoned"]
    assert left(HARBOUR_LIGHT) == 48


def test_an_order_that_is_settled_asks_nothing_more(inventory: EventfulInventory) -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    inventory.passed.clear()
    assert service().settle(order).state == OrderState.CONFIRMED
    assert not inventory.passed


@pytest.mark.parametrize(
    "error", [InventoryBusy(), InventoryTimeout("frozen"), OutcomeUnknown("CC-")], ids=repr
)
def test_a_fence_that_can_t_be_put_up_leaves_the_order_pending(
    inventory: EventfulInventory, error: InventoryError
) -> None:
    order = place((HARBOUR_LIGHT, 2))
    let_grow_old(order)
    inventory.happen(Point.VOID, error)
    assert service().settle(order).state == state_of(order) == OrderState.PENDING
    inventory.calm_down()
    assert service().settle(order).state == OrderState.ABANDONED


def test_a_ledger_that_can_t_be_read_leaves_the_order_pending(
    inventory: EventfulInventory,
) -> None:
    order = place((HARBOUR_LIGHT, 2))
    let_grow_old(order)
    inventory.go_away()
    assert service().settle(order).state == state_of(order) == OrderState.PENDING


def test_another_token_s_decision_is_not_followed(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    first = order.reference
    inventory.void(first, "f" * 64, {"abandoned": "an order of a lost database"})
    assert service().settle(order).state == OrderState.PENDING
    let_grow_old(order)
    assert service().settle(order).state == OrderState.ABANDONED
    assert order.reference != first


def test_a_settled_order_never_changes_again(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    stale = place((HARBOUR_LIGHT, 2))
    assert stale.is_pending
    sell(order)
    with pytest.MonkeyPatch.context() as patched:
        # A ledger that contradicts itself can't happen; if it did, the first word would stand.
        void = inventory.void("CC-OTHER", order.token_hash, {"abandoned": "a lie"})
        patched.setattr(inventory, "decision", lambda _reference: void)
        service().settle(stale)
    assert state_of(order) == stale.state == OrderState.CONFIRMED
