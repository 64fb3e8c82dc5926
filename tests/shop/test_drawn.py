"""A page that is drawn once is still everybody's own."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from shop.catalogue import Memory
from shop.inventory import get_inventory
from tests.cast import HARBOUR_LIGHT, reprice, stock

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = "/shop/"


@pytest.fixture(autouse=True)
def _shelf() -> None:
    stock()


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every page that was drawn anew and kept."""
    kept: list[object] = []
    real = Memory.keep_drawn

    def keep(self: Memory, page: object, html: str, version: str) -> None:
        kept.append(page)
        real(self, page, html, version)

    monkeypatch.setattr(Memory, "keep_drawn", keep)
    return kept


def visitor() -> Client:
    return Client(HTTP_HOST="localhost", enforce_csrf_checks=True)


def tokens(client: Client) -> set[str]:
    return set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(SHOP).text))


def test_the_same_page_is_drawn_once_for_everybody(drawings: list[object]) -> None:
    pages = [visitor().get(SHOP).text for _ in range(3)]
    assert len(drawings) == 1
    assert all("Harbour Light" in page for page in pages)


def test_each_visitor_gets_a_token_that_works_for_them_and_nobody_else() -> None:
    ana, ben = visitor(), visitor()
    (for_ana,), (for_ben,) = tokens(ana), tokens(ben)
    assert for_ana != for_ben
    line = {"product_id": 1001, "quantity": 1}
    assert ana.post("/basket/add/", {**line, "csrfmiddlewaretoken": for_ana}).status_code == 302
    assert ben.post("/basket/add/", {**line, "csrfmiddlewaretoken": for_ana}).status_code == 403


def test_everybody_sees_their_own_number_of_bags() -> None:
    ana, ben = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    ben.get(SHOP)
    ana.post("/basket/add/", {"product_id": 1001, "quantity": 3})
    ana.get(SHOP)  # The message that it was added is shown here, once.
    assert ", 3 bags</span>" in ana.get(SHOP).text
    assert ", empty</span>" in ben.get(SHOP).text


def test_a_message_is_shown_once_and_to_nobody_else(drawings: list[object]) -> None:
    ana, ben = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    ana.post("/basket/add/", {"product_id": 1001, "quantity": 1})
    said = "Added 1 bag of Harbour Light"
    assert said in ana.get(SHOP).text
    assert not drawings
    assert said not in ana.get(SHOP).text
    assert said not in ben.get(SHOP).text


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


def test_pages_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.catalogue.DRAWN", 3)
    memory = Memory(get_inventory())
    for number in range(10):
        memory.keep_drawn(number, "page", "version")
    assert memory.drawn(9, "version") == "page"
    assert memory.drawn(0, "version") is None
