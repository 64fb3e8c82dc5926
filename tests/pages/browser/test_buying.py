"""What may happen on the way to the receipt, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from checkout.models import Order, OrderState
from shop.inventory.contract import InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, PHONE, Tab
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, Shopper, left
from tests.support.inventory import OverrideInventory

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

THANKS = "Thank you for your order"
with_and_without_javascript = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with JavaScript", "without"]
)


def at_the_checkout(tab: Tab) -> Tab:
    """With the last bag of Keeper's Reserve and two of Harbour Light."""
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(KEEPERS_RESERVE)
    tab.become(ana)
    tab.open("/checkout/")
    return tab


@with_and_without_javascript
def test_a_double_click_on_pay_orders_once(new_tab: NewTab, *, javascript: bool) -> None:
    tab = at_the_checkout(new_tab(**DESKTOP, java_script_enabled=javascript))
    tab.page.get_by_label("The Roastery").check()
    tab.page.get_by_role("button", name="Pay now").dblclick()
    expect(tab.page.locator("h1")).to_have_text(THANKS)
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert (left(HARBOUR_LIGHT), left(KEEPERS_RESERVE)) == (46, 0)
    tab.open("/basket/")
    expect(tab.page.get_by_text("Your basket is empty.")).to_be_visible()


# Two presses on a button, of which nothing is sent: which of them the page held back.
PRESS_TWICE = """(button) => {
  const held = [];
  document.addEventListener("submit", (event) => {
    held.push(event.defaultPrevented);
    event.preventDefault();
  });
  button.click();
  button.click();
  return held;
}"""


@pytest.mark.parametrize("path", ["/shop/", "/shop/1001/harbour-light/"])
def test_of_a_double_tap_on_add_the_second_is_held_back(new_tab: NewTab, path: str) -> None:
    tab = new_tab(**PHONE)
    tab.open(path)
    add = tab.page.get_by_role("button", name="Add to basket").first
    assert add.evaluate(PRESS_TWICE) == [False, True]


@with_and_without_javascript
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


def walk_to(tab: Tab, words: str) -> None:
    """Press Tab until what is focused is called so; it must show that it is."""
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        here = tab.page.evaluate(FOCUSED)
        assert here["is_seen"], f"{here['words']} is focused and does not look it"
        if here["words"].startswith(words):
            return
    pytest.fail(f"The Tab key does not lead to {words}.")


FOCUSED = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  const words = here.labels?.[0]?.textContent ?? here.textContent;
  return {
    words: words.trim().replace(/\\s+/g, " "),
    is_seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      && box.bottom > 0 && box.top < innerHeight,
  };
}"""


def enter(tab: Tab) -> None:
    """Press Enter, and wait for the page it leads to."""
    with tab.page.expect_navigation(wait_until="load"):
        tab.page.keyboard.press("Enter")


@with_and_without_javascript
def test_the_whole_purchase_can_be_made_from_the_keyboard(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = new_tab(**DESKTOP, java_script_enabled=javascript)
    tab.open("/")
    keyboard = tab.page.keyboard
    walk_to(tab, "Skip to content")
    keyboard.press("Enter")
    walk_to(tab, "See our coffees")
    enter(tab)
    walk_to(tab, "Search")
    keyboard.type("harbour")
    enter(tab)
    assert tab.path.startswith("/shop/?q=harbour")
    walk_to(tab, "Harbour Light")
    enter(tab)
    walk_to(tab, "Bags of Harbour Light")
    keyboard.press("Control+a")
    keyboard.type("2")
    enter(tab)
    expect(tab.page.locator(".said")).to_be_focused()
    enter(tab)
    assert tab.h1 == "Basket"
    walk_to(tab, "Bags of Harbour Light")
    keyboard.press("Control+a")
    keyboard.type("3")
    enter(tab)
    walk_to(tab, "Checkout")
    enter(tab)
    assert tab.h1 == "Check your order"
    walk_to(tab, "The Roastery")
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    walk_to(tab, "E-mail")
    keyboard.type("ana@example.com")
    walk_to(tab, "Pay now – $37.50")
    enter(tab)
    assert tab.h1 == THANKS
    order = Order.objects.get()
    assert (order.branch_slug, order.email) == ("lookout", "ana@example.com")
    assert left(HARBOUR_LIGHT) == 45
    assert tab.heard == []


@with_and_without_javascript
def test_the_whole_purchase_can_be_made_with_a_thumb_on_a_phone(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = new_tab(**PHONE, java_script_enabled=javascript)
    main = tab.page.get_by_role("main")

    def tap(target: Locator) -> None:
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44, f"too small for a thumb: {target}"
        with tab.page.expect_navigation(wait_until="load"):
            target.tap()

    tab.open("/")
    tap(main.get_by_role("link", name="See our coffees"))
    tap(main.get_by_role("button", name="Add to basket Harbour Light"))
    tap(main.get_by_role("link", name="Added, 1 in basket"))
    tap(main.get_by_role("button", name="Checkout"))
    tab.page.get_by_text("The Landing").first.tap()
    tab.page.get_by_label("E-mail").tap()
    tab.page.keyboard.type("ana@example.com")
    tap(main.get_by_role("button", name="Pay now"))
    assert tab.h1 == THANKS
    assert not tab.scrolls_sideways()
    order = Order.objects.get()
    assert (order.branch_slug, order.email) == ("landing", "ana@example.com")
    assert left(HARBOUR_LIGHT) == 47
    assert tab.heard == []


def test_the_page_of_an_order_that_is_checked_becomes_the_receipt_by_itself(
    new_tab: NewTab, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
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


def test_the_error_of_a_coffee_that_sold_out_leads_to_where_it_says_so(new_tab: NewTab) -> None:
    tab = new_tab(**DESKTOP)
    tab.open("/shop/1011/")
    buy((KEEPERS_RESERVE, 1))
    tab.press("Add to basket")
    expect(tab.page.locator(".problem-summary")).to_be_focused()
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#id_stock")).to_be_focused()
    expect(tab.page.locator("#id_stock")).to_have_text("Sold out")


def test_what_can_be_pressed_on_a_phone_is_large_enough_for_a_finger(new_tab: NewTab) -> None:
    tab = at_the_checkout(new_tab(**PHONE))
    for address in ("/shop/", "/shop/1001/", "/basket/", "/checkout/", "/basket/undo/"):
        tab.open(address)
        small = tab.page.evaluate(SMALL)
        assert small == [], address


SMALL = """
  [...document.querySelectorAll("main a, main button, main input:not([type=hidden]), main select")]
    .map((e) => [e, (e.closest("label") ?? e).getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 && box.height > 1)
    .map(([e, box]) => `${e.outerHTML} is ${box.height} high`)
"""
"""Whatever is to be pressed and lower than 44 pixels."""
