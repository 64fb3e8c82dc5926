"""An inventory that is busy, away or silent, and a database that fails after the sale."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from checkout.errors import AlreadyPlaced, NotPlaced, OrderAbandoned, StillChecking
from checkout.models import Order, OrderState, StockAlert
from shop.inventory.contract import (
    DecisionKind,
    InventoryBusy,
    InventoryError,
    InventoryTimeout,
    InventoryUnavailable,
    LoginRefused,
    OutcomeUnknown,
)
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import let_grow_old, place, sell, service, state_of
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, left, reprice, stock

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE_THE_COMMIT = [
    InventoryBusy(1001),
    InventoryUnavailable("connection lost"),
    InventoryTimeout("frozen"),
    LoginRefused("no licence"),
]


@contextmanager
def database_refusing(table: str) -> Iterator[None]:
    """Django's database fails whenever something is written into this table."""
    writes = re.compile(rf"(INSERT|UPDATE) .*\b{table}\b")

    def refuse(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if writes.match(sql):
            raise OperationalError("disk I/O error")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("error", BEFORE_THE_COMMIT, ids=repr)
@pytest.mark.parametrize("point", [Point.SALE, Point.BEFORE_COMMIT], ids=str)
def test_what_fails_before_the_commit_places_nothing_and_can_be_tried_again(
    inventory: EventfulInventory, point: Point, error: InventoryError
) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    inventory.happen(point, error)
    with pytest.raises(NotPlaced) as ending:
        sell(order)
    assert ending.value.cause is error
    assert state_of(order) == OrderState.PENDING
    inventory.calm_down()
    assert left(HARBOUR_LIGHT) == 48
    sell(order)
    assert state_of(order) == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46


def test_a_commit_without_an_answer_is_still_being_checked_and_found_sold_later(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown(order.reference))
    with pytest.raises(StillChecking):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    inventory.calm_down()
    assert service().settle(order).state == OrderState.CONFIRMED
    assert StockAlert.objects.get().kind == "out"


def test_a_commit_that_never_arrived_can_be_pressed_again(inventory: EventfulInventory) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    inventory.happen(Point.BEFORE_COMMIT, OutcomeUnknown(order.reference))
    with pytest.raises(StillChecking):
        sell(order)
    inventory.calm_down()
    assert left(KEEPERS_RESERVE) == 1
    sell(order)
    assert left(KEEPERS_RESERVE) == 0


def test_a_database_that_fails_after_the_commit_does_not_fail_the_order(
    inventory: EventfulInventory, caplog: pytest.LogCaptureFixture
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    with database_refusing("checkout_order"), pytest.raises(StillChecking):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    decision = inventory.decision(order.reference)
    assert decision
    assert decision.kind is DecisionKind.SALE
    assert (logging.ERROR, f"Order {order.reference} stays pending though it is decided") in [
        (record.levelno, record.getMessage()) for record in caplog.records
    ]
    assert service().settle(order).state == OrderState.CONFIRMED
    assert StockAlert.objects.count() == 1


@pytest.mark.parametrize(
    "table", ["checkout_order", "checkout_orderline", "checkout_stockalert", "checkout_orderevent"]
)
def test_an_order_is_confirmed_with_all_that_belongs_to_it_or_not_yet(
    inventory: EventfulInventory, table: str
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    # Its line has to be written again, with the name that the ledger has.
    reprice(KEEPERS_RESERVE, str(KEEPERS_RESERVE.price), name="Keeper's Last")
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown(order.reference))
    with pytest.raises(StillChecking):
        sell(order)
    with database_refusing(table):
        assert service().settle(order).state == OrderState.PENDING
    assert state_of(order) == OrderState.PENDING
    assert not StockAlert.objects.exists()
    assert service().settle(order).state == OrderState.CONFIRMED
    assert StockAlert.objects.count() == 1
    assert [event.what for event in order.events.all()] == ["placed", "confirmed"]
    assert [line.name for line in order.lines.all()] == ["Keeper's Last"]


def test_an_order_that_can_t_be_read_again_after_its_sale_is_confirmed_all_the_same(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    # Somebody else confirms it in between, so that this press has to read what became of it.
    inventory.happen_once(Point.AFTER_COMMIT, lambda: service().settle(Order.objects.get()))

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Order, "refresh_from_db", fail)
        with pytest.raises(StillChecking):
            sell(order)
    assert state_of(order) == OrderState.CONFIRMED


def test_a_slow_sale_that_comes_after_the_fence_sells_nothing(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    let_grow_old(order)

    def fence() -> None:
        assert service().settle(Order.objects.get()).state == OrderState.ABANDONED

    inventory.happen_once(Point.SALE, fence)
    with pytest.raises(OrderAbandoned):
        sell(order)
    assert left(HARBOUR_LIGHT) == 48
    assert state_of(order) == OrderState.ABANDONED


def test_two_requests_for_one_order_sell_it_once(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    inventory.happen_once(Point.SALE, lambda: sell(Order.objects.get()))
    with pytest.raises(AlreadyPlaced):
        sell(order)
    assert order.state == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46
