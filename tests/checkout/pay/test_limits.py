"""Limits on new orders: what is turned away, what is not counted, what shoppers and staff see."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout import limits
from checkout.errors import OverLimit
from checkout.maintenance import purge
from checkout.models import Order, OrderState, TurnedAway
from checkout.references import token_hash
from tests.checkout.orders import at_once, service, shown
from tests.shop.cast import browser_of, person, words_of
from tests.site.test_settings import values
from tests.support.cast import HARBOUR_LIGHT, Page, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
ORDER_BAGS, ADDRESS_BAGS, ADDRESS_ORDERS = (
    "One order can have at most 3 bags. Nothing has been ordered, and your basket is kept.",
    "Many bags that were ordered over your internet connection today have not been collected yet.",
    "Many orders have come over your internet connection today. Nothing has been ordered",
)


@pytest.fixture(autouse=True)
def _stock() -> None:
    stock()


def at_the_checkout(bags: int, *, at: str = HOME) -> Shopper:
    """A shopper with this many bags, whose next press is Pay."""
    shopper = Shopper("Ana", client=Client(enforce_csrf_checks=True, REMOTE_ADDR=at))
    shopper.put_in_basket(HARBOUR_LIGHT, bags)
    shopper.open("/checkout/")
    return shopper


def order(bags: int, *, at: str = HOME) -> Page:
    return at_the_checkout(bags, at=at).press("Pay now")


def place(token: str = "ana's basket") -> Order:
    """An order of two bags from one address, without any page."""
    lines = shown((HARBOUR_LIGHT, 2))
    placed = service().place(token_hash(token), lines, branch="", email="", address_hash="a" * 32)
    return placed.order


@pytest.mark.parametrize(
    ("setting", "most", "within", "over", "status", "sentence"),
    [
        ("ORDER_MAX_BAGS", 3, [3, 3], 4, 422, ORDER_BAGS),
        ("ADDRESS_MAX_BAGS", 5, [2, 3], 1, 429, ADDRESS_BAGS),
        ("ADDRESS_MAX_ORDERS", 2, [4, 4], 1, 429, ADDRESS_ORDERS),
    ],
)
def test_a_new_order_over_a_limit_is_turned_away_and_loses_nothing(
    settings: Settings,
    setting: str,
    most: int,
    within: list[int],
    over: int,
    status: int,
    sentence: str,
) -> None:
    setattr(settings, setting, most)
    assert [order(bags).h1 for bags in within] == [THANKS] * len(within)
    ana = at_the_checkout(over)
    page = ana.press("Pay now", branch="landing", email="ana@example.com")
    assert page.status == status
    assert page.response.get("Retry-After") == (None if status == 422 else "3600")
    assert sentence in page.text
    assert page.form("Pay now").values["branch"] == "landing"
    assert page.value("email") == "ana@example.com"
    assert Order.objects.count() == len(within)
    assert left(HARBOUR_LIGHT) == 48 - sum(within)
    setattr(settings, setting, 0)
    assert ana.press("Pay now").h1 == THANKS, "0 switches it off"


def test_the_settings_of_a_shop_that_sets_none() -> None:
    found = values()
    names = ("ORDER_MAX_BAGS", "ADDRESS_MAX_BAGS", "ADDRESS_MAX_ORDERS")
    assert [found[name] for name in names] == [60, 120, 300]


@pytest.mark.parametrize("basket_is_back", [False, True])
def test_a_press_for_an_order_that_exists_always_gets_its_answer(
    settings: Settings, basket_is_back: bool
) -> None:
    settings.ADDRESS_MAX_ORDERS = 1
    ana = at_the_checkout(2)
    other_tab = ana.tab()
    other_tab.open("/checkout/")
    written = Session.objects.get().session_data
    receipt = ana.press("Pay now").path
    if basket_is_back:
        # Then no order is looked for: the unique token refuses a second one.
        Session.objects.update(session_data=written)
    settings.ORDER_MAX_BAGS = settings.ADDRESS_MAX_BAGS = 1
    assert other_tab.press("Pay now").path == receipt


def test_an_order_that_was_given_up_is_placed_again(settings: Settings) -> None:
    settings.ADDRESS_MAX_ORDERS = 1
    first = place()
    Order.objects.update(attempts=0)
    settings.ORDER_MAX_BAGS = settings.ADDRESS_MAX_BAGS = 1
    assert place() == first


@pytest.mark.parametrize(
    "change",
    [
        {"handed_over_at": timezone.now()},
        {"cancelled_by": "rosa"},
        {"state": OrderState.REFUSED},
        {"state": OrderState.ABANDONED},
        {"created_at": timezone.now() - timedelta(days=1, seconds=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_bags_count_while_they_wait_to_be_collected_and_for_a_day(
    settings: Settings, change: dict[str, Any]
) -> None:
    settings.ADDRESS_MAX_BAGS = 2
    order(2)
    assert order(1).status == 429
    Order.objects.update(**change)
    assert order(1).h1 == THANKS


@pytest.mark.parametrize(
    ("first", "second", "is_one_visitor"),
    [
        (HOME, ELSEWHERE, False),
        ("2001:db8:1:2::3", "2001:db8:1:2:9::9", True),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", False),
    ],
)
def test_each_address_is_counted_for_itself(
    settings: Settings, first: str, second: str, is_one_visitor: bool
) -> None:
    settings.ADDRESS_MAX_ORDERS = 1
    order(1, at=first)
    assert (order(1, at=second).status == 429) is is_one_visitor


def test_an_order_has_a_keyed_hash_of_the_address_for_a_day(settings: Settings) -> None:
    order(1)
    assert Order.objects.get().address_hash is None, "no limit, no hash"
    settings.ADDRESS_MAX_ORDERS = 100
    order(1)
    order(1)
    _, first, second = Order.objects.order_by("pk")
    assert first.address_hash == second.address_hash
    settings.SECRET_KEY = "another key" * 5
    order(1)
    assert Order.objects.latest("pk").address_hash not in (None, first.address_hash)
    Order.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=1))
    assert purge().hashes == 1
    first.refresh_from_db()
    assert first.address_hash is None
    assert Order.objects.exclude(address_hash=None).count() == 2


# ── at the same moment ───────────────────────────────────────────────────────────────────────────

CROWD = 4


def placed_at_once(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many orders of two bags are placed from one address; each tries to meet the others."""
    all_of_them, check = Barrier(CROWD), limits.check

    def check_late(order: Order, bags: int) -> None:
        with suppress(BrokenBarrierError):
            all_of_them.wait(0.5)
        check(order, bags)
        with suppress(BrokenBarrierError):
            all_of_them.wait(0.5)

    def place_one(number: int) -> None:
        with suppress(OverLimit):
            place(f"basket {number}")

    monkeypatch.setattr(limits, "check", check_late)
    at_once(*[lambda number=number: place_one(number) for number in range(CROWD)])
    return Order.objects.count()


def test_orders_placed_at_once_do_not_slip_past_a_limit(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS_MAX_BAGS = 5
    assert placed_at_once(monkeypatch) == 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_the_control_without_turns_lets_all_of_them_pass(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS_MAX_BAGS = 5
    monkeypatch.setattr(limits, "take_turn", lambda _: None)
    assert placed_at_once(monkeypatch) == CROWD


# ── staff ────────────────────────────────────────────────────────────────────────────────────────


def test_staff_and_log_learn_that_orders_were_turned_away(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ORDER_MAX_BAGS = 1
    desk = browser_of(person("stella", "see_orders"))
    assert "turned away" not in words_of(desk.get("/staff/"))
    for at in (HOME, HOME, ELSEWHERE):
        order(2, at=at)
    assert (
        "Orders were turned away 3 times in the last 24 hours, at 2 addresses: "
        "more than 1 bags in one order (ORDER_MAX_BAGS)." in words_of(desk.get("/staff/"))
    )
    warned = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert [line for line in warned if "turned away" in line] == [
        "Orders from 192.0.2.0/24 are turned away: over ORDER_MAX_BAGS",
        "Orders from 198.51.100.0/24 are turned away: over ORDER_MAX_BAGS",
    ]
    TurnedAway.objects.update(last_at=timezone.now() - timedelta(days=1, seconds=1))
    assert "turned away" not in words_of(desk.get("/staff/"))
    purge()
    assert not TurnedAway.objects.exists()
