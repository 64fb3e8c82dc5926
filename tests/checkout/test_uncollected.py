"""Orders that wait too long: ticked by staff, or found by the jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout import aftercare
from checkout.desk.orders import Stage, stage_of
from checkout.models import Order, SwitchedOn
from checkout.uncollected import DAY, Chased, chase, remind
from shop.inventory import get_inventory
from shop.mail_round import send_due
from shop.models import OutgoingMail
from tests.checkout.orders import buy
from tests.shop.cast import browser_of, page_of, person, words_of
from tests.support.cast import HARBOUR_LIGHT, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/staff/orders/?stage=to-collect"


@pytest.fixture
def orders() -> list[Order]:
    """Three that wait since 1, 9 and 30 days."""
    stock()
    found = [buy((HARBOUR_LIGHT, 2), token=f"order {days}") for days in (1, 9, 30)]
    for order, days in zip(found, (1, 9, 30), strict=True):
        wait(order, days)
    OutgoingMail.objects.all().delete()
    return found


def wait(order: Order, days: int) -> None:
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(days=days))
    order.refresh_from_db()


def stages(orders: list[Order]) -> list[Stage]:
    return [stage_of(Order.objects.get(pk=order.pk)) for order in orders]


def press(desk: Client, button: str, ticked: list[Order], **fields: Any) -> str:
    page = page_of(desk.get(LIST))
    boxes = {str(box["value"]) for box in page.select("input[name=order][form=ticked]")}
    assert {order.reference for order in ticked} <= boxes
    form = page.select_one("form#ticked")
    assert form
    (found,) = [one for one in form.select("button") if one.text.strip() == button]
    address = str(found.get("formaction") or form["action"])
    data = {"order": [order.reference for order in ticked], **fields}
    return words_of(desk.post(address, data, follow=True))


def test_ticked_orders_are_cancelled_each_once(orders: list[Order]) -> None:
    desk = browser_of(person("rosa", "see_orders", "cancel_orders"))
    before = left(HARBOUR_LIGHT)
    said = press(desk, "Cancel them", orders[1:], bags="back", why="never came")
    assert "2 orders cancelled." in said
    assert stages(orders) == [Stage.TO_COLLECT, Stage.CANCELLED, Stage.CANCELLED]
    assert left(HARBOUR_LIGHT) == before + 4
    send_due()
    assert [sent.subject.split()[-1] for sent in mail.outbox] == ["cancelled"] * 2
    again = {"order": [order.reference for order in orders[1:]], "bags": "back"}
    assert "2 orders left as they were" in words_of(
        desk.post("/staff/orders/cancel/", again, follow=True)
    )
    assert left(HARBOUR_LIGHT) == before + 4


def test_an_order_handed_over_since_the_page_was_opened_stays_so(orders: list[Order]) -> None:
    desk = browser_of(person("rosa", "see_orders", "cancel_orders"))
    data = {"order": [order.reference for order in orders], "bags": "off"}
    aftercare.hand_over(orders[0], who="ben")
    said = words_of(desk.post("/staff/orders/cancel/", data, follow=True))
    assert "2 orders cancelled." in said
    assert "1 order left as it was: handed over or cancelled before." in said
    assert stages(orders)[0] is Stage.HANDED_OVER


def test_ticked_orders_are_reminded_once_a_day(orders: list[Order], settings: Settings) -> None:
    settings.PICKUP_KEEP_DAYS = 40
    desk = browser_of(person("rosa", "see_orders"))
    Order.objects.filter(pk=orders[0].pk).update(email="")
    said = press(desk, "Remind by mail", orders)
    assert "2 orders reminded by mail." in said
    assert "1 order left as it was" in said
    assert "3 orders left as they were" in press(desk, "Remind by mail", orders)
    send_due()
    assert len(mail.outbox) == 2
    body = mail.outbox[0].body
    assert f"Order {orders[1].reference} of" in str(body) or orders[2].reference in str(body)
    for words in ("has not been collected yet", "The Roastery", "We keep them until", "2 bags"):
        assert words in str(body)


def test_a_reminder_is_not_sent_when_the_bags_were_collected_meanwhile(
    orders: list[Order],
) -> None:
    assert remind(orders[1], who="rosa")
    aftercare.hand_over(orders[1], who="rosa")
    send_due()
    assert mail.outbox == []


def test_without_the_settings_nothing_happens_by_itself(orders: list[Order]) -> None:
    assert chase(get_inventory()) == Chased(reminded=0, cancelled=0)
    assert stages(orders) == [Stage.TO_COLLECT] * 3


def test_the_jobs_remind_once_and_no_customer_of_long_ago(
    orders: list[Order], settings: Settings
) -> None:
    settings.REMIND_AFTER_DAYS = 5
    assert chase(get_inventory()).reminded == 1
    assert chase(get_inventory()).reminded == 0
    assert [event.what for event in orders[1].events.all()][-1] == "reminded"
    assert OutgoingMail.objects.get().key.startswith(orders[1].reference)


def test_the_jobs_cancel_what_was_not_collected_a_day_after_it_is_switched_on(
    orders: list[Order], settings: Settings
) -> None:
    settings.PICKUP_KEEP_DAYS, settings.CANCEL_UNCOLLECTED = 7, True
    assert chase(get_inventory()).cancelled == 0
    SwitchedOn.objects.update(at=timezone.now() - DAY)
    call_command("chase_orders")
    assert stages(orders) == [Stage.TO_COLLECT, Stage.CANCELLED, Stage.CANCELLED]
    cancelled = Order.objects.get(pk=orders[2].pk)
    assert cancelled.cancelled_by == "the shop"
    send_due()
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("change", ["off and on", "fewer days"])
def test_another_day_passes_after_the_setting_is_changed(
    orders: list[Order], settings: Settings, change: str
) -> None:
    settings.PICKUP_KEEP_DAYS, settings.CANCEL_UNCOLLECTED = 60, True
    chase(get_inventory())
    SwitchedOn.objects.update(at=timezone.now() - DAY)
    if change == "off and on":
        settings.CANCEL_UNCOLLECTED = False
        chase(get_inventory())
    settings.PICKUP_KEEP_DAYS, settings.CANCEL_UNCOLLECTED = 7, True
    assert chase(get_inventory()).cancelled == 0
    assert stages(orders) == [Stage.TO_COLLECT] * 3


def test_the_last_day_that_a_receipt_names_is_still_the_customers(
    orders: list[Order], settings: Settings
) -> None:
    settings.PICKUP_KEEP_DAYS, settings.CANCEL_UNCOLLECTED = 9, True
    chase(get_inventory())
    SwitchedOn.objects.update(at=timezone.now() - DAY)
    assert orders[1].kept_until
    assert orders[1].kept_until.date() >= timezone.localdate()
    chase(get_inventory())
    assert stages(orders) == [Stage.TO_COLLECT, Stage.TO_COLLECT, Stage.CANCELLED]
