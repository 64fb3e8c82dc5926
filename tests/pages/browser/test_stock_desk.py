"""A working day of the stock desk, clicked through in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from shop.inventory import get_inventory
from tests.checkout.orders import buy
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, Tab
from tests.shop.cast import EVERY_RIGHT, PASSWORD, person
from tests.support.cast import (
    HARBOUR_LIGHT,
    THOUSAND_STEPS,
    withdraw,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

SCROLLS = "[...document.querySelectorAll('.table-scroll')].some(e => e.scrollWidth > e.clientWidth)"
"""Whether a table has to be pushed aside to be read."""

COLUMNS = """() => [...document.querySelectorAll("tr")].map((row) =>
  [...row.cells].filter((cell) => cell.checkVisibility()).length)"""
"""How many cells of each row of a page's tables can be seen."""

# No phone is emulated: one that is would make its window as wide as a page that is too wide.
STILL = DESKTOP | {"reduced_motion": "reduce"}

MESSY = (
    "\ufeffproduct id;Name;Description;Country of origin;Price;Stock quantity\n"
    "1001;Harbour Light;Milk chocolate, hazelnut.;Colombia;12,50;12\n"
    "2001;Fog Signal;Toasted almond, plum.;;14,20;20\n"
    "1001;Second Ferry;Apricot, honey.;Ethiopia;1.016,00;6\n"
)
"""As half of Europe's spreadsheets save it: line 3 has no origin, line 4 the number of line 2."""


def at_the_desk(new_tab: NewTab, asked: str, **options: object) -> Tab:
    """Rosa asks for a page of the desk, logs in, and is there."""
    person("rosa", *EVERY_RIGHT)
    tab = new_tab(**STILL | options)
    tab.open(asked)
    tab.page.get_by_label("User name").fill("rosa")
    tab.page.get_by_label("Password").fill(PASSWORD)
    tab.press("Log in")
    assert tab.path == asked
    return tab


def look_round(tab: Tab, heading: str) -> None:
    """The page is the one that was meant, and fits a phone and a desk.

    Barriers are looked for in all its states by test_every_page.
    """
    assert tab.h1 == heading
    tab.look_at(width=360, height=740, scheme="light")
    assert not tab.scrolls_sideways(), f"{heading} is wider than a phone"
    assert not tab.page.evaluate(SCROLLS), f"a table of {heading} is wider than a phone"
    tab.look_at(width=1280, height=800, scheme="light")
    assert not tab.scrolls_sideways(), f"{heading} is wider than a desk"


def said(tab: Tab) -> Locator:
    """What the page says about what was done last."""
    return tab.page.locator(".messages .banner")


def rows(tab: Tab) -> list[list[str]]:
    """The cells of the page's first table."""
    table = tab.page.locator(".desk-table").first
    return [
        [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
        for row in table.locator("tbody tr").all()
    ]


def preview_the_messy_delivery(tab: Tab) -> None:
    """Paste it and mend its two lines in their own cells."""
    tab.page.get_by_label("Or paste its lines").fill(MESSY)
    tab.press("Preview")
    look_round(tab, "Delivery preview")
    problems = tab.page.locator(".problem-summary li")
    expect(problems).to_have_count(2)
    expect(problems.nth(0)).to_contain_text("Line 3: CountryOfOrigin is empty")
    expect(problems.nth(1)).to_contain_text("Line 4: ProductId 1001 is on line 2 already")
    expect(tab.page.get_by_label("Price, line 4")).to_have_value("1.016,00")
    tab.page.get_by_label("CountryOfOrigin, line 3").fill("Peru")
    tab.page.get_by_label("ProductId, line 4").fill("2002")
    tab.page.get_by_label("Price, line 4").fill("16,00")
    tab.press("Check again")
    expect(tab.page.locator(".lead")).to_have_text(
        "38 bags come in: 2 new coffees, 1 top-up. Nothing is written yet."
    )


def bags(*ids: int) -> list[int]:
    """How many of each the inventory has."""
    products = get_inventory().products(ids)
    return [products[id_].quantity if id_ in products else 0 for id_ in ids]


# ── a delivery ──────────────────────────────────────────────────────────────────────────────────


def test_rosa_mends_a_messy_delivery_in_place_and_takes_it_in(new_tab: NewTab) -> None:
    tab = at_the_desk(new_tab, "/staff/deliveries/")
    look_round(tab, "Deliveries")
    preview_the_messy_delivery(tab)
    look_round(tab, "Delivery preview")
    assert bags(1001, 2001, 2002) == [48, 0, 0]

    tab.press("Take in 38 bags")
    look_round(tab, "Delivery taken in")
    expect(said(tab)).to_have_text("Received 38 bags: 2 new, 1 topped up.")
    assert rows(tab) == [
        ["1001", "Harbour Light", "48", "+12", "60"],
        ["2001", "Fog Signal new", "0", "+20", "20"],
        ["2002", "Second Ferry new", "0", "+6", "6"],
    ]
    tab.follow("See the stock")
    look_round(tab, "Stock")
    tab.follow("Fog Signal")
    look_round(tab, "Fog Signal")
    tab.follow("As customers see it")
    look_round(tab, "Fog Signal")
    expect(tab.page.locator("main")).to_contain_text("$14.20")
    assert bags(1001, 2001, 2002) == [60, 20, 6]
    assert tab.heard == []


def test_a_double_click_takes_a_delivery_in_once(new_tab: NewTab) -> None:
    tab = at_the_desk(new_tab, "/staff/deliveries/")
    tab.page.get_by_label("Or paste its lines").fill("\n".join(MESSY.splitlines()[:2]))
    tab.press("Preview")
    tab.page.get_by_role("button", name="Take in 12 bags").dblclick()
    expect(tab.page.locator("h1")).to_have_text("Delivery taken in")
    assert rows(tab) == [["1001", "Harbour Light", "48", "+12", "60"]]
    assert bags(1001) == [60]


# ── by keyboard alone ───────────────────────────────────────────────────────────────────────────


def focused(tab: Tab) -> str:
    """What has the focus: its label or words."""
    said = tab.page.evaluate(
        "(e => (e.labels?.[0] ?? e).textContent || e.ariaLabel)(document.activeElement)"
    )
    return " ".join(str(said).split())


def tab_to(tab: Tab, words: str, *, most: int) -> None:
    """Press Tab until the focus is on what has these words."""
    for _ in range(most):
        tab.page.keyboard.press("Tab")
        if focused(tab) == words:
            return
    raise AssertionError(f"{most} presses of Tab did not come to {words}")


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_twelve_bags_come_in_by_keyboard_alone(new_tab: NewTab, java_script_enabled: bool) -> None:
    withdraw(THOUSAND_STEPS)
    tab = at_the_desk(new_tab, "/staff/stock/", java_script_enabled=java_script_enabled)
    tab_to(tab, "Skip to the search", most=2)
    keys = tab.page.keyboard
    keys.press("Enter")
    expect(tab.page.get_by_role("searchbox")).to_be_focused()
    keys.type("ferry")
    keys.press("Enter")
    expect(tab.page.locator("tbody tr")).to_have_count(1)
    expect(tab.page.locator("#found")).to_be_focused()
    tab_to(tab, "Receive First Ferry", most=9)
    keys.press("Enter")
    expect(tab.page.get_by_label("Bags that came in")).to_be_focused()
    keys.type("12")
    keys.press("Enter")
    expect(said(tab)).to_have_text("12 bags of First Ferry received: 42 in stock now.")
    assert tab.heard == []


def test_an_order_is_handed_over_by_keyboard_alone(new_tab: NewTab) -> None:
    order = buy((HARBOUR_LIGHT, 2), token="ben's basket")
    tab = at_the_desk(new_tab, "/staff/orders/", java_script_enabled=False)
    tab_to(tab, "Skip to the search", most=2)
    keys = tab.page.keyboard
    keys.press("Enter")
    keys.type(order.reference.removeprefix("CC-").lower())
    keys.press("Enter")
    expect(tab.page.locator("h1")).to_have_text(order.reference)
    expect(tab.page.locator("#act")).to_be_focused()
    expect(tab.page.locator("h1")).to_be_in_viewport()
    tab_to(tab, "Hand over", most=1)
    keys.press("Enter")
    expect(said(tab)).to_have_text(f"{order.reference} is handed over.")
    assert tab.heard == []


def test_the_stocktake_prints_as_a_list_with_a_box_for_each_coffee(new_tab: NewTab) -> None:
    tab = at_the_desk(new_tab, "/staff/stock/count/")
    tab.page.emulate_media(media="print")
    rows = tab.page.locator("tbody tr")
    for place in range(rows.count()):
        expect(rows.nth(place).get_by_role("textbox")).to_be_visible()
    expect(rows.first).to_contain_text("Harbour Light")
    expect(tab.page.get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/staff/stock/", '"Counted"'),
        ("/staff/orders/?stage=to-collect", '"Handed over"'),
        ("/staff/orders/pick-list/", '"Handed over"'),
    ],
)
def test_a_printed_list_has_a_column_to_write_in(new_tab: NewTab, path: str, title: str) -> None:
    buy((HARBOUR_LIGHT, 1))
    tab = at_the_desk(new_tab, path)
    tab.page.emulate_media(media="print")
    columns = tab.page.evaluate(COLUMNS)
    assert len(columns) > 1
    assert len(set(columns)) == 1, "a column stands under another one's title"
    last = "getComputedStyle(document.querySelector('thead tr'), '::after').content"
    assert tab.page.evaluate(last) == title
    assert not tab.page.locator("main :is(button, form, input):visible").count()
