"""E-mail addresses are forgotten when their order is long over, and not a day before."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from io import StringIO
from itertools import count
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout.desk.orders import OrderQuery
from checkout.mail import RECEIPT, queue_receipt
from checkout.maintenance import purge
from checkout.maintenance.purge import Purged, _due
from checkout.models import Order, OrderState
from shop.mail_round import GIVE_UP_AFTER, Sent, send_due
from shop.models import OutgoingMail

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"
LEAST = timedelta(seconds=30)
"""More than a test takes: what is due by so much is due, what lacks so much is not."""

_numbers = count(1)


def ago(days: int = 0, *, but: timedelta = timedelta(0)) -> datetime:
    return timezone.now() - timedelta(days=days) + but


def order_of_ada(**fields: Any) -> Order:
    """An order of Ada's; without further word confirmed long ago."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "reference": f"CC-{number:08}",
        "token_hash": f"{number:064}",
        "state": OrderState.CONFIRMED,
        "branch_slug": "landing",
        "email": ADA,
        "tax_rate": Decimal("0.2"),
        "created_at": ago(400),
        "settled_at": ago(400),
    }
    return Order.objects.create(**values | fields)


def keeps_its_address(order: Order) -> bool:
    order.refresh_from_db()
    return order.email == ADA


def found_by_staff(text: str) -> list[Order]:
    return list(OrderQuery.read({"q": text}).orders())


@pytest.mark.parametrize(
    ("since", "fields"),
    [
        ("handed_over_at", {}),
        ("cancelled_at", {}),
        ("created_at", {"state": OrderState.CONFIRMED}),
        ("created_at", {"state": OrderState.REFUSED}),
        ("created_at", {"state": OrderState.ABANDONED}),
    ],
)
def test_the_days_begin_when_the_order_was_over_or_else_when_it_was_placed(
    since: str, fields: dict[str, Any]
) -> None:
    still = order_of_ada(**fields | {since: ago(90, but=LEAST)})
    over_today = order_of_ada(**fields | {since: ago(90, but=-LEAST)})
    assert purge() == Purged(addresses=1, tries=0)
    assert keeps_its_address(still)
    assert not keeps_its_address(over_today)


def test_how_many_days_is_a_setting(settings: Settings) -> None:
    settings.KEEP_EMAIL_DAYS = 7
    still = order_of_ada(handed_over_at=ago(7, but=LEAST))
    order_of_ada(handed_over_at=ago(7, but=-LEAST))
    assert purge().addresses == 1
    assert keeps_its_address(still)


def test_an_order_that_may_still_be_sold_keeps_its_address() -> None:
    pending = order_of_ada(state=OrderState.PENDING, settled_at=None)
    assert purge().addresses == 0
    assert keeps_its_address(pending)


def test_a_receipt_outlives_the_address_of_its_order_and_then_holds_none_itself() -> None:
    queue_receipt(order_of_ada())
    assert purge().addresses == 1
    assert send_due([RECEIPT]) == Sent(sent=1, failed=0)
    assert OutgoingMail.objects.get().address == ""


def test_a_receipt_that_will_never_be_sent_holds_no_address_either() -> None:
    queue_receipt(order_of_ada())
    queue_receipt(order_of_ada(cancelled_at=ago(1)))
    old, _cancelled = OutgoingMail.objects.order_by("pk")
    OutgoingMail.objects.filter(pk=old.pk).update(created_at=ago(0) - GIVE_UP_AFTER - LEAST)
    assert send_due([RECEIPT]) == Sent(sent=0, failed=0)
    assert set(OutgoingMail.objects.values_list("address", "sent_at")) == {("", None)}
    assert not OutgoingMail.objects.filter(given_up_at=None).exists()


def test_nothing_but_the_address_is_removed_and_only_once() -> None:
    order = order_of_ada(handed_over_at=ago(100), handed_over_by="Stella")
    others = Order.objects.filter(pk=order.pk).values(
        *(field.name for field in Order._meta.concrete_fields if field.name != "email")
    )
    before = list(others)
    assert purge().addresses == 1
    assert list(others) == before
    assert purge() == Purged(addresses=0, tries=0)


def test_neither_staff_nor_customer_finds_the_order_by_its_address_any_more(
    client: Client,
) -> None:
    order = order_of_ada()
    assert found_by_staff(ADA) == [order]
    purge()
    assert found_by_staff(ADA) == []
    assert found_by_staff(order.reference) == [order]
    for email in (ADA, ""):
        answer = client.post("/orders/", {"reference": order.reference, "email": email})
        assert answer.status_code == 422


def test_many_are_removed_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("checkout.maintenance.purge"), "BATCH", 2)
    for _ in range(5):
        order_of_ada()
    still = order_of_ada(handed_over_at=ago(1))
    assert purge().addresses == 5
    assert keeps_its_address(still)


@pytest.mark.parametrize("meanwhile", [{"handed_over_at": timezone.now()}, {"email": ""}])
def test_what_somebody_else_did_between_listing_and_removing_stands(
    meanwhile: dict[str, Any],
) -> None:
    order = order_of_ada()
    due = _due()
    ids = list(due.values_list("pk", flat=True))
    assert ids == [order.pk]
    Order.objects.filter(pk=order.pk).update(**meanwhile)
    assert due.filter(pk__in=ids).update(email="") == 0


def test_orders_without_an_address_cost_nothing() -> None:
    """The job runs every minute: it must not read every order that was ever made."""
    ids = _due().order_by("created_at").values_list("pk", flat=True)
    assert "orders_with_an_address" in ids.explain() or connection.vendor != "sqlite"


def test_who_guessed_wrong_is_forgotten_when_he_may_try_again() -> None:
    tries = [
        AccessAttempt.objects.create(username=name, ip_address="192.0.2.7", failures_since_start=3)
        for name in ("find an order", "stella")
    ]
    AccessAttempt.objects.filter(pk=tries[0].pk).update(
        attempt_time=timezone.now() - timedelta(minutes=15, seconds=1)
    )
    assert purge().tries == 1
    assert list(AccessAttempt.objects.all()) == [tries[1]]


def test_the_command_says_how_many_and_so_does_the_log(caplog: pytest.LogCaptureFixture) -> None:
    order_of_ada()
    order_of_ada()
    said = StringIO()
    with caplog.at_level(logging.INFO):
        call_command("purge", stdout=said)
        call_command("purge", stdout=said)
        call_command("purge", "--json", stdout=said)
    assert said.getvalue().splitlines() == [
        (
            "Removed: e-mail addresses of 2 orders, 0 records of wrong tries, 0 hashes of "
            "addresses, 0 requests to be told of a restock."
        ),
        "Nothing to remove.",
        '{"addresses": 0, "tries": 0, "hashes": 0, "requests": 0}',
    ]
    assert caplog.messages == ["E-mail addresses removed from orders: 2."]
