"""Two shoppers and one last bag."""

from __future__ import annotations

import threading
from copy import deepcopy

import pytest
from django.db import connection

from checkout.models import Order, OrderState, StockAlert
from shop.inventory import get_inventory
from shop.inventory.contract import MovementKind
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, Page, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"


def at_the_checkout(name: str) -> Shopper:
    """With the last bag of Keeper's Reserve and two of Harbour Light."""
    shopper = Shopper(name)
    shopper.put_in_basket(KEEPERS_RESERVE)
    shopper.put_in_basket(HARBOUR_LIGHT, 2)
    shopper.open("/checkout/")
    return shopper


def test_two_shoppers_cannot_both_buy_the_last_bag() -> None:
    stock()
    ana, bruno = at_the_checkout("Ana"), at_the_checkout("Bruno")
    assert ana.press("Pay now").h1 == THANKS

    page = bruno.press("Pay now")
    assert page.status == 409
    assert page.h1 == "Check your order"
    assert "Your order has not been placed, and you have not been charged" in page.text
    assert "Keeper's Reserve is sold out; you wanted 1 bag." in page.text
    assert left(HARBOUR_LIGHT) == 46, "nothing of a refused order is sold"
    assert bruno.basket() == {"Keeper's Reserve": "1", "Harbour Light": "2"}

    bruno.open("/checkout/")
    page = bruno.press("Change basket to what is left")
    assert page.sums()["Total"] == "$25.00"
    assert bruno.press("Pay now").h1 == THANKS
    assert left(HARBOUR_LIGHT) == 44


def all_pay_at_once(shoppers: list[Shopper]) -> list[Page]:
    """Each presses Pay in a thread of its own, and looks at what comes."""
    together = threading.Barrier(len(shoppers))
    pages: list[Page] = []

    def press(shopper: Shopper) -> None:
        together.wait(30)
        pages.append(shopper.press("Pay now"))
        connection.close()

    threads = [threading.Thread(target=press, args=(shopper,)) for shopper in shoppers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(pages) == len(shoppers)
    return pages


def test_both_press_at_the_same_moment_and_one_of_them_gets_it() -> None:
    stock()
    pages = all_pay_at_once([at_the_checkout("Ana"), at_the_checkout("Bruno")])
    assert sorted(page.h1 for page in pages) == ["Check your order", THANKS]
    states = sorted(Order.objects.values_list("state", flat=True))
    assert states == [OrderState.CONFIRMED, OrderState.REFUSED]
    assert left(KEEPERS_RESERVE) == 0
    assert left(HARBOUR_LIGHT) == 46
    assert StockAlert.objects.count() == 1


def test_one_shopper_who_presses_in_two_tabs_at_the_same_moment_pays_once() -> None:
    stock()
    ana = at_the_checkout("Ana")
    # A client of its own with the same cookies: one can't be used by two threads at once.
    twin = Shopper("Ana")
    twin.client.cookies = deepcopy(ana.client.cookies)
    twin.open("/checkout/")
    first, second = all_pay_at_once([ana, twin])
    assert first.h1 == second.h1 == THANKS
    assert first.path == second.path
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46
    sales = [m for m in get_inventory().movements(1001) if m.kind is MovementKind.SALE]
    assert [movement.change for movement in sales] == [-2]
