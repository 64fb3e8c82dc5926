"""Alerts that the stock server did not answer: called again, shown, given up in the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from checkout.errors import StillChecking
from checkout.jobs import JOBS
from checkout.models import StockAlert
from checkout.server_alerts import Raised, raise_due
from shop.inventory.contract import AlertAnswer, AlertKind, InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import place, sell, service
from tests.shop.cast import browser_of, rosa, words_of
from tests.support.cast import KEEPERS_RESERVE, THOUSAND_STEPS, stock
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """The time of Django, which goes on when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(timezone, "now", self.read)

    def read(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class Silent(EventfulInventory):
    """Sells, and answers no alert while it is silent."""

    is_silent = True
    calls = 0

    def raise_alert(self, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
        self.calls += 1
        if self.is_silent:
            raise InventoryTimeout("no answer in time")
        return super().raise_alert(kind, product_id, name)


@pytest.fixture
def inventory(override_inventory: OverrideInventory) -> Silent:
    """The process's inventory; an order was sold whose commit was not answered."""
    inventory = override_inventory(Silent())
    inventory.is_silent = False
    stock()
    order = place((KEEPERS_RESERVE, 1), (THOUSAND_STEPS, 1))
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown(order.reference))
    with pytest.raises(StillChecking):
        sell(order)
    inventory.calm_down()
    service().settle(order)
    inventory.is_silent, inventory.calls = True, 0
    return inventory


@pytest.fixture
def clock(inventory: Silent, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def page() -> str:
    return words_of(browser_of(rosa()).get("/staff/alerts/"))


def test_an_alert_of_a_sale_that_was_found_out_later_is_due_and_shown(inventory: Silent) -> None:
    assert [alert.due_at is None for alert in StockAlert.objects.all()] == [False, False]
    assert "Not answered yet; it is called again by itself" in page()


def test_what_is_due_is_called_once_and_its_answer_kept(inventory: Silent, clock: Clock) -> None:
    assert raise_due(inventory) == Raised(answered=0, due=2)
    assert inventory.calls == 0
    inventory.is_silent = False
    clock.pass_(minutes=2)
    assert raise_due(inventory) == Raised(answered=2, due=0)
    assert raise_due(inventory) == Raised(answered=0, due=0)
    assert inventory.calls == 2
    answers = StockAlert.objects.order_by("kind").values_list("answer", flat=True)
    assert [answer.split(":")[0] for answer in answers] == ["Low stock", "Out of stock"]


def test_a_server_that_stays_silent_is_called_at_longer_and_longer_pauses_for_a_day(
    inventory: Silent, clock: Clock
) -> None:
    StockAlert.objects.filter(kind="low").delete()
    called_at = []
    for minute in range(0, 26 * 60, 5):
        before = inventory.calls
        raise_due(inventory)
        if inventory.calls > before:
            called_at.append(minute)
        clock.pass_(minutes=5)
    pauses = [later - earlier for earlier, later in pairwise(called_at)]
    assert pauses == sorted(pauses)
    assert pauses[0] <= 10
    assert pauses[-1] == 60
    assert 23 * 60 < called_at[-1] <= 24 * 60
    assert "Not raised: the stock server did not answer for a day" in page()


def test_jobs_call_them() -> None:
    assert "raise_alerts" in [job.command for job in JOBS]
