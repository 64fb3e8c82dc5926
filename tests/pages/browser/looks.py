"""What is looked at on every page in every state, and how its HTML is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.checkout.inventories import EventfulInventory
from tests.pages.browser.conftest import NewTab
from tests.pages.browser.scene import Scene, State
from tests.pages.browser.tab import DESKTOP, PHONE, WATCH_SHIFTS
from tests.support.tooling.machine import IS_CI
from tests.support.tooling.web_tools import NoWebTools, html_validate, nu_validate

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
WINDOWS: dict[str, dict[str, Any]] = {"phone": PHONE | STILL, "desktop": DESKTOP | STILL}


def cases(states: dict[str, State]) -> list[Any]:
    """Every state in every window; all but a few are left to the long run."""
    return [
        pytest.param(
            name,
            window,
            id=f"{name}, {window}",
            marks=[] if state.is_quick else [pytest.mark.slow],
        )
        for name, state in states.items()
        for window in WINDOWS
    ]


def look(
    new_tab: NewTab, inventory: EventfulInventory, state: State, window: str, keep: Path
) -> None:
    """Bring the page about and look at it by day and by night; fails with all that is wrong."""
    tab = new_tab(**WINDOWS[window], locale=state.language)
    tab.context.add_init_script(WATCH_SHIFTS)
    state.way(Scene(tab, inventory))
    assert tab.answer
    if not tab.h1.startswith(state.h1) or tab.answer.status != state.status:
        pytest.fail(f"The way led to another page: {tab.answer.status} {tab.h1}")
    keep.write_text(tab.answer.text(), "utf-8")
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


def file_name(name: str) -> str:
    """A state's name as the name of an HTML file."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".html"


def read_html(states: dict[str, State], kept: Path) -> None:
    """Let both validators read what was kept of all these states; fails with what they find."""
    missing = [name for name in states if not (kept / file_name(name)).exists()]
    if missing:
        pytest.fail(f"No HTML was kept of {missing}: run the whole file.", pytrace=False)
    try:
        wrong = html_validate(kept) + nu_validate(kept)
    except NoWebTools as reason:
        (pytest.fail if IS_CI else pytest.skip)(str(reason))
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
