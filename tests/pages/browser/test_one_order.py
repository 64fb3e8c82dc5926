"""One order where one was meant: two tabs, old pages, log-ins and slow requests, in Chromium."""

from __future__ import annotations

from threading import Event

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from checkout.models import Order, OrderState
from shop.inventory.contract import InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import EventfulInventory, Point
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, Tab
from tests.support.cast import HARBOUR_LIGHT, SLACK_WATER, Shopper, left

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

THANKS = "Thank you for your order"
CHANGED = "Your basket has changed since this page was shown."
PATIENCE = 30.0


@pytest.fixture
def tab(new_tab: NewTab) -> Tab:
    """Rosa's, at the checkout with two bags of Harbour Light; she works here and shops here."""
    User.objects.create_superuser("rosa", password="harbour lights")
    rosa = Shopper("Rosa")
    rosa.put_in_basket(HARBOUR_LIGHT, 2)
    tab = new_tab(**DESKTOP)
    tab.become(rosa)
    tab.open("/checkout/")
    return tab


def another(tab: Tab, path: str) -> Tab:
    """A second tab of the same browser."""
    second = Tab(tab.context, tab.address)
    second.open(path)
    return second


def one_order_for_two_bags() -> bool:
    states = list(Order.objects.values_list("state", flat=True))
    return states == [OrderState.CONFIRMED] and left(HARBOUR_LIGHT) == 46


def is_empty(basket: Tab) -> bool:
    basket.open("/basket/")
    return basket.page.get_by_text("Your basket is empty.").is_visible()


def test_pay_pressed_in_two_tabs_in_the_same_moment_orders_once(tab: Tab) -> None:
    second = another(tab, "/checkout/")
    for each in (tab, second):
        each.page.get_by_label("The Roastery").check()
    for each in (tab, second):
        each.page.get_by_role("button", name="Pay now").click(no_wait_after=True)
    for each in (tab, second):
        expect(each.page.locator("h1")).to_have_text(THANKS)
    assert tab.path == second.path
    assert one_order_for_two_bags()


def test_two_tabs_with_different_baskets_order_what_the_pressed_page_shows(tab: Tab) -> None:
    second = another(tab, "/shop/1003/")
    second.press("Add to basket")
    second.open("/checkout/")
    tab.press("Pay now")
    expect(tab.page.locator("main")).to_contain_text(CHANGED)
    assert not Order.objects.exists()
    second.press("Pay now – $35.90")
    assert second.h1 == THANKS
    # The first tab shows the very basket that was paid for.
    tab.press("Pay now – $35.90")
    assert (tab.h1, tab.path) == (THANKS, second.path)
    assert one_order_for_two_bags()
    assert left(SLACK_WATER) == 59


def test_a_slow_change_from_before_the_sale_brings_nothing_back_that_was_sold(
    tab: Tab, inventory: EventfulInventory
) -> None:
    """The other tab's change has read the session, and then waits for the stock."""
    slow = another(tab, "/shop/1003/")
    here, go_on = Event(), Event()

    def waits() -> None:
        here.set()
        go_on.wait(PATIENCE)

    inventory.happen_once(Point.PRODUCTS, waits)
    slow.page.get_by_role("button", name="Add to basket", exact=True).click(no_wait_after=True)
    assert here.wait(PATIENCE)
    tab.press("Pay now")
    assert tab.h1 == THANKS
    go_on.set()
    expect(slow.page.locator(".said")).to_contain_text("Added, 1 in basket")
    assert one_order_for_two_bags()
    slow.open("/checkout/")
    expect(slow.page.get_by_role("button", name="Pay now")).to_contain_text("$10.90")


def test_a_basket_that_is_changed_while_its_order_is_pending_waits_and_is_paid_for_once(
    tab: Tab, inventory: EventfulInventory
) -> None:
    second = another(tab, "/basket/")
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    tab.press("Pay now")
    assert tab.h1.startswith("We’re checking your order")
    second.page.get_by_label("Bags of Harbour Light").fill("5")
    second.press("Update Harbour Light")
    expect(second.page.get_by_role("main")).to_contain_text(
        "you can go on with this basket as soon as we know"
    )
    inventory.calm_down()
    expect(tab.page.locator("h1")).to_have_text(THANKS, timeout=30_000)
    assert one_order_for_two_bags()
    assert is_empty(second)
