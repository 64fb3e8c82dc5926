"""The page behind the signed link: receipt, or how the order stands."""

from __future__ import annotations

import pytest
from django.core import mail, signing
from pytest_django.fixtures import Settings

from checkout import aftercare
from checkout.errors import OrderRefused
from checkout.models import Order
from checkout.receipt import MOST_CANCELLED
from checkout.references import sign
from shop.inventory.contract import InventoryTimeout, OutcomeUnknown
from shop.mail_round import send_due
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy, let_grow_old, place, sell, service
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    Shopper,
    left,
    reprice,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)

CHECKING = "We’re checking your order {}; don’t pay again"


def address(order: Order) -> str:
    return f"/checkout/thanks/{sign(order.reference)}/"


# the receipt


def test_the_receipt_has_the_order_s_lines_figures_branch_and_reference() -> None:
    stock()
    page = Shopper("Ana").open(address(buy((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1))))
    assert page.status == 200
    assert page.h1 == "Thank you for your order"
    assert page.rows() == [
        ["Harbour Light No. 1001 · Colombia", "$12.50", "2", "$25.00"],
        ["Keeper's Reserve No. 1011 · Ethiopia", "$24.00", "1", "$24.00"],
    ]
    assert page.sums() == {
        "Bags of 250 g": "3",
        "Before tax": "$40.83",
        "Tax, 20%, included": "$8.17",
        "Total": "$49.00",
    }
    assert "The Roastery" in page.text
    assert Order.objects.get().reference in page.text


def test_the_receipt_shows_the_first_bags_and_none_once_it_is_cancelled() -> None:
    def drawn() -> list[str]:
        page = Shopper("Ana").open(address(order))
        return [label.text for label in page.soup.select("main .bag-name")]

    stock()
    lines = ((coffee, 1) for coffee in (HARBOUR_LIGHT, FIRST_FERRY, SLACK_WATER, KEEPERS_RESERVE))
    order = buy(*lines)
    assert drawn() == ["HarbourLight", "FirstFerry", "SlackWater"]
    Order.objects.update(cancelled_at="2026-01-05T10:00:00Z", cancelled_by="rosa")
    assert drawn() == []


def test_the_receipt_stays_as_it_was_when_prices_names_and_taxes_change(
    settings: Settings,
) -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    before = Shopper("Ana").open(address(order)).text
    reprice(HARBOUR_LIGHT, "19.00", name="Harbour Dawn")
    settings.TAX_RATE = settings.TAX_RATE / 2
    assert Shopper("Ana").open(address(order)).text == before


def test_a_coffee_for_nothing_counts_its_bags_all_the_same() -> None:
    stock()
    reprice(HARBOUR_LIGHT, "0.00")
    page = Shopper("Ana").open(address(buy((HARBOUR_LIGHT, 2, "0.00"))))
    assert page.sums()["Bags of 250 g"] == "2"
    assert page.sums()["Total"] == "$0.00"


def test_the_link_is_enough_and_shows_no_e_mail_address(ana: Shopper) -> None:
    receipt = ana.press("Pay now", email="ana@example.com").url
    page = Shopper("Bruno, to whom Ana sent the link").open(receipt)
    assert page.h1 == "Thank you for your order"
    assert "ana@example.com" not in page.html


def test_robots_and_caches_leave_it_alone() -> None:
    stock()
    response = Shopper("Ana").open(address(buy((HARBOUR_LIGHT, 2)))).response
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "link",
    [
        "CC-34679ACD",
        "CC-34679ACD:forged",
        "CC-34679ACD:" + "x" * 5000,
        ":",
        "%00",
        "..%2F..%2Fetc",
        "ä",
    ],
)
def test_a_link_that_was_tampered_with_leads_nowhere(link: str) -> None:
    page = Shopper("Mallory").open(f"/checkout/thanks/{link}/")
    assert page.status == 404
    assert page.h1 == "There is nothing here"


def test_a_signature_of_something_else_or_of_no_order_opens_nothing() -> None:
    stock()
    elsewhere = signing.Signer(salt="another.page").sign(buy((HARBOUR_LIGHT, 2)).reference)
    for link in (elsewhere, sign("CC-34679ACD")):
        assert Shopper("Mallory").open(f"/checkout/thanks/{link}/").status == 404


def test_links_survive_a_change_of_the_key(settings: Settings) -> None:
    stock()
    link = address(buy((HARBOUR_LIGHT, 2)))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new key " * 5
    assert Shopper("Ana").open(link).status == 200


# how the order stands


def test_an_order_without_an_answer_is_being_checked_and_becomes_the_receipt(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("CC-"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    page = ana.press("Pay now")
    order = Order.objects.get()
    assert page.status == 200
    assert page.redirected
    assert page.h1 == CHECKING.format(order.reference)
    assert ana.reload().h1 == page.h1
    inventory.calm_down()
    assert ana.follow("Check again").h1 == "Thank you for your order"
    header = ana.page.soup.select_one(".basket-link")
    assert header
    assert "empty" in header.text
    assert ana.basket() == {}
    assert left(HARBOUR_LIGHT) == 46


def test_a_sale_that_never_came_is_given_up_after_a_while(
    inventory: EventfulInventory, ana: Shopper
) -> None:
    inventory.happen(Point.BEFORE_COMMIT, OutcomeUnknown("CC-"))
    ana.press("Pay now")
    inventory.calm_down()
    order = Order.objects.get()
    assert ana.reload().h1 == CHECKING.format(order.reference)
    let_grow_old(order)
    assert ana.reload().h1 == f"Order {order.reference} was not placed"
    assert "Nothing was ordered" in ana.page.text
    assert ana.pay().h1 == "Thank you for your order"
    assert Order.objects.count() == 2
    assert left(HARBOUR_LIGHT) == 46


def test_a_receipt_of_another_basket_leaves_this_one_alone(ana: Shopper) -> None:
    ana.open(address(buy((FIRST_FERRY, 1))))
    assert ana.basket() == {"Harbour Light": "2"}


def test_a_refused_order_s_link_says_so_with_what_is_left_and_the_prices_that_had_changed() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 2))
    reprice(HARBOUR_LIGHT, "13.00")
    with pytest.raises(OrderRefused):
        sell(order)
    page = Shopper("Ana").open(address(order))
    assert page.status == 200
    assert page.h1 == f"Order {order.reference} was not placed"
    for sentence in (
        "Nothing was ordered",
        "Only 1 bag of Keeper's Reserve is left; you wanted 2.",
        "Harbour Light: was $12.50 a bag, now $13.00 (2 bags)",
        "The total was $73.00 and is now $74.00.",
    ):
        assert sentence in page.text
    assert page.buttons == []
    assert "Receipt" not in page.html


def test_an_abandoned_order_s_link_says_so() -> None:
    order = place((KEEPERS_RESERVE, 2))
    service().fence(order)
    let_grow_old(order)
    page = Shopper("Ana").open(address(order))
    assert page.h1 == f"Order {order.reference} was not placed"
    assert "This order was not completed. Nothing was ordered." in page.text


def test_the_page_stands_while_the_inventory_is_away(inventory: EventfulInventory) -> None:
    stock()
    sold, waiting = buy((HARBOUR_LIGHT, 2)), place((FIRST_FERRY, 1))
    inventory.go_away()
    assert Shopper("Ana").open(address(sold)).h1 == "Thank you for your order"
    assert Shopper("Ana").open(address(waiting)).h1 == CHECKING.format(waiting.reference)


def test_an_order_rebuilt_without_a_branch_can_be_collected_anywhere() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    Order.objects.update(branch_slug="")
    assert "At any of our branches" in Shopper("Ana").open(address(order)).text


# what its customer can do from there


@pytest.mark.parametrize("way_back", ["/", "/orders/", "/basket/"])
def test_the_browser_that_ordered_finds_its_way_back_and_no_other(
    ana: Shopper, way_back: str
) -> None:
    reference = ana.press("Pay now", email="").soup.select_one(".reference")
    assert reference
    ana.open(way_back)
    assert ana.follow(reference.text).h1 == "Thank you for your order"
    assert reference.text not in Shopper("Bruno").open(way_back).text


def test_the_browser_that_lost_the_answer_finds_its_way_back_too(
    ana: Shopper, inventory: EventfulInventory
) -> None:
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    ana.press("Pay now")
    inventory.calm_down()
    ana.open("/basket/")
    assert ana.follow(Order.objects.get().reference).h1 == "Thank you for your order"


def test_a_mistyped_address_is_put_right_once_and_only_where_it_was_typed(ana: Shopper) -> None:
    page = ana.press("Pay now", email="ana@exmaple.com")
    assert "It is sent to ana@exmaple.com." in page.text
    link = page.url

    elsewhere = Shopper("Bruno").open(link)
    assert "It is sent to a…@exmaple.com." in elsewhere.text
    assert "ana@" not in elsewhere.text
    assert "Send it there instead" not in elsewhere.buttons
    Shopper("Bruno").forge(f"{link}email/", {"email": "bruno@example.com"})
    assert Order.objects.get().email == "ana@exmaple.com"

    assert ana.press("Send it there instead", email="ana").status == 422
    assert ana.page.value("email") == "ana"
    page = ana.press("Send it there instead", email="ana@example.com")
    assert "The address was changed" in page.text
    assert "Send it there instead" not in page.buttons
    page = ana.forge(f"{link}email/", {"email": "eve@example.com"})
    assert "can’t be changed any more" in page.text
    assert Order.objects.get().email == "ana@example.com"

    send_due()
    assert [sent.to for sent in mail.outbox] == [["ana@example.com"]]
    events = [event.what for event in Order.objects.get().events.all()]
    assert events[-2:] == ["address corrected", "receipt sent"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ana@gmial.com", "ana@gmail.com"),
        ("ana@gmail.con", "ana@gmail.com"),
        ("Ana@Gmail.co", "Ana@gmail.com"),
        ("ana@hotmaill.com", "ana@hotmail.com"),
        ("ana@yaho.com.br", "ana@yahoo.com.br"),
    ],
)
def test_a_domain_one_letter_off_a_common_one_is_asked_about_once(
    ana: Shopper, typed: str, meant: str
) -> None:
    page = ana.press("Pay now", email=typed)
    assert page.status == 422
    assert f"Did you mean {meant}?" in page.text
    assert ana.press("Pay now").h1 == "Thank you for your order"
    assert Order.objects.get().email == typed


@pytest.mark.parametrize("typed", ["ana@gmail.com", "ana@mail.com", "ana@bol.com.br", "a@ail.com"])
def test_a_common_or_a_quite_different_domain_is_not_asked_about(ana: Shopper, typed: str) -> None:
    assert ana.press("Pay now", email=typed).h1 == "Thank you for your order"


def test_the_customer_can_cancel_until_the_bags_are_handed_over(ana: Shopper) -> None:
    ana.press("Pay now", email="ana@example.com")
    link = ana.page.url
    before = left(HARBOUR_LIGHT)
    ana.follow("Cancel this order")
    assert left(HARBOUR_LIGHT) == before
    page = ana.press("Cancel the order")
    assert page.h1 == "This order was cancelled"
    assert "it is your receipt" not in page.text
    assert left(HARBOUR_LIGHT) == before + 2
    assert Order.objects.get().cancelled_by == "the customer"
    assert ana.forge(f"{link}cancel/", {}).h1 == "This order was cancelled"
    assert left(HARBOUR_LIGHT) == before + 2
    send_due()
    assert [sent.subject.endswith("was cancelled") for sent in mail.outbox] == [True]


def test_an_order_that_was_handed_over_is_not_cancelled(ana: Shopper) -> None:
    ana.press("Pay now")
    ana.follow("Cancel this order")
    aftercare.hand_over(Order.objects.get(), who="rosa")
    page = ana.press("Cancel the order")
    assert "can’t be cancelled any more" in page.text
    assert page.h1 == "Thank you for your order"
    assert not Order.objects.get().cancelled_by


def test_while_the_stock_system_is_away_an_order_is_cancelled_and_its_bags_follow(
    ana: Shopper, inventory: EventfulInventory
) -> None:
    ana.press("Pay now")
    before = left(HARBOUR_LIGHT)
    ana.follow("Cancel this order")
    inventory.go_away()
    assert "goes back on our shelf as soon as" in ana.press("Cancel the order").text
    inventory.calm_down()
    list(aftercare.finish_cancellations(inventory))
    assert left(HARBOUR_LIGHT) == before + 2


def test_a_few_orders_are_cancelled_from_one_address_and_then_none(ana: Shopper) -> None:
    for number in range(MOST_CANCELLED + 1):
        order = buy((SLACK_WATER, 1), token=f"basket {number}")
        ana.open(f"{address(order)}cancel/")
        page = ana.press("Cancel the order")
    assert page.status == 429
    assert "ask at the branch" in page.text
    assert Order.objects.exclude(cancelled_by="").count() == MOST_CANCELLED


def test_an_order_is_ordered_again_as_far_as_it_can_be_had() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1))
    ana = Shopper("Ana")
    ana.put_in_basket(SLACK_WATER)
    ana.open(address(order))
    page = ana.press("Order this again")
    assert "2 bags of that order are in your basket." in page.text
    assert "Keeper's Reserve is sold out." in page.text
    assert ana.basket() == {"Slack Water": "1", "Harbour Light": "2"}
    ana.open(address(order))
    ana.press("Order this again")
    assert ana.basket() == {"Slack Water": "1", "Harbour Light": "2"}


@pytest.mark.parametrize("what", ["email", "again"])
def test_only_post_changes_anything(ana: Shopper, what: str) -> None:
    link = ana.press("Pay now", email="ana@example.com").url
    assert ana.open(f"{link}{what}/").status == 405
    assert Shopper("Mallory").client.post(f"{link}{what}/").status_code == 403
    assert Shopper("Mallory").client.post(f"{link}cancel/").status_code == 403
