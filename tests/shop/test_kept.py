"""A part of a page that is kept for all visitors holds nothing of one."""

from __future__ import annotations

import re

import pytest
from django.template import engines
from django.test import Client

from shop.templatetags import kept
from tests.support.cast import stock

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("/", "/shop/?q=h", "/shop/1001/harbour-light/", "/basket/")


@pytest.fixture(autouse=True)
def _shelf() -> None:
    stock()


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The HTML of every part that is kept."""
    found: list[str] = []
    rendered = kept._rendered.__wrapped__

    def noting(*key: object) -> str:
        found.append(rendered(*key))
        return found[-1]

    monkeypatch.setattr(kept, "_rendered", noting)
    return found


def test_the_parts_drawn_for_two_visitors_are_the_same(parts: list[str]) -> None:
    ana, ben = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    ana.post("/basket/add/", {"product_id": 1001, "quantity": 7, "next": "/shop/?q=h"})
    assert "7 in basket" in ana.get("/shop/?q=h").text  # the message, once
    ben.post("/basket/add/", {"product_id": 1001, "quantity": 1})
    ben.get("/shop/?q=h")
    drawn, tokens = [], []
    for client in (ana, ben):
        parts.clear()
        pages = [client.get(f"{page}{'&' if '?' in page else '?'}sort=name").text for page in PAGES]
        tokens += re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', "".join(pages))
        drawn.append(set(parts))
    assert tokens
    assert drawn[0] == drawn[1]
    for own in (*tokens, "7 bags", "in basket", "q=h"):
        assert not any(own in part for part in drawn[0])


def test_each_page_gets_its_own_address_and_token_in_a_kept_part() -> None:
    tag = engines["django"].from_string(
        '{% load kept %}{% kept "parts/add.html" product=product %}'
    )
    for token, address in (("a" * 64, "/shop/"), ("b" * 64, "/shop/?q=x&page=2")):
        page = tag.render({"product": None, "csrf_token": token, "this_page": address})
        assert f'value="{token}"' in page
        assert f'value="{address.replace("&", "&amp;")}"' in page


def test_the_number_of_kept_parts_is_bounded() -> None:
    assert 0 < (kept._rendered.cache_info().maxsize or 0) <= 1024
