"""Every page, in every state, by day and by night, on a phone and a desktop, in Chromium."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, PHONE, WATCH_SHIFTS
from tests.pages.states import PUBLIC, STAFF, Scene, State

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
WINDOWS: dict[str, dict[str, Any]] = {
    "desktop": DESKTOP | STILL,
    "widened": PHONE | STILL,
}
ALL = PUBLIC | STAFF
# Widths of the window, each with the colours in which axe-core reads the page.
Looks = list[tuple[int, tuple[Literal["light", "dark"], ...]]]
LOOKS: dict[str, Looks] = {
    "desktop": [(1280, ("light", "dark"))],
    "widened": [(390, ("light", "dark")), (320, ()), (1280, ("light",))],
}


def cases() -> list[Any]:
    """Every state on a phone, whose window is then widened; a few on a desktop from the start."""
    widened = [pytest.param(state, "widened", id=name) for name, state in ALL.items()]
    return widened + [
        pytest.param(state, "desktop", id=f"{name}, desktop")
        for name, state in ALL.items()
        if state.is_common
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
    for width, schemes in LOOKS[window]:
        tab.page.set_viewport_size({"width": width, "height": 800})
        if tab.scrolls_sideways():
            wrong.append(f"is wider than a window of {width} px")
        for scheme in schemes:
            tab.page.emulate_media(color_scheme=scheme)
            wrong += [f"{width} px, {scheme}: {barrier}" for barrier in tab.barriers()]
    if wrong or tab.heard:
        pytest.fail("\n".join([f"{tab.path}, {window}:", *wrong, *tab.heard]), pytrace=False)
