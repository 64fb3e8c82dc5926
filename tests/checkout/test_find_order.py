"""Finding an order again by its reference and the e-mail address that was left with it."""

from __future__ import annotations

import pytest

from checkout.models import Order
from tests.cast import HARBOUR_LIGHT, Shopper, stock

pytestmark = pytest.mark.django_db(transaction=True)

NO_SUCH_ORDER = "We have no order with this reference and this e-mail address. Check both."


@pytest.fixture
def reference() -> str:
    """Of the order that Ana made, leaving her address."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.pay(email="ana@example.com")
    return Order.objects.get().reference


def test_an_order_is_found_from_another_browser(reference: str) -> None:
    ana = Shopper("Ana, on her telephone")
    ana.open("/")
    ana.follow("Find an order")
    page = ana.press("Find the order", reference=reference, email="ana@example.com")
    assert page.h1 == "Thank you for your order"
    assert page.redirected
    assert reference in page.text


def test_letters_may_be_small_and_spaces_stray(reference: str) -> None:
    ana = Shopper("Ana")
    ana.open("/orders/")
    page = ana.press("Find the order", reference=f" {reference.lower()} ", email="Ana@Example.com ")
    assert page.h1 == "Thank you for your order"


@pytest.mark.parametrize(
    ("wrong_reference", "email"),
    [
        ("CC-34679ACD", "ana@example.com"),
        ("", "mallory@example.com"),
        ("", ""),
        ("CC-34679ACD", "ana@example.com\0"),
        ("\0", "ana@example.com"),
        ("x" * 5000, "x" * 5000),
        ("' OR 1=1 --", "%"),
    ],
)
def test_a_wrong_guess_never_says_which_half_was_wrong(
    reference: str, wrong_reference: str, email: str
) -> None:
    fields = {"reference": wrong_reference or reference, "email": email}
    page = Shopper("Mallory").forge("/orders/", fields)
    assert page.status == 422
    assert page.text.count(NO_SUCH_ORDER) >= 1
    assert "Harbour Light" not in page.html


def test_an_order_without_an_address_is_not_found_without_one() -> None:
    stock()
    bruno = Shopper("Bruno")
    bruno.put_in_basket(HARBOUR_LIGHT)
    bruno.pay()
    reference = Order.objects.get().reference
    bruno.open("/orders/")
    page = bruno.press("Find the order", reference=reference, email="")
    assert page.status == 422
    assert NO_SUCH_ORDER in page.text


def test_what_was_typed_stays_in_the_form(reference: str) -> None:
    ana = Shopper("Ana")
    ana.open("/orders/")
    page = ana.press("Find the order", reference="CC-34679ACD", email="ana@example.com")
    assert page.value("reference") == "CC-34679ACD"
    assert page.value("email") == "ana@example.com"
    assert page.soup.title
    assert page.soup.title.text.startswith("Error: ")


def test_an_order_that_was_not_placed_is_found_too(reference: str) -> None:
    Order.objects.update(state="abandoned")
    ana = Shopper("Ana")
    ana.open("/orders/")
    page = ana.press("Find the order", reference=reference, email="ana@example.com")
    assert page.h1 == f"Order {reference} was not placed"


@pytest.mark.parametrize("method", ["put", "delete"])
def test_it_takes_nothing_but_its_form(reference: str, method: str) -> None:
    ana = Shopper("Ana")
    ana.client.handler.enforce_csrf_checks = False
    assert getattr(ana.client, method)("/orders/").status_code == 405
