"""Every page in a real browser: silent, all of it from here, in nobody's way, never too wide."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checkout.models import Order
from checkout.references import sign
from shop.inventory.contract import InventoryBusy, InventoryTimeout, OutcomeUnknown
from tests.browser.conftest import NewTab
from tests.browser.tab import PHONE, Tab
from tests.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    Shopper,
    count,
    reprice,
)
from tests.checkout.inventories import EventfulInventory, Point, install
from tests.checkout.orders import buy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Way = Callable[[Tab, EventfulInventory], None]


@pytest.fixture
def inventory(monkeypatch: pytest.MonkeyPatch) -> EventfulInventory:
    """The shop's inventory, in which a test may let things happen."""
    return install(monkeypatch)


def at(path: str) -> Way:
    """The page at an address, for a visitor without a basket."""
    return lambda tab, _inventory: tab.open(path)


def with_basket(tab: Tab) -> None:
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(FIRST_FERRY)
    ana.put_in_basket(THOUSAND_STEPS, 2)
    tab.become(ana)


def basket(tab: Tab, _inventory: EventfulInventory) -> None:
    with_basket(tab)
    tab.open("/basket/")


def short_basket(tab: Tab, _inventory: EventfulInventory) -> None:
    with_basket(tab)
    count(THOUSAND_STEPS, shown=2, counted=1)
    tab.open("/basket/")


def mistyped_basket(tab: Tab, _inventory: EventfulInventory) -> None:
    with_basket(tab)
    tab.open("/basket/")
    tab.page.get_by_label("Bags of Harbour Light").fill("100")
    tab.press("Update Harbour Light")


def mistyped_quantity(tab: Tab, _inventory: EventfulInventory) -> None:
    tab.open("/shop/1001/")
    tab.page.get_by_label("Bags of Harbour Light").fill("0")
    tab.press("Add to basket")


def added(tab: Tab, _inventory: EventfulInventory) -> None:
    tab.open("/shop/")
    tab.press("Add to basket Harbour Light")


def sold_out(tab: Tab, _inventory: EventfulInventory) -> None:
    buy((KEEPERS_RESERVE, 1))
    tab.open("/shop/1011/")


def recently_sold_out(tab: Tab, _inventory: EventfulInventory) -> None:
    buy((KEEPERS_RESERVE, 1))
    tab.open("/shop/")


def away(tab: Tab, inventory: EventfulInventory) -> None:
    tab.open("/shop/")
    inventory.go_away()
    tab.open("/shop/")


def checkout(tab: Tab, _inventory: EventfulInventory) -> None:
    with_basket(tab)
    tab.open("/checkout/")


def mistyped_address(tab: Tab, inventory: EventfulInventory) -> None:
    checkout(tab, inventory)
    tab.page.get_by_label("E-mail").fill("ana")
    tab.press("Pay now")


def refused(tab: Tab, inventory: EventfulInventory) -> None:
    checkout(tab, inventory)
    count(THOUSAND_STEPS, shown=2, counted=1)
    reprice(HARBOUR_LIGHT, "13.00")
    tab.press("Pay now")


def not_placed(tab: Tab, inventory: EventfulInventory) -> None:
    checkout(tab, inventory)
    inventory.happen(Point.SALE, InventoryBusy())
    tab.press("Pay now")


def being_checked(tab: Tab, inventory: EventfulInventory) -> None:
    checkout(tab, inventory)
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    tab.press("Pay now")


def thanks(tab: Tab, inventory: EventfulInventory) -> None:
    checkout(tab, inventory)
    tab.press("Pay now")


def old_refusal(tab: Tab, inventory: EventfulInventory) -> None:
    refused(tab, inventory)
    tab.open(f"/checkout/thanks/{sign(Order.objects.get().reference)}/")


def order_not_found(tab: Tab, _inventory: EventfulInventory) -> None:
    tab.open("/orders/")
    tab.press("Find the order")


PAGES: dict[str, tuple[Way, str]] = {
    "home": (at("/"), "Coffee roasted on a small island, for the people who walk by"),
    "catalogue": (at("/shop/"), "Coffees"),
    "nothing found": (at("/shop/?q=zzz"), "Coffees"),
    "recently sold out": (recently_sold_out, "Coffees"),
    "added": (added, "Coffees"),
    "stock system away": (away, "Coffees"),
    "product": (at("/shop/1001/"), "Harbour Light"),
    "sold-out product": (sold_out, "Keeper's Reserve"),
    "mistyped quantity": (mistyped_quantity, "Harbour Light"),
    "empty basket": (at("/basket/"), "Basket"),
    "basket": (basket, "Basket"),
    "short basket": (short_basket, "Basket"),
    "mistyped basket": (mistyped_basket, "Basket"),
    "checkout": (checkout, "Check your order"),
    "mistyped address": (mistyped_address, "Check your order"),
    "refused": (refused, "Check your order"),
    "not placed": (not_placed, "Your order has not been placed and you have not been charged"),
    "being checked": (being_checked, "We’re checking your order"),
    "thanks": (thanks, "Thank you for your order"),
    "old refusal": (old_refusal, "Order CC-"),
    "find an order": (at("/orders/"), "Find an order"),
    "order not found": (order_not_found, "Find an order"),
    "no such page": (at("/nowhere/"), "There is nothing here"),
    "staff login": (at("/staff/login/"), "Log in"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_silent_comes_from_here_stands_in_nobody_s_way_and_fits(
    new_tab: NewTab, inventory: EventfulInventory, name: str
) -> None:
    way, heading = PAGES[name]
    tab = new_tab(**PHONE)
    way(tab, inventory)
    assert tab.h1.startswith(heading)
    assert tab.barriers() == []
    assert not tab.scrolls_sideways()
    tab.look_at(width=320, height=640, scheme="light")
    assert not tab.scrolls_sideways()
    tab.look_at(width=1280, height=800, scheme="dark")
    assert tab.barriers() == []
    assert not tab.scrolls_sideways()
    assert tab.heard == []
