"""Finding an order again by its reference and the e-mail address that was left with it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout import find_order
from checkout.models import Order
from shop import throttle
from tests.checkout.orders import at_once
from tests.support.cast import HARBOUR_LIGHT, Page, Shopper, stock, words_of

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


@pytest.mark.parametrize(
    "typed",
    [
        " cc-{0}{1} ",
        "{0}{1}",
        "{0} {1}",
        "CC {0} {1}",
        "cc{0}{1}",
        "CC–{0}–{1}",
        "#CC-{0}{1}",
        "Reference: CC-{0}{1}.",
        "Seu pedido CC\N{NO-BREAK SPACE}{0}{1}",
    ],
)
def test_a_reference_is_understood_as_people_type_it(reference: str, typed: str) -> None:
    ana = Shopper("Ana")
    ana.open("/orders/")
    written = typed.format(reference[3:7], reference[7:])
    page = ana.press("Find the order", reference=written, email="Ana@Example.com ")
    assert page.h1 == "Thank you for your order"


@pytest.mark.parametrize("typed", ["", "\0", "CC-", "Reference", "CC-0O1IL5SB", "' OR 1=1 --"])
def test_what_cannot_be_a_reference_costs_no_try(typed: str) -> None:
    page = Shopper("Ana").forge("/orders/", {"reference": typed, "email": "ana@example.com"})
    assert page.status == 422
    assert "Type the reference from your receipt" in page.text
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    ("wrong_reference", "email"),
    [
        ("CC-34679ACD", "ana@example.com"),
        ("", "mallory@example.com"),
        ("", ""),
        ("CC-34679ACD", "ana@example.com\0"),
        ("", "x" * 5000),
        ("", "%"),
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
    assert words_of(page.soup.title).startswith("Error: ")


def test_an_order_that_was_not_placed_is_found_too(reference: str) -> None:
    Order.objects.update(state="abandoned")
    ana = Shopper("Ana")
    ana.open("/orders/")
    page = ana.press("Find the order", reference=reference, email="ana@example.com")
    assert page.h1 == f"Order {reference} was not placed"


# ── too many tries ──────────────────────────────────────────────────────────────────────────────

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
WRONG = ("CC-34679ACD", "ana@example.com")


@pytest.fixture
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in place of ten, where the number does not matter."""
    monkeypatch.setattr(find_order, "MOST_TRIES", 3)


class Caller(Shopper):
    """A visitor who looks for an order from an address of their own."""

    def __init__(self, name: str, *, at: str = HOME, **headers: Any) -> None:
        super().__init__(name, client=Client(enforce_csrf_checks=True, REMOTE_ADDR=at, **headers))

    def find(self, reference: str, email: str) -> Page:
        self.open("/orders/")
        return self.press("Find the order", reference=reference, email=email)

    def use_up_all_tries(self) -> None:
        for _ in range(find_order.MOST_TRIES):
            assert self.find(*WRONG).status == 422


def test_after_ten_wrong_pairs_the_right_one_waits_as_well_and_stays_typed(reference: str) -> None:
    mallory = Caller("Mallory")
    mallory.use_up_all_tries()
    answers = [
        mallory.find(reference, "ana@example.com"),
        mallory.find(reference, "mallory@example.com"),
        mallory.find(*WRONG),
    ]
    for page in answers:
        assert page.status == 429
        assert page.h1 == "Find an order"
        assert "Try again in 15 minutes" in page.text
        assert 0 < int(page.response["Retry-After"]) <= 900
    assert answers[0].value("reference") == reference
    assert answers[0].value("email") == "ana@example.com"
    assert mallory.open("/orders/").status == 200


def test_all_wrong_pairs_count_alike_up_to_the_last(reference: str) -> None:
    mallory = Caller("Mallory")
    for wrong in [(reference, "m@example.com"), WRONG, (reference, ""), (reference, "\0")] * 3:
        status = mallory.find(*wrong).status
    assert status == 429


@pytest.mark.usefixtures("few_tries")
def test_orders_can_be_looked_up_a_quarter_of_an_hour_after_the_last_wrong_pair(
    reference: str,
) -> None:
    ana = Caller("Ana")
    ana.use_up_all_tries()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14, seconds=30))
    page = ana.find(reference, "ana@example.com")
    assert page.status == 429
    assert "Try again in 1 minute;" in page.text
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert ana.find(reference, "ana@example.com").h1 == "Thank you for your order"


@pytest.mark.usefixtures("few_tries")
def test_finding_an_order_of_ones_own_buys_no_more_guesses(reference: str) -> None:
    mallory = Caller("Mallory")
    for _ in range(find_order.MOST_TRIES):
        mallory.find(*WRONG)
        mallory.find(reference, "ana@example.com")
    assert mallory.find(reference, "ana@example.com").status == 429


@pytest.mark.usefixtures("few_tries")
def test_another_browser_at_the_same_address_is_no_way_round(reference: str) -> None:
    for n in range(find_order.MOST_TRIES):
        Caller("Mallory", HTTP_USER_AGENT=f"Browser {n}").find(*WRONG)
    assert Caller("Mallory", HTTP_USER_AGENT="New").find(*WRONG).status == 429


@pytest.mark.usefixtures("few_tries")
def test_behind_our_proxy_its_word_is_believed_and_no_other(
    reference: str, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    for n in range(find_order.MOST_TRIES):
        Caller("Mallory", HTTP_X_FORWARDED_FOR=f"6.6.6.{n}, {HOME}").find(*WRONG)
    behind = Caller("Mallory", HTTP_X_FORWARDED_FOR=f"6.6.6.99, {HOME}")
    assert behind.find(*WRONG).status == 429
    ana = Caller("Ana", HTTP_X_FORWARDED_FOR=ELSEWHERE)
    assert ana.find(reference, "ana@example.com").status == 200


def statuses_of_tries_sent_at_once() -> Counter[int]:
    """The answers to twice as many wrong pairs as are allowed, all sent in the same moment."""

    def find() -> int:
        fields = {"reference": WRONG[0], "email": WRONG[1]}
        return Client(REMOTE_ADDR=HOME).post("/orders/", fields).status_code

    return Counter(at_once(*[find] * (2 * find_order.MOST_TRIES)))


@pytest.mark.usefixtures("few_tries")
def test_tries_sent_at_once_all_count() -> None:
    assert statuses_of_tries_sent_at_once() == {422: 3, 429: 3}


@pytest.mark.usefixtures("few_tries")
def test_the_control_that_counts_after_the_look_lets_all_of_them_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take, all_have_looked = throttle.take, Barrier(2 * find_order.MOST_TRIES)

    def look_then_count(request: HttpRequest, name: str, limit: int) -> bool:
        has_one_left = not throttle.is_locked_out(request, name, limit)
        all_have_looked.wait(60)
        take(request, name, 100)
        return has_one_left

    monkeypatch.setattr(throttle, "take", look_then_count)
    assert statuses_of_tries_sent_at_once() == {422: 6}


def test_a_right_pair_leaves_no_trace(reference: str) -> None:
    assert Caller("Ana").find(reference, "ana@example.com").status == 200
    assert not AccessAttempt.objects.exists()


def test_what_was_typed_is_not_kept_with_the_count(reference: str) -> None:
    Caller("Mallory").find(reference, "mallory@example.com")
    kept = AccessAttempt.objects.get()
    assert "mallory" not in kept.post_data
    assert reference not in kept.post_data


def test_wrong_pairs_do_not_lock_staff_out(client: Client) -> None:
    Caller("Rosa").use_up_all_tries()
    answer = client.post(
        "/staff/login/", {"username": "rosa", "password": "wrong"}, REMOTE_ADDR=HOME
    )
    assert answer.status_code != 429
