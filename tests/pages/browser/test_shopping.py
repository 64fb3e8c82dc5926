"""How people use a shop besides buying: numbers typed and left, Back, reload, adding on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, Tab
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, THOUSAND_STEPS, Shopper

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

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


@pytest.mark.parametrize("path", ["/shop/?q=harbour", "/shop/1001/", "/basket/"])
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
