"""Pay while the inventory is busy, away or silent, and the pages until the order is settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from checkout.models import Order, OrderState
from shop.basket import Basket
from shop.inventory.contract import (
    InventoryBusy,
    InventoryError,
    InventoryTimeout,
    InventoryUnavailable,
    LoginRefused,
    OutcomeUnknown,
)
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import let_grow_old
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    Shopper,
    left,
    reprice,
    stock,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

NOT_PLACED = "Your order has not been placed"
THANKS = "Thank you for your order"


@pytest.mark.parametrize(
    ("point", "error", "sentence"),
    [
        (Point.SALE, InventoryBusy(1001), "Many people are buying the same coffee"),
        (Point.SALE, InventoryTimeout("frozen"), "Our stock system did not answer in time."),
        (Point.SALE, InventoryUnavailable("refused"), "Our stock system is not available now."),
        (Point.SALE, LoginRefused("no licence"), "Our stock system is not available now."),
        (
            Point.BEFORE_COMMIT,
            InventoryBusy(1001),
            "Many people are buying the same coffee",
        ),
        (Point.BEFORE_COMMIT, InventoryTimeout("frozen"), "did not answer in time."),
    ],
)
def test_an_order_that_was_not_placed_says_so_keeps_the_basket_and_can_be_tried_again(
    inventory: EventfulInventory, ana: Shopper, point: Point, error: InventoryError, sentence: str
) -> None:
    inventory.happen(point, error)
    page = ana.press("Pay now", branch="lookout", email="ana@example.com")
    assert page.status == 503
    assert page.h1 == NOT_PLACED
    assert sentence in page.text
    assert "Your basket is kept" in page.text
    assert Order.objects.get().state == OrderState.PENDING
    inventory.calm_down()
    assert left(HARBOUR_LIGHT) == 48
    assert ana.press("Try again").h1 == THANKS
    order = Order.objects.get()
    assert (order.branch_slug, order.email) == ("lookout", "ana@example.com")
    assert left(HARBOUR_LIGHT) == 46
    assert ana.basket() == {}


@pytest.mark.parametrize("moment", ["while it is placed", "while its sale is opened"])
def test_a_press_that_took_too_long_before_its_sale_sells_nothing_and_can_be_tried_again(
    inventory: EventfulInventory, ana: Shopper, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    clock = [0.0]

    def wait() -> None:
        clock[0] += settings.INVENTORY_TIMEOUT + 1

    def slowly(execute: Callable[..., Any], sql: str, params: Any, many: bool, what: Any) -> Any:
        if sql.startswith('INSERT INTO "checkout_order"'):
            wait()
        return execute(sql, params, many, what)

    with monkeypatch.context() as patched:
        patched.setattr("checkout.service.monotonic", lambda: clock[0])
        if moment == "while it is placed":
            with connection.execute_wrapper(slowly):
                page = ana.press("Pay now")
            assert not inventory.passed[Point.SALE]
        else:
            inventory.happen_once(Point.SALE, wait)
            page = ana.press("Pay now")
    assert page.status == 503
    assert page.h1 == NOT_PLACED
    assert "did not answer in time. Your basket is kept" in page.text
    assert left(HARBOUR_LIGHT) == 48
    assert ana.press("Try again").h1 == THANKS
    assert left(HARBOUR_LIGHT) == 46


def test_trying_again_after_the_price_changed_is_refused_with_the_choices_kept(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    inventory.happen(Point.SALE, InventoryBusy())
    ana.press("Pay now", branch="lookout", email="ana@example.com")
    inventory.calm_down()
    reprice(HARBOUR_LIGHT, "13.00")
    page = ana.press("Try again")
    assert page.status == 409
    assert "was $12.50 a bag, now $13.00" in page.text
    form = page.form("Pay now – $26.00")
    assert (form.values["branch"], form.values["email"]) == ("lookout", "ana@example.com")


@pytest.fixture
def turned_away(inventory: EventfulInventory, ana: Shopper) -> Shopper:
    """Ana, whose order was not placed since many people were buying."""
    inventory.happen(Point.SALE, InventoryBusy())
    ana.press("Pay now", branch="lookout", email="ana@example.com")
    inventory.calm_down()
    assert ana.page.h1 == NOT_PLACED
    return ana


def test_the_next_try_takes_what_its_own_page_showed(turned_away: Shopper) -> None:
    reprice(HARBOUR_LIGHT, "13.00")
    turned_away.open("/checkout/")
    page = turned_away.press("Pay now – $26.00", branch="landing", email="")
    assert page.h1 == THANKS
    assert page.sums()["Total"] == "$26.00"
    order = Order.objects.get()
    assert (order.branch_slug, order.email) == ("landing", "")


def test_a_next_try_with_a_mistyped_address_is_asked_for_again(turned_away: Shopper) -> None:
    turned_away.open("/checkout/")
    assert turned_away.press("Pay now", email="ana").status == 422
    assert turned_away.press("Pay now", email="ana@example.org").h1 == THANKS
    assert Order.objects.get().email == "ana@example.org"


def test_the_basket_can_be_changed_and_the_old_try_is_over(turned_away: Shopper) -> None:
    old = turned_away.tab()
    old._visited = list(turned_away._visited)
    turned_away.put_in_basket(FIRST_FERRY)
    page = old.press("Try again")
    assert page.status == 409
    assert "Your basket has changed since this page was shown." in page.text
    assert left(HARBOUR_LIGHT) == 48
    assert old.press("Pay now – $41.00").h1 == THANKS
    stale = old.tab()
    stale._visited = [page for page in turned_away._visited if page.h1 == NOT_PLACED]
    assert stale.press("Try again").path == "/basket/"
    assert (left(HARBOUR_LIGHT), left(FIRST_FERRY)) == (46, 29)


def test_two_next_tries_at_once_buy_once(
    inventory: EventfulInventory, turned_away: Shopper
) -> None:
    second = turned_away.tab()
    second.open("/checkout/")
    inventory.happen_once(Point.SALE, lambda: second.press("Pay now"))
    assert turned_away.press("Try again").h1 == THANKS
    assert second.page.path == turned_away.page.path
    assert left(HARBOUR_LIGHT) == 46


def test_with_the_inventory_away_before_anything_is_known_nothing_is_placed(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    fresh = EventfulInventory()
    fresh.go_away()
    override_inventory(fresh)
    page = ana.press("Pay now")
    assert page.status == 503
    assert "nothing was ordered" in page.text
    assert not Order.objects.exists()


# while an order is pending


@pytest.fixture
def waiting(inventory: EventfulInventory, ana: Shopper) -> Shopper:
    """Ana, whose order got no answer."""
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("CC-"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    ana.press("Pay now")
    return ana


def test_basket_and_checkout_say_that_the_order_is_being_checked(waiting: Shopper) -> None:
    reference = Order.objects.get().reference
    for address in ("/basket/", "/checkout/"):
        page = waiting.open(address)
        assert page.status == 200
        assert f"We’re still checking your order {reference}. Don’t pay again" in page.text
        assert page.buttons == []
        assert waiting.follow("Check the order").h1.startswith("We’re checking")


def test_changes_of_the_basket_wait(inventory: EventfulInventory, waiting: Shopper) -> None:
    order = Order.objects.get()
    sentence = (
        f"Your order {order.reference} is being checked. "
        "You can change your basket as soon as we know."
    )
    changes = {
        "/basket/add/": {"product_id": "1002", "quantity": "1"},
        "/basket/update/": {"quantity_1001": "1"},
        "/basket/remove/": {"product_id": "1001"},
        "/basket/reduce/": {},
    }
    for address, fields in changes.items():
        page = waiting.forge(address, fields)
        assert page.status == 409, address
        assert page.h1 == "Basket"
        assert page.said == [sentence]
        assert "2 bags" in page.text
    inventory.calm_down()
    waiting.put_in_basket(FIRST_FERRY)
    assert waiting.basket() == {"First Ferry": "1"}


def test_pay_again_while_it_is_being_checked_sells_nothing_more(
    inventory: EventfulInventory, waiting: Shopper
) -> None:
    waiting.back()
    page = waiting.press("Pay now")
    assert page.h1.startswith("We’re checking your order")
    inventory.calm_down()
    assert waiting.reload().h1 == THANKS
    assert left(HARBOUR_LIGHT) == 46
    assert Order.objects.count() == 1


def test_an_old_tab_s_pay_shows_that_the_newer_basket_is_being_checked(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    old = ana.tab()
    old.open("/checkout/")
    ana.put_in_basket(FIRST_FERRY)
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("CC-"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    ana.pay()
    page = old.press("Pay now")
    assert page.status == 409
    assert "We’re still checking your order" in page.text
    assert page.buttons == []


def test_trying_again_once_the_order_was_given_up_asks_for_pay_once_more(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    inventory.happen(Point.SALE, InventoryTimeout("frozen"))
    ana.press("Pay now")
    inventory.calm_down()
    order = Order.objects.get()
    let_grow_old(order)
    ana.tab().open("/basket/")
    page = ana.press("Try again")
    assert page.status == 409
    assert (
        f"Your order {order.reference} was not completed, and nothing was ordered. "
        "Press Pay now to try again." in page.text
    )
    assert ana.press("Pay now").h1 == THANKS
    assert left(HARBOUR_LIGHT) == 46


def test_the_last_bag_of_an_order_that_is_being_checked_is_not_called_sold_out(
    inventory: EventfulInventory,
) -> None:
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


# Django's own database


def test_a_session_that_can_t_be_read_again_after_the_sale_does_not_hide_the_receipt(
    ana: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Basket, "_stored", fail)
        page = ana.press("Pay now")
    assert page.h1 == THANKS
    assert ana.basket() == {}


def test_a_session_that_was_ended_while_paying_does_not_hide_the_receipt(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    inventory.happen_once(Point.AFTER_COMMIT, ana.client.session.flush)
    assert ana.press("Pay now").h1 == THANKS
