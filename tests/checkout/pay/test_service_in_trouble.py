"""An inventory that is busy, away or silent, and a database that fails after the sale."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from checkout.errors import StillChecking
from checkout.models import Order, OrderState, StockAlert
from shop.inventory.contract import (
    DecisionKind,
    OutcomeUnknown,
)
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import place, sell, service, state_of
from tests.inventory.contract.acts import decided
from tests.support.cast import KEEPERS_RESERVE, reprice, stock

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_a_database_that_fails_after_the_commit_does_not_fail_the_order(
    inventory: EventfulInventory, caplog: pytest.LogCaptureFixture
) -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    with database_refusing("checkout_order"), pytest.raises(StillChecking):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    decision = decided(inventory, order.reference)
    assert decision.kind is DecisionKind.SALE
    assert (logging.ERROR, f"Order {order.reference} is decided but could not be updated") in [
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
    # Another process confirms it in between, so that this press has to read its new state.
    inventory.happen_once(Point.AFTER_COMMIT, lambda: service().settle(Order.objects.get()))

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Order, "refresh_from_db", fail)
        with pytest.raises(StillChecking):
            sell(order)
    assert state_of(order) == OrderState.CONFIRMED
