"""What customers are told about what is kept of them."""

from __future__ import annotations

import re

import pytest
from pytest_django.fixtures import Settings

from tests.site.shared_links import canonical
from tests.support.cast import HARBOUR_LIGHT, Shopper, stock

pytestmark = pytest.mark.django_db


def test_every_page_leads_to_it() -> None:
    ana = Shopper("Ana")
    for address in ("/", "/shop/", "/orders/", "/nowhere/"):
        ana.open(address)
        assert ana.follow("Privacy").h1 == "Privacy"
    assert canonical(ana.page) == "/privacy/"


@pytest.mark.parametrize(("days", "words"), [(90, "90 days after"), (1, "1 day after")])
def test_it_names_the_days_that_the_shop_keeps_to(
    settings: Settings, days: int, words: str
) -> None:
    settings.KEEP_EMAIL_DAYS = days
    text = Shopper("Ana").open("/privacy/").text
    assert text.count(words) == 2
    assert "For a day, we keep with each order a number computed from your IP address" in text
    assert "until 14 days after they last changed" in text


def test_it_names_every_cookie_that_a_shopper_gets(settings: Settings) -> None:
    stock()
    ana = Shopper("Ana")
    ana.add(HARBOUR_LIGHT)
    cookies = set(ana.client.cookies)
    ana.pay(email="ana@example.com")
    cookies |= set(ana.client.cookies) | {settings.LANGUAGE_COOKIE_NAME}
    named = {code.text for code in ana.open("/privacy/").soup.select("dt code")}
    assert named == cookies


def test_nothing_is_set_by_reading_it() -> None:
    response = Shopper("Ana").open("/privacy/").response
    assert not response.cookies
    assert not re.search(r"<script(?![^>]*src=\"/static/)", Shopper("Ana").open("/privacy/").html)
