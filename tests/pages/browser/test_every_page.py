"""Every page, in every state, by day and by night, on a phone and a desktop."""

from __future__ import annotations

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.looks import cases, look
from tests.pages.states import PUBLIC, STAFF, State

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(("state", "window"), cases(PUBLIC | STAFF))
def test_a_page_is_silent_comes_from_here_stands_still_and_in_nobody_s_way(
    new_tab_of_empty_shop: NewTab, inventory: EventfulInventory, state: State, window: str
) -> None:
    look(new_tab_of_empty_shop, inventory, state, window)
