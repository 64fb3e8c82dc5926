"""What is typed or forged at the basket's addresses: a plain sentence, and nothing changed."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session

from shop.basket.session import KEY
from shop.inventory.contract import MAX_ID
from tests.support.cast import SLACK_WATER, Shopper, words_of

pytestmark = pytest.mark.django_db

GONE = "A coffee that you changed is no longer in your basket, so its number was not saved."
WHOLE_NUMBER = "Type a whole number from {} to 99."
NO_QUANTITIES = ["0", "-1", "+1", "100", "1000000000", "two", "1.5", "1e1", "0x1", "1_0"]
NO_QUANTITIES += ["", "\0", "1\0", "9" * 5000, "\uff11\uff12", "\u0663"]
NO_PRODUCTS = ["77", "0", "-1", "abc", "1001.0", "1001 OR 1=1", str(MAX_ID), str(MAX_ID + 1)]
NO_PRODUCTS += ["", "\0", "1001\0", "9" * 5000, "1" * 16, "\uff11\uff10\uff10\uff11"]
ELSEWHERE = ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
ELSEWHERE += ["http:///evil.example", "/shop/\r\nSet-Cookie: a=b", "basket", "product", "", "\0"]


HERS = {"Harbour Light": "2", "First Ferry": "1"}


@pytest.mark.parametrize(
    "typed",
    NO_QUANTITIES,
)
def test_a_quantity_that_is_none_is_asked_for_again_as_it_was_typed(
    ana: Shopper, typed: str
) -> None:
    page = ana.forge("/basket/add/", {"product_id": "1003", "quantity": typed})
    assert page.status == 422
    assert page.h1 == "Slack Water"
    assert WHOLE_NUMBER.format(1) in page.text
    assert page.soup.title
    assert words_of(page.soup.title).startswith("Error: ")
    field = page.soup.select_one("#id_quantity")
    assert field
    assert field["aria-invalid"] == "true"
    if typed.isprintable() and typed:
        assert field["value"] == typed[:20]
    assert ana.basket() == HERS


@pytest.mark.parametrize(
    "product_id",
    NO_PRODUCTS,
)
@pytest.mark.parametrize("address", ["/basket/add/", "/basket/update/", "/basket/remove/"])
def test_a_forged_product_changes_nothing(ana: Shopper, address: str, product_id: str) -> None:
    fields = {"product_id": product_id, "quantity": "1", f"quantity_{product_id}": "1"}
    page = ana.forge(address, fields)
    assert page.status < 500
    # Taking out what is not there is no mistake: it may have been pressed twice.
    assert page.status >= 400 or address != "/basket/add/"
    # The last is for a field's name that is too long.
    assert page.h1 in ("There is nothing here", "Basket", "We could not understand that")
    assert ana.basket() == HERS


@pytest.mark.parametrize(
    "elsewhere",
    ELSEWHERE,
)
def test_after_adding_no_visitor_is_sent_to_another_site(ana: Shopper, elsewhere: str) -> None:
    fields = {"product_id": "1003", "quantity": "1", "next": elsewhere}
    page = ana.forge("/basket/add/", fields)
    assert page.path.startswith("/shop/")
    assert "evil" not in page.url
    assert page.response.cookies.get("a") is None
    assert ana.basket() == HERS | {"Slack Water": "1"}


@pytest.mark.parametrize(
    "typed", ["-1", "100", "1000000000", "two", "1,5", "", "\uff11", "0" * 19 + "5", "9" * 5000]
)
def test_a_changed_quantity_that_is_none_is_asked_for_again(ana: Shopper, typed: str) -> None:
    page = ana.forge("/basket/update/", {"quantity_1001": typed})
    assert page.status == 422
    assert page.h1 == "Basket"
    assert WHOLE_NUMBER.format(0) in page.text
    field = page.soup.select_one("#quantity-1001")
    assert field
    assert field["aria-invalid"] == "true"
    assert field["value"] == typed[:20]
    (link,) = page.soup.select(".problem-summary a")
    assert link["href"] == "#quantity-1001"
    assert ana.basket() == HERS


def test_a_session_that_ended_begins_again(ana: Shopper) -> None:
    ana.open("/basket/")
    Session.objects.all().delete()
    page = ana.press("Update Harbour Light", quantity_1001=5)
    assert page.said == [GONE]
    assert "Your basket is empty." in page.text
    ana.put_in_basket(SLACK_WATER)
    assert ana.basket() == {"Slack Water": "1"}


@pytest.mark.parametrize(
    "odd", [7, "x", [], {"token": "t", "lines": ["1001"]}, {"token": 7, "lines": {"x": "y"}}]
)
@pytest.mark.parametrize("address", ["/", "/shop/", "/shop/1001/", "/basket/", "/checkout/"])
def test_a_session_of_an_odd_shape_is_an_empty_basket_on_every_page(
    ana: Shopper, address: str, odd: object
) -> None:
    session = ana.client.session
    session[KEY] = odd
    session.save()
    assert ana.open(address).status == 200
    assert ana.page.in_basket == "empty"
    ana.put_in_basket(SLACK_WATER)
    assert ana.basket() == {"Slack Water": "1"}
