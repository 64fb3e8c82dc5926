"""Visits of people who change their minds, without JavaScript."""

from __future__ import annotations

import pytest

from checkout.models import Order, OrderState
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    SLACK_WATER,
    Shopper,
    left,
    reprice,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"


def test_ana_takes_a_line_out_puts_it_back_and_buys_it() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(SLACK_WATER)
    ana.follow("View basket")
    assert ana.press("Remove Harbour Light").in_basket == "1 bag"
    assert ana.press("Undo").in_basket == "3 bags"
    ana.follow("Checkout")
    assert ana.press("Pay now – $35.90").h1 == THANKS
    assert (left(HARBOUR_LIGHT), left(SLACK_WATER)) == (46, 59)


def test_a_checkout_that_was_open_while_a_line_left_and_came_back_is_shown_anew() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    other = ana.tab()
    other.open("/basket/")
    other.press("Remove Harbour Light")
    other.press("Undo")
    page = ana.press("Pay now – $25.00")
    assert "Your basket has changed since this page was shown." in page.text
    assert ana.press("Pay now – $25.00").h1 == THANKS


def test_bruno_comes_back_to_dearer_coffee_is_told_everywhere_and_pays_what_he_saw() -> None:
    stock()
    bruno = Shopper("Bruno")
    bruno.put_in_basket(FIRST_FERRY, 2)
    reprice(FIRST_FERRY, "17.25")
    changed = "Price has changed: was $16.00, now $17.25"
    assert changed in bruno.open("/basket/").text
    assert changed in bruno.follow("Checkout").text
    assert bruno.press("Pay now – $34.50").h1 == THANKS
    assert Order.objects.get().state == OrderState.CONFIRMED


@pytest.mark.parametrize(
    ("address", "way", "h1"),
    [
        ("/checkout/pay/", "Go to the checkout", "Check your order"),
        ("/basket/add/", "Go to your basket", "Basket"),
        ("/basket/update/", "Go to your basket", "Basket"),
        ("/basket/remove/", "Go to your basket", "Basket"),
        ("/basket/reduce/", "Go to your basket", "Basket"),
        ("/basket/undo/", "Go to your basket", "Basket"),
    ],
)
def test_an_address_that_only_takes_forms_leads_back_when_it_is_opened(
    address: str, way: str, h1: str
) -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT)
    page = ana.open(address)
    assert page.status == 405
    first = page.soup.select_one(".ways-on a")
    assert first
    assert first.text == way
    assert ana.follow(way).h1 == h1
    assert ana.basket() == {"Harbour Light": "1"}
