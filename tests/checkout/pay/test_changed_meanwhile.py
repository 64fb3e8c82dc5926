"""Visits in which the shop changes between the page and the press."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checkout.models import Order, OrderState
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    THOUSAND_STEPS,
    Shopper,
    count,
    left,
    reprice,
    stock,
    withdraw,
)

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"


def test_a_price_went_up_and_ana_decides_again() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(FIRST_FERRY)
    ana.open("/checkout/")
    reprice(HARBOUR_LIGHT, "12.51")

    page = ana.press("Pay now – $41.00", branch="lookout")
    assert page.status == 409
    assert "Prices have changed since they were shown" in page.text
    assert "Harbour Light: was $12.50 a bag, now $12.51 (2 bags)" in page.text
    assert "The total was $41.00 and is now $41.02." in page.text
    assert left(FIRST_FERRY) == 30

    assert ana.press("Pay now – $41.02").h1 == THANKS
    order = Order.objects.get(state=OrderState.CONFIRMED)
    assert order.branch_slug == "lookout"
    assert [line.unit_price for line in order.lines.all()] == [Decimal("12.51"), Decimal("16.00")]


def test_two_prices_changed_and_the_total_did_not_and_ana_sees_both() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.put_in_basket(FIRST_FERRY)
    ana.open("/checkout/")
    reprice(HARBOUR_LIGHT, "13.50")
    reprice(FIRST_FERRY, "15.00")
    page = ana.press("Pay now – $28.50")
    assert page.status == 409
    assert "Harbour Light: was $12.50 a bag, now $13.50" in page.text
    assert "First Ferry: was $16.00 a bag, now $15.00" in page.text
    assert "The total was $28.50 and is now $28.50." in page.text
    assert ana.press("Pay now – $28.50").h1 == THANKS


def test_an_order_is_refused_then_reduced_then_bought() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(SLACK_WATER, 5)
    ana.put_in_basket(THOUSAND_STEPS, 2)
    ana.put_in_basket(KEEPERS_RESERVE)
    ana.open("/checkout/")
    count(SLACK_WATER, shown=60, counted=3)
    count(THOUSAND_STEPS, shown=2, counted=1)
    withdraw(KEEPERS_RESERVE)

    page = ana.press("Pay now – $137.10")
    assert page.status == 409
    for sentence in (
        "Nothing was ordered",
        "Only 3 bags of Slack Water are left; you wanted 5.",
        "Only 1 bag of Thousand Steps is left; you wanted 2.",
        "Keeper's Reserve is sold out; you wanted 1 bag.",
    ):
        assert sentence in page.text
    assert [left(coffee) for coffee in (HARBOUR_LIGHT, SLACK_WATER, THOUSAND_STEPS)] == [48, 3, 1]
    assert page.buttons == ["Reduce the basket to what is left"]

    page = ana.press("Reduce the basket to what is left")
    changes = "Slack Water: 5 → 3; Thousand Steps: 2 → 1; Keeper's Reserve: 1 → 0."
    assert page.said == [f"Your basket was reduced to what is left. {changes}"]
    assert [(row[0].split(" No.")[0], row[2]) for row in page.rows()] == [
        ("Harbour Light", "2"),
        ("Slack Water", "3"),
        ("Thousand Steps", "1"),
    ]
    assert ana.press("Pay now – $74.50").h1 == THANKS
    assert [left(coffee) for coffee in (HARBOUR_LIGHT, SLACK_WATER, THOUSAND_STEPS)] == [46, 0, 0]
    states = Order.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == [OrderState.REFUSED, OrderState.CONFIRMED]
