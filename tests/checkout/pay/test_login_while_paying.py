"""Rosa shops too: her session changes when she logs in or out, and her basket is paid for once."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import User
from django.test import Client

from checkout.models import Order, OrderState
from tests.checkout.orders import at_once
from tests.support.cast import HARBOUR_LIGHT, Page, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"
WORDS = {"username": "rosa", "password": "harbour lights"}


@pytest.fixture
def rosa() -> Shopper:
    """At the checkout with two bags of Harbour Light, and not logged in."""
    User.objects.create_user(**WORDS, is_staff=True)
    stock()
    rosa = Shopper("Rosa")
    rosa.put_in_basket(HARBOUR_LIGHT, 2)
    rosa.open("/checkout/")
    return rosa


def logs_in(rosa: Shopper) -> Page:
    return rosa.tab().forge("/staff/login/", WORDS)


def logs_out(rosa: Shopper) -> Page:
    return rosa.tab().forge("/staff/logout/", {})


def one_order_for_two_bags() -> bool:
    states = list(Order.objects.values_list("state", flat=True))
    return states == [OrderState.CONFIRMED] and left(HARBOUR_LIGHT) == 46


def test_the_page_from_before_the_login_is_shown_anew_and_paid_for_once(rosa: Shopper) -> None:
    logs_in(rosa)
    # Logging in changes the CSRF token: Pay on the page from before it orders nothing.
    assert rosa.press("Pay now").status == 403
    assert not Order.objects.exists()
    rosa.open("/checkout/")
    assert rosa.press("Pay now").h1 == THANKS
    assert one_order_for_two_bags()


def test_a_page_from_after_the_login_is_paid_for_once(rosa: Shopper) -> None:
    logs_in(rosa)
    rosa.open("/checkout/")
    assert rosa.press("Pay now").h1 == THANKS
    rosa.back()
    assert rosa.press("Pay now").h1 == THANKS
    assert one_order_for_two_bags()


def test_a_login_after_pay_brings_no_basket_back(rosa: Shopper) -> None:
    rosa.press("Pay now")
    logs_in(rosa)
    assert rosa.basket() == {}
    assert one_order_for_two_bags()


def test_after_a_logout_an_old_page_orders_nothing_and_the_basket_is_gone(rosa: Shopper) -> None:
    logs_in(rosa)
    rosa.open("/checkout/")
    logs_out(rosa)
    rosa.press("Pay now")
    assert rosa.basket() == {}
    assert not Order.objects.exists()
    assert left(HARBOUR_LIGHT) == 48


def test_after_pay_and_a_logout_an_old_page_orders_nothing_more(rosa: Shopper) -> None:
    logs_in(rosa)
    rosa.open("/checkout/")
    rosa.press("Pay now")
    logs_out(rosa)
    rosa.back()
    rosa.press("Pay now")
    assert one_order_for_two_bags()


@pytest.mark.parametrize("path", ["/staff/login/", "/staff/logout/"])
def test_a_session_that_changes_while_pay_is_pressed_is_paid_for_once(
    rosa: Shopper, path: str
) -> None:
    if path == "/staff/logout/":
        logs_in(rosa)
        rosa.open("/checkout/")
    pay = rosa.page.form("Pay now")

    def send(address: str, fields: dict[str, str]) -> None:
        client = Client()
        client.cookies["sessionid"] = rosa.client.cookies["sessionid"].value
        client.post(address, fields)

    press = partial(send, "/checkout/pay/", pay.values)
    at_once(press, press, partial(send, path, WORDS))
    # The later request found no basket any more: then nothing was ordered at all.
    assert one_order_for_two_bags() or (not Order.objects.exists() and left(HARBOUR_LIGHT) == 48)
