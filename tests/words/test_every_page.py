"""Every page that a shopper meets, and every state of it, has no sentence that was never marked."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from checkout.find_tries import MOST_TRIES
from checkout.mail import receipt
from checkout.models import Order, OrderState
from shop.inventory.contract import (
    InventoryBusy,
    InventoryTimeout,
    OutcomeUnknown,
)
from shop.models import OutgoingMail
from tests.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    THOUSAND_STEPS,
    count,
    reprice,
    stock,
    withdraw,
)
from tests.checkout.inventories import EventfulInventory, Point
from tests.words.circled import circled, plain_words
from tests.words.conftest import Ana

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shelf() -> None:
    stock()


def test_plain_letters_are_found_in_a_page_in_english(ana: Ana) -> None:
    ana.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    ana.open("/basket/")
    assert "Your basket is empty." in plain_words(ana.page.html)


def test_the_home_page(ana: Ana) -> None:
    ana.open("/")
    ana.sees("Our branches")


def test_the_catalogue_whole_filtered_empty_and_with_a_coffee_sold_out(ana: Ana) -> None:
    ana.open("/shop/")
    ana.sees("Coffees")
    ana.open("/shop/?q=Harbour%20Light&origin=Colombia&in_stock=1&sort=-price")
    ana.sees("Coffees")
    ana.open("/shop/?q=ⓩⓩⓩ")
    ana.sees("Coffees")
    withdraw(KEEPERS_RESERVE)
    count(THOUSAND_STEPS, shown=2, counted=0)
    ana.open("/shop/")
    ana.sees("Sold out")


def test_the_catalogue_in_several_pages(ana: Ana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.catalogue.PER_PAGE", 2)
    ana.open("/shop/?page=2")
    ana.sees("Next page")


def test_a_coffee_on_sale_nearly_gone_sold_out_and_withdrawn(ana: Ana) -> None:
    ana.open("/shop/1001/")
    ana.sees("Add to basket")
    ana.press("Add to basket", quantity="many")
    ana.sees("Add to basket", status=422)
    ana.open("/shop/1010/")
    ana.press("Add to basket", quantity=3)
    ana.sees("There is a problem", status=422)
    count(THOUSAND_STEPS, shown=2, counted=0)
    ana.open("/shop/1010/")
    ana.sees("Sold out")
    withdraw(KEEPERS_RESERVE)
    ana.open("/shop/1011/")
    ana.sees("No longer on sale")


def test_every_way_in_which_a_coffee_can_not_be_added(ana: Ana) -> None:
    ana.put_in_basket(SLACK_WATER, 50)
    ana.put_in_basket(SLACK_WATER, 50)
    ana.sees("There is a problem", status=422)
    stock(HARBOUR_LIGHT)
    stock(HARBOUR_LIGHT)
    ana.put_in_basket(HARBOUR_LIGHT, 99)
    ana.put_in_basket(HARBOUR_LIGHT, 1)
    ana.sees("There is a problem", status=422)
    withdraw(KEEPERS_RESERVE)
    ana.forge("/basket/add/", {"product_id": "1011", "quantity": "1"})
    assert ana.page.status == 422
    assert plain_words(ana.page.html) == []


def test_a_basket_takes_no_more_coffees(ana: Ana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.basket_views.MOST_LINES", 1)
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.put_in_basket(FIRST_FERRY)
    ana.sees("There is a problem", status=422)


def test_the_basket_empty_filled_changed_and_with_a_mistake(ana: Ana) -> None:
    ana.open("/basket/")
    ana.sees("Your basket is empty.")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    assert ana.page.said
    assert plain_words(ana.page.html) == []
    ana.open("/basket/")
    ana.sees("Basket")
    for quantity in ("many", "1", "0"):
        ana.forge("/basket/update/", {"product_id": "1001", "quantity": quantity})
        assert plain_words(ana.page.html) == []
    ana.forge("/basket/update/", {"product_id": "1001", "quantity": "1"})
    assert ana.page.status == 409
    assert plain_words(ana.page.html) == []
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.forge("/basket/remove/", {"product_id": "1001"})
    assert plain_words(ana.page.html) == []


def test_a_basket_with_more_than_is_left(ana: Ana) -> None:
    for coffee, quantity in ((SLACK_WATER, 5), (THOUSAND_STEPS, 2), (KEEPERS_RESERVE, 1)):
        ana.put_in_basket(coffee, quantity)
    count(SLACK_WATER, shown=60, counted=3)
    count(THOUSAND_STEPS, shown=2, counted=1)
    count(KEEPERS_RESERVE, shown=1, counted=0)
    ana.open("/basket/")
    ana.sees("Change basket to what is left")
    ana.open("/checkout/")
    ana.sees("Change basket to what is left")
    ana.press("Change basket to what is left")
    ana.sees("Pay now")


def test_the_checkout_its_mistakes_and_the_receipt(ana: Ana) -> None:
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    ana.sees("Check your order")
    ana.press("Pay now", email="ana")
    ana.sees("There is a problem", status=422)
    ana.press("Pay now", email="ana@example.com")
    ana.sees("Thank you for your order")
    Order.objects.update(cancelled_at=timezone.now(), branch_slug="")
    ana.reload()
    ana.sees("This order was cancelled")
    Order.objects.update(cancelled_at=None, handed_over_at=timezone.now())
    ana.reload()
    assert plain_words(ana.page.html) == []


def test_an_empty_basket_has_nothing_to_pay(ana: Ana) -> None:
    ana.open("/checkout/")
    ana.sees("Your basket is empty.")


def test_an_order_that_is_refused(ana: Ana) -> None:
    for coffee, quantity in ((HARBOUR_LIGHT, 2), (SLACK_WATER, 5), (KEEPERS_RESERVE, 1)):
        ana.put_in_basket(coffee, quantity)
    ana.open("/checkout/")
    reprice(HARBOUR_LIGHT, "12.51")
    count(SLACK_WATER, shown=60, counted=1)
    withdraw(KEEPERS_RESERVE)
    ana.press("Pay now")
    ana.sees("Change basket to what is left", status=409)


def test_a_basket_that_has_changed_since_its_page(ana: Ana) -> None:
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    old = ana.tab()
    old.open("/checkout/")
    ana.put_in_basket(FIRST_FERRY)
    page = old.press(circled("Pay now"))
    assert page.status == 409
    assert plain_words(page.html) == []


@pytest.mark.parametrize("trouble", [InventoryBusy(), InventoryTimeout("frozen")])
def test_an_order_that_could_not_be_placed(
    ana: Ana, inventory: EventfulInventory, trouble: InventoryBusy | InventoryTimeout
) -> None:
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.open("/checkout/")
    inventory.happen(Point.SALE, trouble)
    ana.press("Pay now")
    ana.sees("Your order has not been placed and you have not been charged", status=503)


def test_an_order_that_is_being_checked_and_what_it_can_come_to(
    ana: Ana, inventory: EventfulInventory
) -> None:
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.open("/checkout/")
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    ana.press("Pay now")
    assert plain_words(ana.page.html) == []
    thanks = ana.page.url
    for address in ("/basket/", "/checkout/"):
        ana.open(address)
        assert plain_words(ana.page.html) == []
    ana.forge("/basket/remove/", {"product_id": "1001"})
    assert ana.page.status == 409
    assert plain_words(ana.page.html) == []
    for state in (OrderState.REFUSED, OrderState.ABANDONED):
        Order.objects.update(state=state)
        ana.open(thanks)
        assert plain_words(ana.page.html) == []
    Order.objects.update(state=OrderState.PENDING, presses=0)
    ana.open(thanks)
    assert plain_words(ana.page.html) == []
    Order.objects.update(state=OrderState.CONFIRMED)
    ana.open("/basket/")
    assert plain_words(ana.page.html) == []


def test_an_order_that_was_given_up(ana: Ana, inventory: EventfulInventory) -> None:
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.open("/checkout/")
    inventory.happen(Point.SALE, InventoryTimeout("frozen"))
    ana.press("Pay now")
    inventory.calm_down()
    Order.objects.update(state=OrderState.ABANDONED)
    ana.press("Try again")
    assert ana.page.status == 409
    assert plain_words(ana.page.html) == []


def test_an_order_is_looked_for(ana: Ana) -> None:
    ana.open("/orders/")
    ana.sees("Find an order")
    fields = {"reference": "CC-34679ACD", "email": "ana@example.com"}
    for _ in range(MOST_TRIES + 1):
        ana.forge("/orders/", fields)
        assert plain_words(ana.page.html) == []
    assert ana.page.status == 429


def test_the_stock_system_is_away_with_and_without_a_memory(
    ana: Ana, inventory: EventfulInventory
) -> None:
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.open("/shop/")
    inventory.go_away()
    for address in ("/", "/shop/", "/basket/", "/checkout/", "/shop/1001/harbour-light/"):
        ana.open(address)
        assert plain_words(ana.page.html) == [], address
    ana.open("/shop/?q=never asked before")
    assert ana.page.status == 503
    ana.sees("We can’t see our shelves at this moment", status=503)


def test_pages_for_what_can_not_be_served(
    ana: Ana, inventory: EventfulInventory, settings: Settings
) -> None:
    ana.open("/nowhere/")
    ana.sees("There is nothing here", status=404)
    ana.open("/checkout/pay/")
    ana.sees("There is nothing to see at this address", status=405)
    stranger = Client(enforce_csrf_checks=True, headers={"accept-language": "pt"})
    expired = stranger.post("/basket/remove/", {"product_id": "1001"})
    assert expired.status_code == 403
    assert plain_words(expired.text) == []
    stranger.handler.enforce_csrf_checks = False
    bad = stranger.post("/basket/add/", b"a=b", content_type="multipart/form-data")
    assert bad.status_code == 400
    assert plain_words(bad.text) == []
    inventory.happen(Point.PAGE, lambda: settings.NO_SUCH_SETTING)
    ana.client.raise_request_exception = False
    ana.open("/shop/?q=ⓩ")
    ana.sees("There is a problem with the shop", status=500)


@pytest.mark.parametrize("branch", ["landing", ""])
def test_the_receipt_by_mail(ana: Ana, branch: str) -> None:
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.pay(email="ana@example.com")
    Order.objects.update(branch_slug=branch)
    with translation.override("en"):
        mail = receipt(Order.objects.get(), OutgoingMail.objects.get())
    assert circled("Thank you for your order") in str(mail.body)
    texts = [str(mail.subject), str(mail.body), str(mail.alternatives[0][0])]
    assert [plain_words(text) for text in texts] == [[], [], []]


def test_staff_read_english_whatever_their_browser_asks(ana: Ana) -> None:
    rosa = User.objects.create_user("rosa", password="green beans")
    rosa.user_permissions.set(Permission.objects.all())
    ana.client.force_login(rosa)
    for address in ("/staff/", "/staff/stock/", "/staff/orders/", "/staff/nowhere/"):
        page = ana.open(address)
        assert page.response["Content-Language"] == "en"
        assert not any("Ⓐ" <= letter <= "ⓩ" for letter in page.html), address
