"""A page that is rendered once for all belongs to each visitor, and memory stays bounded."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Event, Semaphore

import pytest
from django.db import connections
from django.http import QueryDict
from django.test import Client

from shop.catalogue import reader
from shop.catalogue.page_cache import CachedPage
from shop.catalogue.query import CatalogueQuery
from shop.catalogue.reader import (
    LARGEST_PAGE,
    MOST_PAGES,
    PER_PAGE,
    Catalogue,
    Memory,
    get_catalogue,
)
from shop.inventory import get_inventory
from tests.support.cast import HARBOUR_LIGHT, reprice, stock

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = "/shop/"


@pytest.fixture(autouse=True)
def _shelf() -> None:
    stock()


@pytest.fixture
def kept() -> dict[object, object]:
    """The pages that are kept; none at first."""
    pages = get_catalogue()._memory.pages
    pages.clear()
    return pages  # type: ignore[return-value]


def visitor() -> Client:
    return Client(HTTP_HOST="localhost", enforce_csrf_checks=True)


def tokens(client: Client) -> set[str]:
    return set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(SHOP).text))


def test_the_same_page_is_rendered_once_for_all_visitors(kept: dict[object, object]) -> None:
    pages = [visitor().get(SHOP).text for _ in range(3)]
    assert len(kept) == 1
    assert all("Harbour Light" in page for page in pages)


def test_each_visitor_gets_a_token_that_works_only_for_them() -> None:
    ana, ben = visitor(), visitor()
    (for_ana,), (for_ben,) = tokens(ana), tokens(ben)
    assert for_ana != for_ben
    line = {"product_id": 1001, "quantity": 1}
    assert ana.post("/basket/add/", {**line, "csrfmiddlewaretoken": for_ana}).status_code == 302
    assert ben.post("/basket/add/", {**line, "csrfmiddlewaretoken": for_ana}).status_code == 403


def test_each_visitor_sees_their_own_number_of_bags() -> None:
    ana, ben = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    ben.get(SHOP)
    ana.post("/basket/add/", {"product_id": 1001, "quantity": 3})
    ana.get(SHOP)  # The message that it was added is shown here, once.
    assert "3 bags</span>" in ana.get(SHOP).text
    assert "empty</span>" in ben.get(SHOP).text


def test_a_message_is_shown_once_and_only_to_its_visitor(kept: dict[object, object]) -> None:
    ana, ben = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    ana.post("/basket/add/", {"product_id": 1001, "quantity": 1})
    said = ("<title>Added 1 bag of Harbour Light.", "Added, 1 in basket")
    page = ana.get(SHOP).text
    assert all(words in page for words in said)
    assert not kept
    for page in (ana.get(SHOP).text, ben.get(SHOP).text):
        assert not any(words in page for words in said)


def test_a_change_of_the_stock_is_seen_at_once() -> None:
    ana = visitor()
    assert "$12.50" in ana.get(SHOP).text
    reprice(HARBOUR_LIGHT, "13.00")
    page = ana.get(SHOP).text
    assert "$13.00" in page
    assert "$12.50" not in page


def test_addresses_do_not_share_a_page() -> None:
    ana = visitor()
    assert "First Ferry" in ana.get(SHOP).text
    assert "First Ferry" not in ana.get(SHOP, {"origin": "Colombia"}).text


def test_a_browser_that_has_the_page_gets_304_until_the_stock_changes() -> None:
    ana = visitor()
    first = ana.get(SHOP)
    again = ana.get(SHOP, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
    reprice(HARBOUR_LIGHT, "13.00")
    changed = ana.get(SHOP, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "$13.00" in changed.text


def test_the_etag_of_another_visitor_s_page_gets_no_304() -> None:
    theirs = visitor().get(SHOP)["ETag"]
    assert visitor().get(SHOP, headers={"If-None-Match": theirs}).status_code == 200


def test_a_page_that_was_kept_by_the_browser_still_buys() -> None:
    ana = visitor()
    kept = ana.get(SHOP)
    assert ana.get(SHOP, headers={"If-None-Match": kept["ETag"]}).status_code == 304
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', kept.text))
    line = {"product_id": 1001, "quantity": 1, "csrfmiddlewaretoken": token}
    assert ana.post("/basket/add/", line).status_code == 302


def test_a_basket_or_a_message_makes_another_page_of_it() -> None:
    ana = Client(HTTP_HOST="localhost")
    empty = ana.get(SHOP)["ETag"]
    ana.post("/basket/add/", {"product_id": 1001, "quantity": 1})
    said = ana.get(SHOP, headers={"If-None-Match": empty})
    assert "Added 1 bag" in said.text
    assert "ETag" not in said
    assert ana.get(SHOP, headers={"If-None-Match": empty}).status_code == 200


def test_the_token_is_masked_anew_on_every_page() -> None:
    ana = visitor()
    pages = [tokens(ana) for _ in range(5)]
    assert len(set.union(*pages)) == 5


def test_what_the_catalogue_does_not_know_makes_no_new_page_and_is_not_repeated(
    kept: dict[object, object],
) -> None:
    ana = visitor()
    plain = len(ana.get(SHOP).content)
    for query in ("utm_source=mail", "x=" + "'" * 8_000, "page=1&sort=name&q=", "page=0"):
        page = ana.get(f"{SHOP}?{query}")
        assert len(page.content) == plain
        assert 'name="next" value="/shop/"' in page.text
    assert len(kept) == 1
    assert 'name="next" value="/shop/?q=h"' in ana.get(f"{SHOP}?q=h&utm_source=mail").text


@pytest.mark.parametrize("address", ["/", "/orders/", "/shop/1001/harbour-light/"])
def test_no_page_repeats_a_long_query(address: str) -> None:
    assert "x" * 3000 not in visitor().get(f"{address}?x={'x' * 8_000}").text


def test_ten_thousand_queries_leave_a_bounded_number_of_bytes() -> None:
    memory = Memory(get_inventory())
    for number in range(10_000):
        query = CatalogueQuery.read(QueryDict(f"q={number}&page={number}"))
        rendered = CachedPage.of("é" * (number % (LARGEST_PAGE + 2)))
        Catalogue(memory).page(query, lambda page=rendered: page)  # type: ignore[misc]
    sizes = [len(answer.value) for answer in memory.pages.values()]  # type: ignore[arg-type]
    assert 0 < sum(sizes) <= MOST_PAGES * LARGEST_PAGE
    assert max(sizes) <= LARGEST_PAGE


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_a_whole_page_of_coffees_is_small_enough_to_be_kept(
    kept: dict[object, object], language: str
) -> None:
    words = "Milk chocolate and hazelnut, with a little orange peel as the cup cools down."
    coffees = [
        replace(HARBOUR_LIGHT, product_id=n, name=f"Late Harvest {n}", description=words)
        for n in range(1001, 1001 + 2 * PER_PAGE)
    ]
    stock(*coffees)
    page = visitor().get(SHOP, headers={"Accept-Language": language}).text
    assert page.count("tile-name") == PER_PAGE
    assert len(kept) == 1


def test_a_page_that_is_too_large_is_drawn_each_time() -> None:
    reader, drawn = get_catalogue(), []

    def draw() -> CachedPage:
        drawn.append("a page")
        return CachedPage.of("x" * (LARGEST_PAGE + 1))

    assert len(reader.page("key", draw)) == len(reader.page("key", draw)) > LARGEST_PAGE
    assert len(drawn) == 2


@pytest.mark.parametrize(("is_stuck", "drawn"), [(False, 1), (True, 2)])
def test_threads_that_want_the_same_new_page_wait_for_the_one_that_draws_it_but_not_for_long(
    kept: dict[object, object], monkeypatch: pytest.MonkeyPatch, is_stuck: bool, drawn: int
) -> None:
    monkeypatch.setattr(reader, "WAIT_TO_DRAW", 0.05 if is_stuck else 60)
    memory, drawing, may_end, asked = get_catalogue()._memory, Event(), Event(), Semaphore(0)
    pages, turn = [], memory.turn

    def noted_turn(key: object) -> AbstractContextManager[None]:
        asked.release()
        return turn(key)

    def draw() -> CachedPage:
        pages.append("a page")
        drawing.set()
        may_end.wait(60)
        return CachedPage.of("a page")

    def ask() -> None:
        assert Catalogue(memory).page("key", draw).with_token("") == b"a page"
        connections.close_all()

    monkeypatch.setattr(memory, "turn", noted_turn)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask)
        assert drawing.wait(60)
        drawing.clear()
        second = pool.submit(ask)
        # Both have found no page that is kept, before the first is done with drawing it.
        assert asked.acquire(timeout=60)
        assert asked.acquire(timeout=60)
        if is_stuck:
            assert drawing.wait(60)
        may_end.set()
        first.result(60)
        second.result(60)
    assert len(pages) == drawn
