"""A part of a page that is kept for all visitors holds nothing of one."""

from __future__ import annotations

import re
import sys

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
    rendered = kept._rendered

    def noting(name: str, language: str, values: tuple[tuple[str, object], ...]) -> str:
        found.append(rendered(name, language, values))
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


def test_each_page_gets_its_own_address_in_a_kept_part() -> None:
    tag = engines["django"].from_string('{% load kept %}{% kept "parts/footer.html" %}')
    for address in ("/shop/", "/shop/?q=x&page=2"):
        page = tag.render({"this_page": address})
        assert f'value="{address.replace("&", "&amp;")}"' in page


def test_kept_parts_take_a_bounded_number_of_bytes() -> None:
    tag = engines["django"].from_string('{% load kept %}{% kept "parts/nav_link.html" to=to n=n %}')
    for number in range(kept.MOST_PARTS + 2):
        tag.render({"to": "home", "n": number})
    assert 0 < len(kept._parts) <= kept.MOST_PARTS
    many = [(f"{number:050}", "&" * 50) for number in range(1_000)]
    filters = '{% load kept %}{% kept "parts/filters.html" origins=many %}'
    assert "0999" in engines["django"].from_string(filters).render({"many": tuple(many)})
    assert max(map(sys.getsizeof, kept._parts.values())) <= kept.LARGEST_PART
