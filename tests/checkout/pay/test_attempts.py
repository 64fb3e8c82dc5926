"""What may be said of an order depends on whether any press of Pay may still be selling it."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.db.models import F

from checkout.models import Order, OrderState
from checkout.service import CheckoutService
from shop.inventory.contract import InventoryBusy
from tests.checkout.inventories import EventfulInventory, Point
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

NOT_PLACED = "Your order has not been placed"


@pytest.fixture
def ana(inventory: EventfulInventory) -> Shopper:
    """Ana, who pressed Pay while others did; nothing was sold."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    inventory.happen(Point.SALE, InventoryBusy(1001))
    assert ana.press("Pay now").h1 == NOT_PLACED
    return ana


def test_every_press_that_gives_up_says_so(ana: Shopper) -> None:
    assert ana.press("Try again").h1 == NOT_PLACED
    assert ana.press("Try again").h1 == NOT_PLACED
    assert Order.objects.get().attempts == 0


def test_while_another_press_may_be_selling_no_page_says_that_nothing_was_sold(
    ana: Shopper,
) -> None:
    Order.objects.update(attempts=F("attempts") + 1)
    page = ana.press("Try again")
    assert "checking your order" in page.text
    assert NOT_PLACED not in page.text
    assert "still checking" in ana.open("/basket/").text.lower()


def test_a_press_that_was_counted_off_already_is_not_counted_off_twice(
    ana: Shopper, inventory: EventfulInventory
) -> None:
    def counted_off_and_busy() -> None:
        Order.objects.update(attempts=0)
        raise InventoryBusy(1001)

    inventory.happen(Point.SALE, counted_off_and_busy)
    assert ana.press("Try again").h1 == NOT_PLACED
    assert Order.objects.get().attempts == 0


def test_the_orders_own_page_says_that_nothing_was_sold(ana: Shopper) -> None:
    Order.objects.update(attempts=F("attempts") + 1)
    checking = ana.press("Try again").path
    Order.objects.update(attempts=0)
    assert "Nothing was ordered." in ana.open(checking).text


def test_a_database_that_is_locked_when_pay_is_pressed_is_reported_kindly(
    ana: Shopper, inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory.calm_down()
    ana.put_in_basket(FIRST_FERRY)
    ana.open("/checkout/")

    def locked(*_args: object, **_options: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr("checkout.service.insert_one", locked)
        page = ana.press("Pay now")
    assert page.status == 503
    assert page.h1 == NOT_PLACED
    assert (left(HARBOUR_LIGHT), left(FIRST_FERRY)) == (48, 30)
    assert ana.press("Try again").h1 == "Thank you for your order"


def test_a_lookup_by_an_operator_counts_as_no_press(ana: Shopper) -> None:
    order = Order.objects.get()
    CheckoutService(EventfulInventory()).find(order.token_hash)
    order.refresh_from_db()
    assert (order.state, order.attempts) == (OrderState.PENDING, 0)
