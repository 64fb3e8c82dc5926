"""Old and new price: a line says when it costs another price than when it was put in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from http.cookies import SimpleCookie
from typing import cast

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from shop.basket import Basket, BasketView, first_prices, remember_shown
from shop.basket.contents import BasketLine
from shop.basket.first_prices import COOKIE, LONGEST, remember_added
from shop.basket.session import MOST_LINES
from shop.inventory.contract import MAX_ID, Product
from tests.checkout.inventories import EventfulInventory
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    SLACK_WATER,
    Shopper,
    reprice,
    withdraw,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = "Price has changed: was {}, now {}"


def told(ana: Shopper, address: str = "/basket/") -> list[str]:
    """What the lines of a page say of their prices."""
    notes = ana.open(address).soup.select("main .price-note")
    return [" ".join(note.get_text().split()) for note in notes]


@pytest.mark.parametrize(
    ("price", "shown"),
    [("13.00", "$13.00"), ("11.00", "$11.00"), ("12.51", "$12.51"), ("0.00", "$0.00")],
    ids=["up", "down", "by a cent", "to nothing"],
)
@pytest.mark.parametrize("address", ["/basket/", "/checkout/"])
def test_a_price_that_changed_is_said_on_its_line(
    ana: Shopper, address: str, price: str, shown: str
) -> None:
    assert told(ana, address) == []
    reprice(HARBOUR_LIGHT, price)
    assert told(ana, address) == [CHANGED.format("$12.50", shown)]
    assert told(ana, address) == [CHANGED.format("$12.50", shown)], "a reload says the same"


def test_a_price_that_is_back_where_it_was_is_no_change(ana: Shopper) -> None:
    reprice(HARBOUR_LIGHT, "13.00")
    assert told(ana) != []
    reprice(HARBOUR_LIGHT, "12.50")
    assert told(ana) == []


def test_another_bag_is_put_in_at_the_price_that_its_page_shows(ana: Shopper) -> None:
    reprice(HARBOUR_LIGHT, "13.00")
    reprice(FIRST_FERRY, "17.00")
    ana.put_in_basket(HARBOUR_LIGHT)
    assert told(ana) == [CHANGED.format("$16.00", "$17.00")]


def test_undo_puts_a_line_back_at_the_price_it_has_now(ana: Shopper) -> None:
    ana.open("/basket/")
    ana.press("Remove Harbour Light")
    reprice(HARBOUR_LIGHT, "13.00")
    ana.press("Undo")
    assert told(ana) == []


def test_a_refusal_tells_both_prices_and_after_it_the_new_one_is_known(ana: Shopper) -> None:
    ana.open("/checkout/")
    reprice(HARBOUR_LIGHT, "13.00")
    page = ana.press("Pay now")
    assert page.status == 409
    note = page.soup.select_one(".itemised .price-note")
    assert note
    assert " ".join(note.get_text().split()) == CHANGED.format("$12.50", "$13.00")
    assert told(ana) == told(ana, "/checkout/") == []


def test_a_coffee_that_is_gone_has_no_price_to_tell(ana: Shopper) -> None:
    reprice(HARBOUR_LIGHT, "13.00")
    withdraw(HARBOUR_LIGHT)
    assert told(ana) == []


def test_what_was_paid_for_is_forgotten(ana: Shopper) -> None:
    ana.pay()
    ana.open("/basket/")
    assert not ana.client.cookies[COOKIE].value
    reprice(HARBOUR_LIGHT, "13.00")
    ana.put_in_basket(HARBOUR_LIGHT)
    assert told(ana) == []


# the cookie


def test_scripts_and_other_sites_can_t_use_the_cookie(ana: Shopper) -> None:
    cookie = ana.client.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_page_that_teaches_nothing_new_sets_no_cookie(ana: Shopper) -> None:
    ana.open("/basket/")
    for address in ("/basket/", "/checkout/"):
        assert COOKIE not in ana.open(address).response.cookies


@pytest.mark.parametrize(
    "forge",
    [
        lambda _value: "",
        lambda _value: "1001.100_1002.100",
        lambda value: value.replace("1250", "1"),
        lambda value: value + "x",
        lambda value: value * 40,
        lambda _value: "ü:::",
    ],
    ids=["absent", "unsigned", "changed", "longer", "too long", "odd"],
)
def test_a_cookie_that_is_not_ours_tells_nothing_and_is_replaced(
    ana: Shopper, forge: Callable[[str], str]
) -> None:
    value = ana.client.cookies[COOKIE].value
    forged = forge(value)
    ana.client.cookies[COOKIE] = forged
    if not forged:
        del ana.client.cookies[COOKIE]
    reprice(HARBOUR_LIGHT, "13.00")
    page = ana.open("/basket/")
    assert page.status == 200
    assert page.soup.select(".price-note") == []
    reprice(HARBOUR_LIGHT, "14.00")
    assert told(ana) == [CHANGED.format("$13.00", "$14.00")]


def test_while_the_stock_system_is_away_the_price_as_last_known_is_compared(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    reprice(HARBOUR_LIGHT, "13.00")
    ana.open("/shop/")
    inventory.go_away()
    assert told(ana) == [CHANGED.format("$12.50", "$13.00")]


def test_the_largest_basket_fits_and_comes_back_as_it_was() -> None:
    price = Decimal("99999999.99")
    lines = tuple(
        BasketLine(
            product_id=id_,
            quantity=1,
            product=Product(id=id_, name="N", price=price, quantity=9, origin="O", description="D"),
        )
        for id_ in range(MAX_ID - MOST_LINES + 1, MAX_ID + 1)
    )
    request, response = RequestFactory().get("/"), HttpResponse()
    remember_shown(request, response, BasketView(lines=lines, stale=False))
    value = response.cookies[COOKIE].value
    header = SimpleCookie({COOKIE: value}).output(header="")
    assert len(value) < LONGEST
    assert "\\" not in header, "each sign stands for itself"
    request.COOKIES[COOKIE] = value
    assert first_prices(request) == {line.product_id: price for line in lines}


def test_a_line_that_is_in_the_basket_no_more_is_left_out() -> None:
    request, response = RequestFactory().get("/"), HttpResponse()
    bag = Product(id=7, name="N", price=Decimal("1.00"), quantity=9, origin="O", description="D")
    line = BasketLine(product_id=8, quantity=1, product=bag)
    remember_shown(request, response, BasketView(lines=(line,), stale=False))
    request.COOKIES[COOKIE] = response.cookies[COOKIE].value
    second = HttpResponse()
    basket = cast("Basket", type("OfSeven", (), {"lines": {7: 1}}))
    remember_added(request, second, basket, bag)
    request.COOKIES[COOKIE] = second.cookies[COOKIE].value
    assert first_prices(request) == {7: Decimal("1.00")}


def test_a_line_added_in_another_tab_is_known_from_its_first_page(ana: Shopper) -> None:
    old = dict(ana.client.cookies)
    ana.put_in_basket(SLACK_WATER)
    ana.client.cookies[COOKIE] = old[COOKIE].value
    assert told(ana) == []
    reprice(SLACK_WATER, "11.00")
    assert told(ana) == [CHANGED.format("$10.90", "$11.00")]
