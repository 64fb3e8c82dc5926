"""Pay now: pressed once, twice, late, from an old tab, and with what no page of ours sends."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session

from checkout.models import Order, OrderLine, OrderState
from checkout.references import token_hash
from shop.basket import next_token
from tests.checkout.inventories import EventfulInventory, Point
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    SHELF,
    Shopper,
    left,
    reprice,
    words_of,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"
CHANGED = (
    "Your basket has changed since this page was shown. This is how it stands now; "
    "nothing has been ordered."
)


def nothing_sold() -> bool:
    return [left(coffee) for coffee in SHELF] == [coffee.quantity for coffee in SHELF]


# once


def test_pay_redirects_to_the_receipt_and_empties_the_basket(ana: Shopper) -> None:
    page = ana.press("Pay now")
    assert page.h1 == THANKS
    assert page.redirected
    assert page.path.startswith("/checkout/thanks/CC-")
    assert ana.basket() == {}
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46


# again


def test_a_reload_of_the_receipt_orders_nothing(ana: Shopper) -> None:
    ana.press("Pay now")
    receipt = ana.page.text
    assert ana.reload().text == receipt
    assert Order.objects.count() == 1


def test_back_and_pay_again_leaves_the_next_basket_alone(ana: Shopper) -> None:
    receipt = ana.press("Pay now").path
    old = ana.tab()
    old._visited = ana._visited[:-1]
    ana.put_in_basket(FIRST_FERRY)
    assert old.press("Pay now").path == receipt
    assert ana.basket() == {"First Ferry": "1"}
    assert Order.objects.count() == 1
    assert left(HARBOUR_LIGHT) == 46


def test_an_old_tab_never_orders_a_basket_that_it_did_not_show(ana: Shopper) -> None:
    second = ana.tab()
    second.put_in_basket(FIRST_FERRY)
    page = ana.press("Pay now")
    assert page.status == 409
    assert CHANGED in page.text
    assert page.sums()["Total"] == "$41.00"
    assert not Order.objects.exists()
    assert nothing_sold()
    assert ana.press("Pay now – $41.00").h1 == THANKS


def test_a_basket_that_was_changed_and_changed_back_is_another_basket(ana: Shopper) -> None:
    second = ana.tab()
    second.open("/basket/")
    second.press("Update Harbour Light", quantity_1001=3)
    second.press("Update Harbour Light", quantity_1001=2)
    assert CHANGED in ana.press("Pay now").text
    assert ana.press("Pay now – $25.00").h1 == THANKS


def test_paying_from_an_old_tab_with_an_emptied_basket_says_that_it_is_empty(
    ana: Shopper,
) -> None:
    second = ana.tab()
    second.open("/basket/")
    second.press("Remove Harbour Light")
    page = ana.press("Pay now")
    assert page.path == "/basket/"
    assert page.text.count("Your basket is empty.") == 1
    assert not Order.objects.exists()


def test_a_basket_that_an_old_request_wrote_back_is_dropped(ana: Shopper) -> None:
    written = Session.objects.get().session_data
    reference = ana.press("Pay now").soup.select_one("#reference")
    assert reference
    Session.objects.update(session_data=written)
    assert ana.basket() == {}
    (words,) = ana.page.said
    assert words.startswith(f"Your order {reference.text} has gone through, and its coffees")
    assert ana.reload().said == []


def test_a_checkout_whose_answer_was_lost_leads_to_the_receipt(ana: Shopper) -> None:
    written = Session.objects.get().session_data
    receipt = ana.press("Pay now").path
    Session.objects.update(session_data=written)
    assert ana.open("/checkout/").path == receipt
    assert ana.open("/checkout/").path == "/basket/"


def test_adding_to_a_basket_that_was_written_back_begins_a_new_one(ana: Shopper) -> None:
    written = Session.objects.get().session_data
    ana.press("Pay now")
    ana.open("/shop/1002/")
    Session.objects.update(session_data=written)
    ana.press("Add to basket")
    assert ana.basket() == {"First Ferry": "1"}


def test_what_another_tab_added_while_paying_stays_in_the_basket(
    ana: Shopper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change came after the order was looked up, and before the basket was emptied."""
    from checkout.service import CheckoutService, Placement

    place = CheckoutService.place

    def change_then_place(*args: object, **kwargs: object) -> Placement:
        monkeypatch.undo()
        ana.tab().put_in_basket(FIRST_FERRY, 3)
        ana.tab().put_in_basket(HARBOUR_LIGHT, 1)
        return place(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(CheckoutService, "place", change_then_place)
    assert ana.press("Pay now").h1 == THANKS
    assert ana.basket() == {"Harbour Light": "1", "First Ferry": "3"}


def test_what_another_tab_added_while_pay_was_refused_stays_in_the_basket(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    reprice(HARBOUR_LIGHT, "14.00")
    inventory.happen_once(Point.AFTER_VOID, lambda: ana.tab().put_in_basket(FIRST_FERRY, 3))
    page = ana.press("Pay now")
    # The basket that was refused is no more, so its page is the order's own.
    assert page.h1 == f"Order {Order.objects.get().reference} was not placed"
    assert ana.basket() == {"Harbour Light": "2", "First Ferry": "3"}
    assert nothing_sold()


# other visitors


def test_a_visitor_who_has_no_basket_can_t_place_ana_s(ana: Shopper) -> None:
    mallory = Shopper("Mallory")
    page = mallory.forge("/checkout/pay/", ana.page.form("Pay now").values)
    assert page.path == "/basket/"
    assert not Order.objects.exists()


def test_a_token_of_one_s_own_making_orders_nothing(ana: Shopper) -> None:
    values = ana.page.form("Pay now").values | {"token": "0" * 64}
    assert ana.forge("/checkout/pay/", values).status == 409
    assert not Order.objects.exists()


# what no page of ours sends

Fields = dict[str, str]
Forgery = Callable[[Fields], Fields]


def without(name: str) -> Forgery:
    return lambda fields: {key: value for key, value in fields.items() if key != name}


def instead(name: str, value: str) -> Forgery:
    return lambda fields: fields | {name: value}


@pytest.mark.parametrize(
    "forgery",
    [
        without("token"),
        instead("token", ""),
        instead("token", "\0"),
        instead("token", "x" * 100_000),
        without("price_1001"),
        instead("price_1001", ""),
        instead("price_1001", "free"),
        instead("price_1001", "NaN"),
        instead("price_1001", "1e400"),
        instead("price_1001", "99999999.999"),
        instead("price_1001", "999999999.00"),
        instead("price_1001", "-12.50"),
        instead("price_1001", "\0"),
        instead("price_1001", "\uff11\uff12.50"),
    ],
)
def test_a_form_that_shows_no_such_basket_orders_nothing(ana: Shopper, forgery: Forgery) -> None:
    page = ana.forge("/checkout/pay/", forgery(ana.page.form("Pay now").values))
    assert page.status == 409
    assert page.h1 == "Check your order"
    assert CHANGED in page.text
    assert not Order.objects.exists()
    assert nothing_sold()


def test_a_price_of_one_s_own_making_is_a_price_that_changed(ana: Shopper) -> None:
    values = ana.page.form("Pay now").values | {"price_1001": "0.01"}
    page = ana.forge("/checkout/pay/", values)
    assert page.status == 409
    assert "Harbour Light: was $0.01 a bag, now $12.50 (2 bags)" in page.text
    assert nothing_sold()


def test_more_lines_than_the_basket_has_are_not_ordered(ana: Shopper) -> None:
    values = ana.page.form("Pay now").values
    values |= {"price_1002": "16.00", "quantity_1001": "40", "price_x": "1.00"}
    ana.forge("/checkout/pay/", values)
    line = OrderLine.objects.get()
    assert (line.product_id, line.quantity, line.unit_price) == (1001, 2, Decimal("12.50"))


CHOOSE = "Choose the branch where you want to collect your coffee."
TYPE = "Type an e-mail address like name@example.com, or leave it empty."


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("branch", "", CHOOSE),
        ("branch", "atlantis", CHOOSE),
        ("branch", "\0", CHOOSE),
        ("email", "ana", TYPE),
        ("email", "ana@\0.com", TYPE),
        ("email", '"a\x1b[31m"@example.com', TYPE),
        ("email", f"a@{'é' * 60}.com", TYPE),
        ("email", "ana@" + "example." * 40 + "com", TYPE),
        ("email", "ana@example.com\nBcc: all@example.com", TYPE),
    ],
)
def test_what_can_be_corrected_is_asked_for_again(
    ana: Shopper, field: str, typed: str, sentence: str
) -> None:
    page = ana.forge("/checkout/pay/", ana.page.form("Pay now").values | {field: typed})
    assert page.status == 422
    assert sentence in page.text
    assert page.soup.title
    assert words_of(page.soup.title).startswith("Error: ")
    assert not Order.objects.exists()
    assert ana.press("Pay now", **{field: {"branch": "landing", "email": ""}[field]}).h1 == THANKS


def test_a_mistyped_address_keeps_what_else_was_chosen(ana: Shopper) -> None:
    ana.press("Pay now", branch="lookout", email="ana(at)example.com")
    form = ana.page.form("Pay now")
    assert form.values["branch"] == "lookout"
    assert form.values["email"] == "ana(at)example.com"


def test_too_many_fields_are_refused(ana: Shopper) -> None:
    fields = {f"price_{number}": "1.00" for number in range(2000)}
    page = ana.forge("/checkout/pay/", ana.page.form("Pay now").values | fields)
    assert page.status == 400
    assert "Your basket is as it was." in page.text
    assert not Order.objects.exists()


# refused, and again


def test_a_refusal_keeps_the_basket_under_the_token_that_follows(ana: Shopper) -> None:
    token = ana.page.value("token")
    reprice(HARBOUR_LIGHT, "13.00")
    page = ana.press("Pay now")
    assert page.status == 409
    assert page.value("token") == next_token(token)
    assert ana.basket() == {"Harbour Light": "2"}
    assert Order.objects.get().token_hash == token_hash(token)


def test_a_refusal_pressed_twice_is_one_refusal_and_one_next_token(ana: Shopper) -> None:
    second = ana.tab()
    second.open("/checkout/")
    reprice(HARBOUR_LIGHT, "13.00")
    first = ana.press("Pay now")
    again = second.press("Pay now")
    assert again.status == 409
    assert "Harbour Light: was $12.50 a bag, now $13.00 (2 bags)" in again.text
    assert first.value("token") == again.value("token")
    assert Order.objects.count() == 1
    assert second.press("Pay now – $26.00").h1 == THANKS
    assert ana.press("Pay now – $26.00").h1 == THANKS
    assert left(HARBOUR_LIGHT) == 46


def test_an_old_refused_page_of_a_basket_that_changed_says_what_became_of_it(
    ana: Shopper,
) -> None:
    second = ana.tab()
    second.open("/checkout/")
    reprice(HARBOUR_LIGHT, "13.00")
    ana.press("Pay now")
    ana.put_in_basket(FIRST_FERRY)
    page = second.press("Pay now")
    assert page.h1 == f"Order {Order.objects.get().reference} was not placed"
    assert "Nothing was ordered" in page.text
    assert ana.basket() == {"Harbour Light": "2", "First Ferry": "1"}
