"""What people came for stands on the first screen, and what is printed fits on its paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Locator

from shop.branches import BRANCHES
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, PHONE, Tab
from tests.support.cast import HARBOUR_LIGHT, Shopper, stock

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

SMALL, PHONE_WITH_BARS, LAPTOP = (360, 640), (390, 664), (1280, 800)
LONG = replace(
    HARBOUR_LIGHT, product_id=1050, name="Extraordinarily Long Name Of A Coffee From Farland"
)
PRODUCT = ("h1", ".buy-box .price", ".buy-box .stock", "#id_quantity", ".buy-box button")
TWELVE = [replace(HARBOUR_LIGHT, product_id=2000 + n, name=f"Harbour Light {n}") for n in range(12)]

BASELINES = """() => [".wordmark-name", ".basket-link > :first-child"].map((place) => {
  const mark = document.createElement("span");
  mark.style.display = "inline-block";
  document.querySelector(place).append(mark);
  return mark.getBoundingClientRect().bottom;
})"""


def window(size: tuple[int, int]) -> dict[str, object]:
    width, height = size
    phone = PHONE if width < 600 else {"reduced_motion": "reduce"}
    return phone | {"viewport": {"width": width, "height": height}}


def bottom(place: Locator) -> float:
    """How far down the screen the place ends, in px; a place above the screen is an error."""
    box = place.first.bounding_box()
    assert box
    assert box["y"] >= 0, f"{place} is above the screen"
    return box["y"] + box["height"]


def with_twelve_lines(tab: Tab) -> None:
    stock(*TWELVE)
    ana = Shopper("Ana")
    for coffee in TWELVE:
        ana.put_in_basket(coffee)
    tab.become(ana)


@pytest.mark.parametrize(
    ("path", "size", "places", "limit"),
    [
        ("/shop/1001/", SMALL, PRODUCT, 640),
        ("/shop/1001/", PHONE_WITH_BARS, PRODUCT, 664),
        ("/shop/1050/", PHONE_WITH_BARS, PRODUCT, 664),
        ("/shop/1001/", LAPTOP, (*PRODUCT, ".facts"), 800),
        # What is said above the first coffee ends, at most, where it starts.
        ("/shop/", SMALL, (".filters", ".result-count"), 350),
        ("/shop/", PHONE_WITH_BARS, (".filters", ".result-count"), 350),
        ("/checkout/", LAPTOP, ("[name=branch]", "#id_email", ".button-pay"), 800),
    ],
)
def test_what_people_came_for_is_on_the_first_screen(
    new_tab: NewTab, path: str, size: tuple[int, int], places: tuple[str, ...], limit: int
) -> None:
    tab = new_tab(**window(size))
    stock(LONG)
    if path != "/shop/1001/":
        with_twelve_lines(tab)
    tab.open(path)
    ends = {place: bottom(tab.page.locator(place)) for place in places}
    assert {place: end for place, end in ends.items() if end > limit} == {}
    if path == "/shop/":
        tile = tab.page.locator(".tile").first.bounding_box()
        assert tile
        assert tile["y"] <= limit


@pytest.mark.parametrize("size", [SMALL, PHONE_WITH_BARS])
def test_after_add_all_of_it_is_still_there(new_tab: NewTab, size: tuple[int, int]) -> None:
    tab = new_tab(**window(size))
    tab.open("/shop/1001/")
    tab.press("Add to basket")
    for place in (*PRODUCT, ".said"):
        assert bottom(tab.page.locator(place)) <= size[1], place


def test_a_long_order_is_folded_on_a_phone_only(new_tab: NewTab) -> None:
    tab = new_tab(**window(PHONE_WITH_BARS))
    with_twelve_lines(tab)
    tab.open("/checkout/")
    table = tab.page.locator(".itemised")
    assert not table.is_visible()
    tab.page.get_by_text("Your order: 12 bags").click()
    assert table.is_visible()
    tab.reload()
    tab.look_at(width=1280, height=800, scheme="light")
    assert table.is_visible()


def test_a_receipt_of_twelve_lines_is_one_sheet(new_tab: NewTab) -> None:
    tab = new_tab()
    with_twelve_lines(tab)
    tab.open("/checkout/")
    tab.press("Pay now")
    for paper in ("A4", "Letter"):
        assert tab.page.pdf(format=paper).count(b"/Type /Page\n") == 1, paper
    tab.page.emulate_media(media="print")
    assert tab.page.locator(".collect-at").get_by_role("link").all_inner_texts() == [
        BRANCHES[0].telephone
    ]


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_the_words_of_the_masthead_stand_on_one_line(new_tab: NewTab, width: int) -> None:
    tab = new_tab(**window((width, 800)))
    tab.open("/shop/")
    name, basket = tab.page.evaluate(BASELINES)
    assert abs(name - basket) <= 1.5
    # The drawing stands in the middle of the name.
    middles = [
        box["y"] + box["height"] / 2
        for place in (".wordmark .logo", ".wordmark-name")
        if (box := tab.page.locator(place).bounding_box())
    ]
    assert abs(middles[0] - middles[1]) <= 1


@pytest.mark.parametrize(
    ("path", "place"), [("/shop/", ".tile .price"), ("/basket/", ".line .quantity-field")]
)
def test_lists_and_basket_print_their_coffees_in_the_colours_of_day(
    new_tab: NewTab, path: str, place: str
) -> None:
    tab = new_tab(**DESKTOP, color_scheme="dark")
    with_twelve_lines(tab)
    tab.open(path)
    tab.page.emulate_media(media="print", color_scheme="dark")
    assert tab.page.locator(place).first.is_visible()
    assert not tab.page.locator("button:visible").count()
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--error-soft')"
    assert tab.page.evaluate(ink) == "#fbe9e6"
