"""Whole visits that end with coffee."""

from __future__ import annotations

import pytest

from checkout.models import Order, OrderState
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    Shopper,
    left,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_ana_buys_the_last_bag() -> None:
    stock()
    ana = Shopper("Ana")
    ana.open("/")
    ana.follow("See our coffees")
    ana.follow("Keeper's Reserve")
    assert "Only 1 left" in ana.page.text
    ana.press("Add to basket")
    assert ana.page.said == ["Added 1 bag of Keeper's Reserve. View basket"]
    ana.follow("View basket")
    ana.follow("Checkout")
    assert ana.page.h1 == "Check your order"
    ana.press("Pay now – $24.00")

    assert ana.page.h1 == "Thank you for your order"
    assert ana.page.redirected, "a reload must not pay again"
    assert left(KEEPERS_RESERVE) == 0
    assert ana.basket() == {}
    ana.open("/shop/1011/")
    assert ana.page.status == 200
    assert "Sold out" in ana.page.text
    assert "Add to basket" not in ana.page.text.split("Other coffees")[0]


def test_a_basket_of_three_becomes_one_receipt_with_the_same_figures() -> None:
    stock()
    bruno = Shopper("Bruno")
    bruno.put_in_basket(HARBOUR_LIGHT, 2)
    bruno.put_in_basket(FIRST_FERRY, 3)
    bruno.put_in_basket(THOUSAND_STEPS)
    page = bruno.open("/checkout/")
    rows = [
        ["Harbour Light No. 1001 · Colombia", "$12.50", "2", "$25.00"],
        ["First Ferry No. 1002 · Ethiopia", "$16.00", "3", "$48.00"],
        ["Thousand Steps No. 1010 · Rwanda", "$16.80", "1", "$16.80"],
    ]
    sums = {
        "Bags": "6",
        "Before tax": "$74.83",
        "Tax, 20%, included": "$14.97",
        "Total": "$89.80",
    }
    assert page.rows() == rows
    assert page.sums() == sums
    bruno.press("Pay now – $89.80", branch="landing", email="bruno@example.com")

    order = Order.objects.get()
    assert order.state == OrderState.CONFIRMED
    assert bruno.page.rows() == rows
    assert bruno.page.sums() == sums
    assert order.reference in bruno.page.text
    assert "The Landing" in bruno.page.text
    assert "bruno@example.com" not in bruno.page.html
    assert [left(c) for c in (HARBOUR_LIGHT, FIRST_FERRY, THOUSAND_STEPS)] == [46, 27, 1]
