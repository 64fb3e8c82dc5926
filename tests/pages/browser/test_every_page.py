"""Every page, in every state, by day and by night, on a phone and a desktop, in Chromium."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.tab import DESKTOP, PHONE, WATCH_SHIFTS
from tests.pages.states import PUBLIC, STAFF, Scene, State

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
WINDOWS: dict[str, dict[str, Any]] = {
    "phone": PHONE | STILL,
    "desktop": DESKTOP | STILL,
    "widened": PHONE | STILL,
}
ALL = PUBLIC | STAFF
# Widths of the window, each with the colours in which axe-core reads the page.
Looks = list[tuple[int, tuple[Literal["light", "dark"], ...]]]
ON_PHONE: Looks = [(390, ("light", "dark")), (320, ())]
ON_DESKTOP: Looks = [(1280, ("light", "dark"))]
WIDENED: Looks = [*ON_PHONE, (1280, ("light",))]


def cases() -> list[Any]:
    """Every state on a phone, whose window is then widened; a few on a desktop from the start."""
    quick = [
        pytest.param(state, window, id=f"{name}, {window}")
        for name, state in ALL.items()
        if state.is_quick
        for window in ("phone", "desktop")
    ]
    rest = [
        pytest.param(state, "widened", id=name, marks=pytest.mark.slow)
        for name, state in ALL.items()
        if not state.is_quick
    ]
    return quick + rest


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
    looks = {"phone": ON_PHONE, "desktop": ON_DESKTOP, "widened": WIDENED}[window]
    for width, schemes in looks:
        tab.page.set_viewport_size({"width": width, "height": 800})
        if tab.scrolls_sideways():
            wrong.append(f"is wider than a window of {width} px")
        for scheme in schemes:
            tab.page.emulate_media(color_scheme=scheme)
            wrong += [f"{width} px, {scheme}: {barrier}" for barrier in tab.barriers()]
    if wrong or tab.heard:
        pytest.fail("\n".join([f"{tab.path}, {window}:", *wrong, *tab.heard]), pytrace=False)
