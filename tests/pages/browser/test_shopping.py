"""How people use a shop besides buying: numbers typed and left, Back, reload, adding on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from checkout.models import Order
from tests.checkout.orders import buy
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, PHONE, Tab
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    Shopper,
    reprice,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

# Tells in the tab that a page came as it was left, which Back does only with the browser's cache.
TELL_KEPT = """
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) sessionStorage.kept = location.pathname;
});
"""
with_and_without_javascript = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with JavaScript", "without"]
)


def with_basket(tab: Tab) -> Tab:
    """With two bags of Harbour Light, one of First Ferry and one of Thousand Steps."""
    ana = Shopper("Ana")
    for coffee, bags in ((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), (THOUSAND_STEPS, 1)):
        ana.put_in_basket(coffee, bags)
    ana.open("/")  # The message about the last one is shown here.
    tab.become(ana)
    return tab


def quantities(tab: Tab) -> list[str]:
    """What the number fields of the page hold."""
    return [field.input_value() for field in tab.page.locator(".quantity-field").all()]


def test_no_number_typed_in_the_basket_is_lost(new_tab: NewTab) -> None:
    tab = with_basket(new_tab(**DESKTOP, java_script_enabled=False))
    tab.open("/basket/")
    tab.type("Bags of Harbour Light", "5")
    tab.press("Checkout")
    assert tab.page.locator(".cell-quantity").all_inner_texts() == ["5", "1", "1"]
    tab.follow("Change the basket")
    tab.type("Bags of Harbour Light", "3")
    tab.type("Bags of First Ferry", "4")
    field = tab.page.get_by_label("Bags of Thousand Steps")
    field.fill("9")
    # Enter presses the first button of the form. It is not Remove.
    with tab.page.expect_navigation(wait_until="load"):
        field.press("Enter")
    assert quantities(tab) == ["3", "4", "9"]
    expect(field).to_have_accessible_description("Error: Only 2 bags of Thousand Steps are left.")
    tab.open("/basket/")
    assert quantities(tab) == ["3", "4", "1"]


def test_a_typed_number_survives_undo_and_another_language_until_sent(
    new_tab: NewTab,
) -> None:
    tab = with_basket(new_tab(**DESKTOP))
    tab.open("/basket/")
    tab.press("Remove Thousand Steps")
    tab.type("Bags of Harbour Light", "5")
    tab.press("Undo")
    assert quantities(tab) == ["5", "1", "1"]
    tab.press("Português do Brasil")
    assert quantities(tab) == ["5", "1", "1"]
    tab.press("English")
    tab.press("Update First Ferry")
    tab.reload()
    assert quantities(tab) == ["5", "1", "1"]
    # It was sent: the number of the basket counts again, however it changes.
    tab.type("Bags of Harbour Light", "2")
    tab.press("Update Harbour Light")
    tab.open("/basket/")
    assert quantities(tab) == ["2", "1", "1"]
    assert tab.heard == []


@pytest.mark.parametrize("path", ["/shop/1001/", "/basket/"])
def test_a_wheel_changes_no_number_and_a_comma_is_no_digit(new_tab: NewTab, path: str) -> None:
    tab = with_basket(new_tab(**DESKTOP))
    tab.open(path)
    field = tab.page.get_by_label("Bags of Harbour Light")
    before = field.input_value()
    field.hover()
    field.click()
    tab.page.mouse.wheel(0, -100)
    expect(field).to_have_value(before)
    field.fill("")
    tab.page.keyboard.type("1,5")
    with tab.page.expect_navigation(wait_until="load"):
        tab.page.keyboard.press("Enter")
    assert tab.answer
    assert tab.answer.status == 422
    expect(tab.page.get_by_label("Bags of Harbour Light")).to_have_value("1,5")


def said(tab: Tab) -> str:
    """What was just said: where the focus is, in sight, and at the beginning of the title."""
    focused = tab.page.locator(":focus")
    expect(focused).to_be_in_viewport(ratio=1)
    return focused.inner_text()


@with_and_without_javascript
def test_adding_in_a_list_keeps_the_place_and_says_so_there(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = new_tab(**PHONE, java_script_enabled=javascript)
    tab.open("/shop/?q=s")
    tab.press("Add to basket Thousand Steps")
    assert tab.path == "/shop/?q=s#coffee-1010"
    assert said(tab) == "Added, 1 in basket View basket"
    assert tab.page.title() == "Added 1 bag of Thousand Steps. Search: s · CoffeeCo"
    expect(tab.page.get_by_role("heading", name="Thousand Steps")).to_be_in_viewport()
    tab.press("Add to basket Thousand Steps")
    assert said(tab).startswith("Added, 2 in basket")
    # None is left: the page with the reason leads back to the list.
    tab.press("Add to basket Thousand Steps")
    assert tab.h1 == "Thousand Steps"
    expect(tab.page.locator("main")).to_contain_text("your basket has 2.")
    tab.follow("Back to the list")
    assert tab.path == "/shop/?q=s#coffee-1010"
    expect(tab.page.get_by_role("heading", name="Thousand Steps")).to_be_in_viewport()
    tab.press("Add to basket Slack Water")
    assert tab.path == "/shop/?q=s#coffee-1003"
    assert said(tab).startswith("Added, 1 in basket")
    assert tab.heard == []


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_picture_and_name_of_a_coffee_in_a_list_lead_to_it(
    new_tab: NewTab, screen: dict[str, object]
) -> None:
    tab = new_tab(**screen)
    for part, x, y in (("picture", 0.1, 0.1), ("picture", 0.9, 0.9), ("name", 0.1, 0.95)):
        tab.open("/shop/?q=harbour")
        tab.page.locator("#coffee-1001").scroll_into_view_if_needed()
        box = tab.page.locator(f"#coffee-1001 .tile-{part}").bounding_box()
        assert box
        with tab.page.expect_navigation(wait_until="load"):
            tab.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        assert tab.h1 == "Harbour Light"


def test_one_bag_travels_from_the_page_of_a_coffee_to_that_of_another(new_tab: NewTab) -> None:
    tab = new_tab(**DESKTOP)
    tab.open("/shop/1001/")
    tab.follow("First Ferry")
    assert tab.h1 == "First Ferry"
    assert tab.heard == [], "Chromium complains of two bags that travel, and moves none"


@pytest.mark.parametrize("path", ["/shop/", "/", "/shop/1003/"])
def test_after_adding_by_keyboard_the_next_coffee_s_button_is_a_tab_away(
    new_tab: NewTab, path: str
) -> None:
    tab = new_tab(**DESKTOP, java_script_enabled=False)
    tab.open(path)
    names = tab.page.locator(".tile-name").all_inner_texts()[:3]
    tab.page.get_by_role("button", name=f"Add to basket {names[0]}").focus()
    for name in names:
        expect(tab.page.get_by_role("button", name=f"Add to basket {name}")).to_be_focused()
        with tab.page.expect_navigation(wait_until="load"):
            tab.page.keyboard.press("Enter")
        assert said(tab).startswith("Added, 1 in basket")
        tab.page.keyboard.press("Tab")


def tab_leads_to(tab: Tab) -> str:
    """The words of what the next Tab focuses."""
    tab.page.keyboard.press("Tab")
    return " ".join(tab.page.locator(":focus").inner_text().split())


@with_and_without_javascript
def test_what_was_done_in_the_basket_is_said_where_it_was_done(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = with_basket(new_tab(**DESKTOP, java_script_enabled=javascript))
    tab.open("/basket/")
    tab.type("Bags of First Ferry", "4")
    tab.press("Update First Ferry")
    assert said(tab) == "Your basket was changed. First Ferry: 1 → 4."
    assert tab_leads_to(tab) == "Remove First Ferry"
    assert tab.page.title().startswith("Your basket was changed. First Ferry: 1 → 4. Basket")
    tab.press("Remove First Ferry")
    assert said(tab).startswith("First Ferry was taken out of your basket.")
    assert tab_leads_to(tab) == "Undo"
    tab.press("Undo")
    assert said(tab) == "4 bags of First Ferry are back in your basket."
    assert tab_leads_to(tab) == "Remove First Ferry"
    assert tab.path == "/basket/#coffee-1002"


def go_back(tab: Tab) -> None:
    tab.page.evaluate("history.back()")


def basket_link(tab: Tab) -> Locator:
    return tab.page.locator(".basket-link")


def test_back_shows_the_basket_and_the_prices_of_now(new_tab: NewTab) -> None:
    tab = new_tab(**PHONE)
    tab.context.add_init_script(TELL_KEPT)
    tab.open("/shop/")
    tab.follow("Harbour Light")
    tab.press("Add to basket")
    go_back(tab)
    expect(tab.page).to_have_url(f"{tab.address}/shop/1001/harbour-light/")
    expect(basket_link(tab)).to_contain_text("1 bag")
    reprice(HARBOUR_LIGHT, "13.00")
    go_back(tab)
    expect(tab.page).to_have_url(f"{tab.address}/shop/")
    expect(basket_link(tab)).to_contain_text("1 bag")
    expect(tab.page.locator("main")).to_contain_text("$13.00")
    assert tab.page.evaluate("sessionStorage.kept") == "/shop/"
    assert tab.heard == []


def test_back_to_the_answer_of_a_form_opens_its_page_as_it_is_now(new_tab: NewTab) -> None:
    tab = with_basket(new_tab(**PHONE))
    tab.open("/basket/")
    tab.type("Bags of Harbour Light", "2,5")
    tab.press("Update Harbour Light")
    tab.open("/checkout/")
    tab.press("Pay now", chooses=False)
    tab.open("/shop/1003/slack-water/")
    tab.open("data:text/html,Another site")
    another = tab.another()
    another.open("/shop/1003/slack-water/")
    another.press("Add to basket")
    go_back(tab)
    expect(tab.page).to_have_url(f"{tab.address}/shop/1003/slack-water/")
    expect(basket_link(tab)).to_contain_text("5 bags")
    for path in ("/checkout/", "/checkout/", "/basket/"):
        tab.page.go_back(wait_until="load")
        expect(tab.page).to_have_url(f"{tab.address}{path}")
        expect(basket_link(tab)).to_contain_text("5 bags")
        if path == "/checkout/":
            expect(tab.page.get_by_role("button", name="Pay now – $68.70")).to_be_visible()
    assert quantities(tab) == ["2", "1", "1", "1"]
    assert tab.heard == []


def test_back_after_remove_says_nothing_of_an_earlier_add(new_tab: NewTab) -> None:
    tab = new_tab(**DESKTOP)
    tab.context.add_init_script(TELL_KEPT)
    tab.open("/shop/")
    tab.press("Add to basket Harbour Light")
    tab.follow("Added, 1 in basket View basket")
    tab.press("Remove Harbour Light")
    for _ in range(2):
        go_back(tab)
        expect(basket_link(tab)).to_contain_text("empty")
    assert "Basket, empty" in tab.read_out("link")
    expect(tab.page).to_have_url(f"{tab.address}/shop/#coffee-1001")
    expect(tab.page.locator(".said, .banner")).to_have_count(0)
    expect(tab.page.get_by_role("link", name="Checkout")).to_have_count(0)


@with_and_without_javascript
def test_back_from_a_changed_basket_shows_what_can_be_paid_now(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = with_basket(new_tab(**DESKTOP, java_script_enabled=javascript))
    tab.open("/checkout/")
    tab.follow("Change the basket")
    tab.type("Bags of Harbour Light", "3")
    tab.press("Update Harbour Light")
    go_back(tab)
    expect(tab.page.get_by_label("Bags of Harbour Light")).to_have_value("3")
    go_back(tab)
    expect(tab.page.get_by_role("button", name="Pay now – $70.30")).to_be_visible()


@with_and_without_javascript
def test_the_branch_is_the_shopper_s_choice_and_pay_asks_for_it(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = with_basket(new_tab(**DESKTOP, java_script_enabled=javascript))
    tab.open("/checkout/")
    expect(tab.page.get_by_role("radio", checked=True)).to_have_count(0)
    tab.type("E-mail (optional)", "ana@example.com")
    tab.press("Pay now", chooses=False)
    assert tab.answer
    assert tab.answer.status == 422
    tab.page.get_by_role("link", name="Choose the branch where").click()
    expect(tab.page.get_by_role("radio").first).to_be_focused()
    # Sent once, it is kept without a script.
    tab.follow("Change the basket")
    tab.press("Checkout")
    expect(tab.page.get_by_label("E-mail")).to_have_value("ana@example.com")
    tab.page.get_by_label("The Lookout").check()
    tab.press("Pay now")
    assert Order.objects.get().branch_slug == "lookout"
    tab.open("/shop/")
    tab.press("Add to basket Slack Water")
    tab.open("/checkout/")
    expect(tab.page.get_by_label("The Lookout")).to_be_checked()
    expect(tab.page.get_by_label("E-mail")).to_have_value("")


@with_and_without_javascript
def test_after_the_order_its_browser_leads_back_puts_the_address_right_and_cancels(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = with_basket(new_tab(**PHONE, java_script_enabled=javascript))
    tab.open("/checkout/")
    tab.type("E-mail (optional)", "ana@gmial.com")
    tab.press("Pay now")
    expect(tab.page.get_by_role("link", name="Did you mean ana@gmail.com?")).to_be_visible()
    tab.press("Pay now")
    reference = Order.objects.get().reference
    for way_back in ("/", "/orders/", "/basket/"):
        tab.open(way_back)
        tab.follow(reference)
        expect(tab.page.get_by_text("It is sent to ana@gmial.com.")).to_be_visible()
    tab.type("The right address", "ana@gmail.com")
    tab.press("Send it there instead")
    expect(tab.page.get_by_text("It is sent to ana@gmail.com.")).to_be_visible()
    elsewhere = new_tab(**PHONE, java_script_enabled=javascript)
    elsewhere.open("/orders/")
    elsewhere.type("Reference", f"Your reference: {reference[3:7]} – {reference[7:]}")
    elsewhere.type("E-mail", "ana@gmail.com")
    elsewhere.press("Find the order")
    expect(elsewhere.page.get_by_text("It is sent to a…@gmail.com.")).to_be_visible()
    expect(elsewhere.page.get_by_label("The right address")).to_have_count(0)
    tab.press("Order this again")
    expect(tab.page.get_by_role("heading", name="Basket")).to_be_visible()
    tab.open("/orders/")
    tab.follow(reference)
    tab.follow("Cancel this order")
    tab.press("Cancel the order")
    assert tab.h1 == "This order was cancelled"
    assert Order.objects.get().is_cancelled


@with_and_without_javascript
def test_a_sold_out_coffee_is_found_with_a_phone_s_apostrophe_and_by_its_origin(
    new_tab: NewTab, *, javascript: bool
) -> None:
    tab = new_tab(**PHONE, java_script_enabled=javascript)
    buy((KEEPERS_RESERVE, 1))
    tab.open("/shop/")
    tab.type("Search", "keeper’s")
    tab.press("Apply")
    expect(tab.page.get_by_role("link", name="Keeper's Reserve")).to_be_visible()
    expect(tab.page.get_by_text("Sold out", exact=True)).to_be_visible()
    tab.follow("Ethiopia")
    assert tab.h1 == "Coffees from Ethiopia"
    expect(tab.page.get_by_role("link", name="Keeper's Reserve")).to_be_visible()


def test_what_was_typed_at_the_checkout_survives_in_the_tab(new_tab: NewTab) -> None:
    tab = with_basket(new_tab(**PHONE))
    tab.open("/checkout/")
    tab.page.get_by_label("The Lookout").check()
    tab.type("E-mail (optional)", "ana@example.com")
    tab.reload()
    tab.press("Português do Brasil")
    tab.press("English")
    tab.follow("Change the basket")
    tab.press("Checkout")
    expect(tab.page.get_by_label("The Lookout")).to_be_checked()
    expect(tab.page.get_by_label("E-mail")).to_have_value("ana@example.com")
    another = tab.another()
    another.open("/checkout/")
    expect(another.page.get_by_label("E-mail")).to_have_value("")
