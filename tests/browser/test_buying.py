"""Whole purchases, clicked through in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from checkout.models import Order, OrderState
from shop.inventory.contract import InventoryTimeout, OutcomeUnknown
from tests.browser.conftest import NewTab
from tests.browser.tab import DESKTOP, PHONE, Tab
from tests.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, Shopper, left
from tests.checkout.inventories import Point, install

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

THANKS = "Thank you for your order"


def at_the_checkout(tab: Tab) -> Tab:
    """With the last bag of Keeper's Reserve and two of Harbour Light."""
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(KEEPERS_RESERVE)
    tab.become(ana)
    tab.open("/checkout/")
    return tab


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_ana_clicks_her_way_from_home_to_the_receipt(new_tab: NewTab, *, javascript: bool) -> None:
    tab = new_tab(**PHONE, java_script_enabled=javascript)
    tab.open("/")
    tab.follow("See our coffees")
    tab.press("Add to basket Harbour Light")
    expect(tab.page.get_by_role("status").first).to_contain_text("Added 1 bag of Harbour Light.")
    tab.follow("Keeper's Reserve")
    tab.press("Add to basket")
    tab.follow("View basket")
    tab.page.get_by_label("Bags of Harbour Light").fill("2")
    tab.press("Update Harbour Light")
    tab.page.get_by_role("main").get_by_role("link", name="Checkout").click()
    expect(tab.page.locator("h1")).to_have_text("Check your order")
    tab.page.get_by_label("The Lookout").check()
    tab.page.get_by_label("E-mail").fill("ana@example.com")
    tab.press("Pay now – $49.00")

    assert tab.h1 == THANKS
    order = Order.objects.get()
    assert order.state == OrderState.CONFIRMED
    assert (order.branch_slug, order.email) == ("lookout", "ana@example.com")
    assert order.reference in tab.page.locator("main").inner_text()
    assert (left(HARBOUR_LIGHT), left(KEEPERS_RESERVE)) == (46, 0)
    assert tab.heard == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_double_click_on_pay_orders_once(new_tab: NewTab, *, javascript: bool) -> None:
    tab = at_the_checkout(new_tab(**DESKTOP, java_script_enabled=javascript))
    tab.page.get_by_role("button", name="Pay now").dblclick()
    expect(tab.page.locator("h1")).to_have_text(THANKS)
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert (left(HARBOUR_LIGHT), left(KEEPERS_RESERVE)) == (46, 0)
    tab.open("/basket/")
    expect(tab.page.get_by_text("Your basket is empty.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_back_after_the_receipt_finds_no_pay_button_and_an_old_tab_the_same_receipt(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = at_the_checkout(new_tab(**DESKTOP, java_script_enabled=javascript))
    old = Tab(tab.context, tab.address)
    old.open("/checkout/")
    tab.press("Pay now")
    receipt = tab.path
    tab.page.go_back(wait_until="load")
    assert tab.h1 == "Basket"
    expect(tab.page.locator("main")).to_contain_text("Your basket is empty.")
    old.press("Pay now")
    assert (old.h1, old.path) == (THANKS, receipt)
    old.page.reload(wait_until="load")
    assert (old.h1, old.path) == (THANKS, receipt)
    assert Order.objects.count() == 1


def test_what_has_to_be_put_right_is_focused_and_its_link_leads_to_the_field(
    new_tab: NewTab,
) -> None:
    tab = at_the_checkout(new_tab(**DESKTOP))
    tab.page.get_by_label("E-mail").fill("ana")
    tab.press("Pay now")
    expect(tab.page.locator(".problem-summary")).to_be_focused()
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_label("E-mail")).to_be_focused()


def test_the_whole_purchase_can_be_made_from_the_keyboard(new_tab: NewTab) -> None:
    tab = new_tab(**DESKTOP)
    tab.open("/shop/1001/")
    tab.page.keyboard.press("Tab")
    expect(tab.page.get_by_role("link", name="Skip to the page")).to_be_focused()
    tab.page.keyboard.press("Enter")
    for _ in range(10):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.name") == "quantity":
            break
    tab.page.keyboard.type("2")
    with tab.page.expect_navigation(wait_until="load"):
        tab.page.keyboard.press("Enter")
    tab.open("/checkout/")
    tab.page.get_by_label("E-mail").focus()
    with tab.page.expect_navigation(wait_until="load"):
        tab.page.keyboard.press("Enter")
    assert tab.h1 == THANKS


def test_the_page_of_an_order_that_is_checked_becomes_the_receipt_by_itself(
    new_tab: NewTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory = install(monkeypatch)
    tab = at_the_checkout(new_tab(**DESKTOP))
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    tab.press("Pay now")
    assert tab.h1.startswith("We’re checking your order")
    inventory.calm_down()
    expect(tab.page.locator("h1")).to_have_text(THANKS, timeout=30_000)
    assert tab.heard == []


def test_the_receipt_can_be_printed_and_its_reference_copied(new_tab: NewTab) -> None:
    tab = at_the_checkout(new_tab(**DESKTOP, permissions=["clipboard-read", "clipboard-write"]))
    tab.press("Pay now")
    expect(tab.page.get_by_role("button", name="Print receipt")).to_be_visible()
    tab.page.get_by_role("button", name="Copy reference").click()
    expect(tab.page.get_by_text("Copied")).to_be_visible()
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied == Order.objects.get().reference
