"""Every page, in every state, by day and by night, on a phone and a desktop, in Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, PHONE, WATCH_SHIFTS
from tests.pages.states import PUBLIC, STAFF, Scene, State

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
WINDOWS: dict[str, dict[str, Any]] = {"phone": PHONE | STILL, "desktop": DESKTOP | STILL}


def cases() -> list[Any]:
    """Every state in every window; all but a few are left to the long run."""
    return [
        pytest.param(
            state,
            window,
            id=f"{name}, {window}",
            marks=[] if state.is_quick else [pytest.mark.slow],
        )
        for name, state in (PUBLIC | STAFF).items()
        for window in WINDOWS
    ]


@pytest.mark.parametrize(("state", "window"), cases())
def test_a_page_is_silent_local_still_and_accessible(
    new_tab_of_empty_shop: NewTab, inventory: EventfulInventory, state: State, window: str
) -> None:
    tab = new_tab_of_empty_shop(**WINDOWS[window], locale=state.language)
    tab.context.add_init_script(WATCH_SHIFTS)
    state.way(Scene(tab, inventory))
    assert tab.answer
    if not tab.h1.startswith(state.h1) or tab.answer.status != state.status:
        pytest.fail(f"The way led to another page: {tab.answer.status} {tab.h1}")
    wrong = [f"moved by {shift}" for shift in tab.shifts()]
    if tab.scrolls_sideways():
        wrong.append("is wider than the window")
    for scheme in ("light", "dark"):
        tab.page.emulate_media(color_scheme=scheme)
        wrong += [f"{scheme}: {barrier}" for barrier in tab.barriers()]
    if window == "phone":
        tab.page.set_viewport_size({"width": 320, "height": 640})
        if tab.scrolls_sideways():
            wrong.append("is wider than the smallest phone")
    if wrong or tab.heard:
        pytest.fail("\n".join([f"{tab.path}, {window}:", *wrong, *tab.heard]), pytrace=False)
