"""Tables that another version of the shop has already changed, as during every upgrade."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Value
from django.db.models.expressions import DatabaseDefault
from django.test import Client
from django.utils import timezone

from checkout.errors import StillChecking
from checkout.maintenance import rebuild_orders
from checkout.models import Order, OrderState, StockAlert
from shop.inserts import insert_one
from shop.inventory import get_inventory
from tests.checkout.orders import buy, place, sell, service, state_of
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

AT = "2026-11-22 16:00:00+00:00"

# The columns that version 0.1 names when it inserts, with a value for each.
INSERTS_OF_0_1: dict[str, dict[str, str | int | None]] = {
    "checkout_order": {
        "reference": "CC-34679ACD",
        "token_hash": "f" * 64,
        "state": "pending",
        "branch_slug": "roastery",
        "email": "ana@example.com",
        "language": "en",
        "tax_rate": "0.2000",
        "refusal": None,
        "created_at": AT,
        "settled_at": None,
        "receipt_claimed_at": None,
        "receipt_sent_at": None,
        "handed_over_at": None,
        "handed_over_by": "",
        "cancelled_at": None,
        "cancelled_by": "",
        "presses": 1,
    },
    "checkout_orderline": {
        "order_id": 0,
        "product_id": 1002,
        "name": "First Ferry",
        "origin": "Ethiopia",
        "quantity": 2,
        "unit_price": "12.50",
    },
    "checkout_orderevent": {"order_id": 0, "at": AT, "what": "placed", "detail": ""},
    "checkout_stockalert": {
        "reference": "CC-34679ACD",
        "product_id": 1001,
        "kind": "low",
        "name": "Harbour Light",
        "left": 2,
        "answer": "",
        "error": "",
        "at": AT,
        "mail": "",
        "mail_claimed_at": None,
        "mail_sent_at": None,
        "acknowledged_at": None,
        "acknowledged_by": "",
    },
    "inventory_stockrow": {
        "id": 1001,
        "name": "Harbour Light",
        "price": "12.50",
        "quantity": 50,
        "origin": "Ethiopia",
        "description": "",
    },
    "inventory_shelvedproduct": {"id": 1001, "shelf": "sold out", "since": AT, "details": "{}"},
    "inventory_ledgerdecision": {
        "reference": "CC-34679ACD",
        "kind": "sale",
        "at": AT,
        "entry": "{}",
    },
    "inventory_ledgermovement": {
        "product_id": 1001,
        "number": 1,
        "kind": "delivery",
        "change": 50,
        "after": 50,
        "at": AT,
        "who": "Rosa",
        "why": "",
        "reference": "",
    },
    "inventory_stockversion": {"id": 1, "value": "a version"},
}


def insert_as_0_1(table: str) -> None:
    """Insert a row as version 0.1 does, under an order where it needs one."""
    row = dict(INSERTS_OF_0_1[table])
    if "order_id" in row:
        row["order_id"] = place((HARBOUR_LIGHT, 1)).pk
    columns = ", ".join(f'"{column}"' for column in row)
    places = ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', list(row.values()))


@contextmanager
def later_version_of(app: str, model: str) -> Iterator[None]:
    """A later version's migration has added a column that must be filled, by Python alone."""
    field = models.CharField(max_length=5, default="")
    adding = migrations.AddField(model, "gift", field)
    before = MigrationExecutor(connection).loader.project_state()
    after = before.clone()
    adding.state_forwards(app, after)
    with connection.schema_editor() as editor:
        adding.database_forwards(app, editor, before, after)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            adding.database_backwards(app, editor, after, before)


@contextmanager
def counted_inserts() -> Iterator[list[str]]:
    """The INSERTs of this thread, as they come."""
    found: list[str] = []

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT"):
            found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield found


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the shop writes into its log, in the words in which it writes it."""
    handler = logging.getLogger("django").handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    stream = handler.setStream(written)
    yield written
    handler.setStream(stream)


# what an older version writes


@pytest.mark.parametrize("table", INSERTS_OF_0_1)
def test_version_0_1_can_still_insert(table: str) -> None:
    insert_as_0_1(table)


def test_control_version_0_1_can_not_insert_without_a_default_in_the_database() -> None:
    with (
        later_version_of("checkout", "orderline"),
        pytest.raises(IntegrityError, match="gift"),
    ):
        insert_as_0_1("checkout_orderline")


def test_an_insert_leaves_a_column_that_no_row_sets_to_the_database() -> None:
    order = Order(
        reference="CC-34679ACD",
        token_hash="f" * 64,
        tax_rate="0.2000",
        created_at=timezone.now(),
        attempts=DatabaseDefault(Value(1)),
    )
    with counted_inserts() as inserts:
        order.pk = insert_one(order)
    assert "attempts" not in inserts[0]
    assert "language" in inserts[0]
    assert Order.objects.get(pk=order.pk).attempts == 1


# what this version does where a later one has changed a table


@pytest.mark.parametrize(
    ("app", "model", "status", "most"),
    [
        ("checkout", "order", 500, 1),
        ("checkout", "orderline", 500, 2),
        ("checkout", "orderevent", 500, 3),
        ("inventory", "ledgerdecision", 503, 4),
        ("inventory", "ledgermovement", 503, 5),
    ],
)
def test_pay_tries_once_sells_nothing_and_keeps_the_address_out_of_the_log(
    log: StringIO, app: str, model: str, status: int, most: int
) -> None:
    stock()
    ana = Shopper("Ana", client=Client(enforce_csrf_checks=True, raise_request_exception=False))
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    with later_version_of(app, model), counted_inserts() as inserts:
        page = ana.press("Pay now", email="ana@example.com")
    assert page.status == status
    assert len(inserts) == most
    assert "gift" in log.getvalue()
    assert "ana@example.com" not in log.getvalue()
    assert not Order.objects.exclude(state=OrderState.PENDING).exists()
    assert left(HARBOUR_LIGHT) == 48
    assert ana.basket() == {"Harbour Light": "2"}
    assert ana.pay().h1 == "Thank you for your order"
    assert left(HARBOUR_LIGHT) == 46


def test_an_alert_that_can_t_be_recorded_yet_is_recorded_later() -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    with later_version_of("checkout", "stockalert"), pytest.raises(StillChecking):
        sell(order)
    assert state_of(order) == OrderState.PENDING
    assert service().settle(order).state == OrderState.CONFIRMED
    assert StockAlert.objects.get().kind == "out"


def test_rebuilding_says_that_it_can_t_write_instead_of_passing_orders_over() -> None:
    stock()
    buy((HARBOUR_LIGHT, 2))
    Order.objects.all().delete()
    with (
        later_version_of("checkout", "orderline"),
        pytest.raises(IntegrityError, match="gift"),
    ):
        rebuild_orders(get_inventory())
    assert rebuild_orders(get_inventory()) == 1
