"""Names as a browser draws them: none stands out of its frame, and no word of them is cut."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP
from tests.support.cast import HARBOUR_LIGHT, stock

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

NAMES = (
    "Mangrove",
    "Thousand Steps",
    "Red Buoy",
    "MMMMMMMMMMMM",
    "Café São João do Mamão",
    "Шторм и штиль",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysilio",
)
LABEL = 116
"""What the label of a bag measures, of the 160 that the drawing does."""
WIDTHS = """() => Object.fromEntries(
  [...document.querySelectorAll(".tile")].map((tile) => [
    tile.querySelector(".tile-name").textContent,
    tile.querySelector(".bag-name").getBBox().width,
  ])
)"""

CUT = """() => [...document.querySelectorAll(".tile-name bdi")].flatMap(({ firstChild: text }) =>
  [...text.data.matchAll(/\\S+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map(String))"""


def test_a_name_never_stands_out_of_the_label_on_its_bag(new_tab_of_empty_shop: NewTab) -> None:
    stock(
        *(replace(HARBOUR_LIGHT, product_id=n, name=name) for n, name in enumerate(NAMES, start=1))
    )
    tab = new_tab_of_empty_shop(**DESKTOP)
    tab.open("/shop/")
    widths = tab.page.evaluate(WIDTHS)
    assert set(widths) == set(NAMES)
    assert {name: width for name, width in widths.items() if not 0 < width <= LABEL} == {}


def test_a_word_of_a_name_is_never_cut_to_make_room_for_the_price(
    new_tab_of_empty_shop: NewTab,
) -> None:
    names = ("Volcano Path", "Mangrove", "Thousand Steps", "Extraordinary")
    stock(*(replace(HARBOUR_LIGHT, product_id=n, name=name) for n, name in enumerate(names, 1)))
    tab = new_tab_of_empty_shop(**DESKTOP)
    for path in ("/", "/shop/"):
        tab.open(path)
        for width in (360, 390, 768, 1280):
            tab.page.set_viewport_size({"width": width, "height": 800})
            assert tab.page.evaluate(CUT) == [], f"{path} at {width} px"
