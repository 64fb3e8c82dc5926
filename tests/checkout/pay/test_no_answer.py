"""A visit in which the stock system falls silent in the middle of a sale."""

from __future__ import annotations

import pytest

from checkout.models import Order, OrderState
from shop.inventory.contract import InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import EventfulInventory, Point
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, KEEPERS_RESERVE, Shopper, left, stock
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_order_is_pending_and_then_a_receipt(override_inventory: OverrideInventory) -> None:
    inventory = override_inventory(EventfulInventory())
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))

    page = ana.press("Pay now", email="ana@example.com")
    reference = Order.objects.get().reference
    assert page.h1 == f"We’re checking your order {reference}; don’t pay again"
    bookmark = page.url

    ana.open("/basket/")
    assert f"We’re still checking your order {reference}" in ana.page.text
    assert ana.page.buttons == []
    page = ana.put_in_basket(FIRST_FERRY)
    assert page.status == 409
    assert ana.open("/checkout/").buttons == []

    inventory.calm_down()
    page = ana.open(bookmark)
    assert page.h1 == "Thank you for your order"
    assert page.rows() == [["Harbour Light No. 1001 · Colombia", "$12.50", "2", "$25.00"]]
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46
    assert ana.basket() == {}
    ana.put_in_basket(FIRST_FERRY)
    assert ana.pay().h1 == "Thank you for your order"


def test_the_last_bag_of_an_order_that_is_being_checked_is_not_called_sold_out(
    override_inventory: OverrideInventory,
) -> None:
    inventory = override_inventory(EventfulInventory())
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(KEEPERS_RESERVE)
    ana.open("/checkout/")
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    ana.press("Pay now")
    assert left(KEEPERS_RESERVE) == 0

    # Ana has it, perhaps: the bag that is missing from the shelf is the one that she ordered.
    for path in ("/basket/", "/checkout/"):
        page = ana.open(path)
        assert "We’re still checking your order" in page.text
        assert "old out" not in page.text
        assert "$24.00" in page.text
    bruno = Shopper("Bruno")
    assert "Sold out" in bruno.open("/shop/1011/").text
