"""Every page, in every state, by plain requests: its frame, its words and its HTML."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from tests.checkout.inventories import EventfulInventory
from tests.pages.plain_tab import PlainTab
from tests.pages.states import PUBLIC, STAFF, Scene, State
from tests.pages.words.circled import circled_around_data, plain_words
from tests.support.cast import Page
from tests.support.inventory import inventory_from
from tests.support.tooling.machine import IS_CI
from tests.support.tooling.web_tools import NoWebTools, html_validate, nu_validate

pytestmark = pytest.mark.django_db

MOST_BYTES = 20 * 1024
"""What the HTML of a page may weigh, compressed."""
GROUPS = ["tiles", "desk-forms", "waiting", "actions"]
"""What holds several buttons of one rank, which then are one group."""
CIRCLED = re.compile("[Ⓐ-ⓩ]")


def browser(language: str) -> Client:
    """One that checks forms as real ones do, and asks for this language."""
    return Client(enforce_csrf_checks=True, headers={"accept-language": language})


def faults(page: Page, state: State, *, h1: str, language: str) -> Iterator[str]:
    """What is wrong with the frame that every page has."""
    if page.status != state.status:
        yield f"its status is {page.status}, not {state.status}"
    if not page.h1.startswith(h1):
        yield f"its heading is {page.h1!r}, not {h1!r}"
    title = page.soup.title
    if title is None or not title.text.strip().endswith("CoffeeCo"):
        yield f"its title is {title}"
    html = page.soup.html
    if html is None or str(html["lang"]).lower() != language:
        yield f"it does not say that its language is {language}"
    can_skip = page.soup.select_one(".skip-link[href='#main']") and page.soup.find(id="main")
    # The page for faults of the shop's own has nothing before its content.
    if not can_skip and page.status != 500:
        yield "there is no way to its content"
    messages = page.html.find('class="messages"')
    if messages > page.html.index("<h1"):
        yield "its messages are read out after its heading"
    ids = [str(element["id"]) for element in page.soup.select("[id]")]
    if twice := {id_ for id_ in ids if ids.count(id_) > 1}:
        yield f"these ids are there twice: {sorted(twice)}"
    plain = page.soup.select(".button:not(.button-main, .button-quiet)")
    groups = {id(button.find_parent(class_=GROUPS) or button.parent) for button in plain}
    if len(groups) > 1 or len(page.soup.select(".button-main")) > 1:
        yield f"its buttons have no order of rank: {[button.text.strip() for button in plain]}"
    yield from faults_on_the_wire(page, language)


def faults_on_the_wire(page: Page, language: str) -> Iterator[str]:
    """What is wrong with its headers and its weight."""
    if page.response["Content-Language"].lower() != language:
        yield f"its header says that its language is {page.response['Content-Language']}"
    kept_by = page.response.get("Cache-Control", "")
    if not re.search("no-store|private", kept_by) and "Cookie" not in page.response["Vary"]:
        yield "it may be kept and shown to other visitors"
    weight = len(gzip.compress(page.html.encode()))
    if weight > MOST_BYTES:
        yield f"it weighs {weight} bytes"


def every(states: dict[str, State]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("state", states.values(), ids=states)


IN_ENGLISH = {name: state for name, state in PUBLIC.items() if state.language == "en"}


@every(IN_ENGLISH)
def test_a_page_for_customers_has_its_frame_and_every_sentence_of_it_can_be_translated(
    state: State, inventory: EventfulInventory, settings: Settings, circles: Path
) -> None:
    settings.LOCALE_PATHS = [circles]
    tab = PlainTab(browser("pt-BR,en;q=0.5"), circled_around_data)
    state.way(Scene(tab, inventory))
    page, h1 = tab.page, circled_around_data(state.h1.removesuffix("CC-"))
    assert list(faults(page, state, h1=h1, language="pt-br")) == []
    assert plain_words(page.html) == []


@every(STAFF)
def test_a_page_for_staff_has_its_frame_and_is_in_english_whatever_the_browser_asks(
    state: State, inventory: EventfulInventory, settings: Settings, circles: Path
) -> None:
    settings.LOCALE_PATHS = [circles]
    tab = PlainTab(browser("pt-BR,en;q=0.5"))
    state.way(Scene(tab, inventory))
    page = tab.page
    assert list(faults(page, state, h1=state.h1, language="en")) == []
    assert CIRCLED.findall(page.html) == []
    # Pages of 403, 404 and 503 show nothing of the stock.
    assert page.status in (403, 404, 503) or "no-store" in page.response["Cache-Control"]


def test_plain_letters_are_found_in_a_page_in_english() -> None:
    tab = PlainTab(browser("en"))
    tab.open("/basket/")
    assert "Your basket is empty." in plain_words(tab.page.html)


@pytest.mark.slow
def test_two_validators_find_nothing_in_the_html_of_all_these_pages(tmp_path: Path) -> None:
    for name, state in (PUBLIC | STAFF).items():
        inventory, undo = EventfulInventory(), transaction.savepoint()
        with inventory_from(lambda shop=inventory: shop):  # type: ignore[misc]
            tab = PlainTab(browser(state.language))
            state.way(Scene(tab, inventory))
            assert tab.page.status == state.status, name
            file = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".html"
            (tmp_path / file).write_text(tab.page.html, "utf-8")
        transaction.savepoint_rollback(undo)
        cache.clear()
    try:
        wrong = html_validate(tmp_path) + nu_validate(tmp_path)
    except NoWebTools as reason:
        (pytest.fail if IS_CI else pytest.skip)(str(reason))
    assert not wrong, "\n".join(wrong)
