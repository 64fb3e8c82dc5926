"""Trade that is made up for a demonstration, through the services and in the past."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from checkout.made_up import DAYS, WHO, Trade, clock_at
from checkout.models import Order, OrderEvent
from coffeeco_site.management.commands.demo import Command
from shop.inventory import get_inventory
from shop.inventory.contract import MovementKind
from tests.checkout.orders import buy
from tests.support.cast import HARBOUR_LIGHT, stock

pytestmark = pytest.mark.django_db(transaction=True)


def test_forty_days_fit_into_ledger_and_orders_and_say_that_they_are_made_up() -> None:
    began, inventory = timezone.now(), get_inventory()
    trade = Trade(inventory)
    with clock_at(inventory, lambda: trade.first_day):
        stock()
    trade.happen()
    moments = [order.created_at for order in Order.objects.order_by("pk")]
    assert moments == sorted(moments)
    assert trade.orders == len(moments) == OrderEvent.objects.filter(what=WHO).count()
    assert timedelta(days=DAYS - 3) < began - moments[0] < timedelta(days=DAYS)
    movements = list(inventory.all_movements())
    assert {one.who for one in movements if one.kind is not MovementKind.SALE} >= {WHO}
    assert all(one.at <= began for one in movements)
    assert not Order.objects.exclude(state="confirmed").exists()
    assert {order.is_handed_over for order in Order.objects.all()} == {True, False}
    call_command("audit_ledger")
    assert inventory.clock() >= began


def has_coffee(_settings: Settings) -> None:
    stock()


def has_an_order(_settings: Settings) -> None:
    stock()
    buy((HARBOUR_LIGHT, 1))


def is_public(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com", "localhost"]


@pytest.mark.parametrize(
    ("shop", "says"),
    [
        (has_coffee, "This shop has coffee. .* DATABASE_URL=sqlite:///demo.sqlite3"),
        (has_an_order, "This shop has orders."),
        (is_public, "ALLOWED_HOSTS names shop.example.com"),
    ],
)
def test_it_is_refused_in_a_shop_that_is_used(settings: Settings, shop: object, says: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    shop(settings)  # type: ignore[operator]
    before = get_inventory().version()
    with pytest.raises(CommandError, match=says):
        Command().make_up_history()
    assert get_inventory().version() == before
