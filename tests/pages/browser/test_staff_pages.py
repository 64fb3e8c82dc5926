"""Every page of the stock desk, in every state, by day and by night, on a phone and a desktop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.looks import cases, file_name, look, read_html
from tests.pages.browser.staff_states import STAFF

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("name", "window"), cases(STAFF))
def test_a_page_is_silent_comes_from_here_stands_still_and_in_nobody_s_way(
    new_tab_of_empty_shop: NewTab,
    inventory: EventfulInventory,
    kept: Path,
    name: str,
    window: str,
) -> None:
    look(new_tab_of_empty_shop, inventory, STAFF[name], window, kept / file_name(name))


@pytest.mark.slow
def test_two_validators_find_nothing_in_the_html_of_all_these_pages(kept: Path) -> None:
    read_html(STAFF, kept)
