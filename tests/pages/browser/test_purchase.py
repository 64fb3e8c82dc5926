"""One purchase with JavaScript and one without, clicked through in Chromium in every run."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from checkout.models import Order, OrderState
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import PHONE
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, left

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_ana_clicks_her_way_from_home_to_the_receipt(new_tab: NewTab, *, javascript: bool) -> None:
    tab = new_tab(**PHONE, java_script_enabled=javascript)
    tab.open("/")
    tab.follow("See our coffees")
    tab.press("Add to basket Harbour Light")
    expect(tab.page.locator(".said")).to_contain_text("Added, 1 in basket")
    tab.follow("Keeper's Reserve")
    tab.press("Add to basket")
    tab.follow("Added, 1 in basket View basket")
    tab.page.get_by_label("Bags of Harbour Light").fill("2")
    tab.press("Checkout")
    assert tab.h1 == "Check your order"
    tab.page.get_by_label("The Lookout").check()
    tab.page.get_by_label("E-mail").fill("ana@example.com")
    tab.press("Pay now – $49.00")

    assert tab.h1 == "Thank you for your order"
    order = Order.objects.get()
    assert order.state == OrderState.CONFIRMED
    assert (order.branch_slug, order.email) == ("lookout", "ana@example.com")
    assert order.reference in tab.page.locator("main").inner_text()
    assert (left(HARBOUR_LIGHT), left(KEEPERS_RESERVE)) == (46, 0)
    assert tab.heard == []
