"""Undo: a line that was taken out is put back, once, as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message

from shop.basket import messages
from shop.basket.undo import undo, undo_tag
from shop.inventory.contract import InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy
from tests.support.cast import (
    HARBOUR_LIGHT,
    Shopper,
    count,
    stock,
    withdraw,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

HERS = {"Harbour Light": "2", "First Ferry": "1"}
UNDO = "/basket/undo/"


@pytest.fixture
def ana(ana: Shopper) -> Shopper:
    """Ana, on the page of her basket."""
    ana.open("/basket/")
    return ana


@pytest.mark.parametrize("how", ["Remove", "Update to none"])
def test_a_line_that_was_taken_out_comes_back_with_as_many_bags(ana: Shopper, how: str) -> None:
    if how == "Remove":
        page = ana.press("Remove Harbour Light")
    else:
        page = ana.press("Update Harbour Light", quantity_1001=0)
    assert page.said == ["Harbour Light was taken out of your basket. Undo"]
    page = ana.press("Undo")
    assert page.redirected
    assert page.path == "/basket/"
    assert page.said == ["2 bags of Harbour Light are back in your basket."]
    assert ana.basket() == HERS


def test_the_last_line_can_be_put_back_into_the_empty_basket(ana: Shopper) -> None:
    ana.press("Remove Harbour Light")
    page = ana.press("Remove First Ferry")
    assert "Your basket is empty." in page.text
    assert ana.press("Undo").said == ["1 bag of First Ferry is back in your basket."]
    assert ana.basket() == {"First Ferry": "1"}


def test_the_offer_is_made_once(ana: Shopper) -> None:
    ana.press("Remove Harbour Light")
    assert "Undo" not in ana.reload().text


def test_it_stands_on_whatever_page_is_shown_next(ana: Shopper) -> None:
    form = ana.page.form("Remove Harbour Light")
    ana.client.post(form.action, form.values)
    ana.open("/shop/")
    assert ana.press("Undo").path == "/basket/"
    assert ana.basket() == HERS


def test_pressed_twice_nothing_adds_up(ana: Shopper) -> None:
    ana.press("Remove Harbour Light")
    ana.press("Undo")
    ana.back()
    page = ana.press("Undo")
    assert page.said == ["Your basket has 2 bags of Harbour Light already, so nothing was changed."]
    assert ana.basket() == HERS


def test_in_an_old_tab_it_leaves_what_was_wanted_since(ana: Shopper) -> None:
    old = ana.tab()
    old.open("/basket/")
    old.press("Remove Harbour Light")
    ana.add(HARBOUR_LIGHT)
    page = old.press("Undo")
    assert page.said == ["Your basket has 1 bag of Harbour Light already, so nothing was changed."]
    assert ana.basket() == HERS | {"Harbour Light": "1"}


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        (lambda: count(HARBOUR_LIGHT, shown=48, counted=1), "Only 1 bag of Harbour Light is left."),
        (lambda: buy((HARBOUR_LIGHT, 48)), "Harbour Light is sold out."),
        (lambda: withdraw(HARBOUR_LIGHT), "Harbour Light is no longer on sale."),
    ],
    ids=["fewer left", "sold out", "withdrawn"],
)
def test_what_can_t_be_had_any_more_is_not_put_back(
    ana: Shopper, happens: Callable[[], object], says: str
) -> None:
    ana.press("Remove Harbour Light")
    happens()
    page = ana.press("Undo")
    assert page.status == 422
    assert page.h1 == "Harbour Light"
    assert says in page.text
    assert ana.basket() == {"First Ferry": "1"}


def test_while_an_order_is_checked_it_waits_like_every_change(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    old = ana.tab()
    old.open("/basket/")
    old.press("Remove First Ferry")
    inventory = override_inventory(EventfulInventory())
    ana.open("/checkout/")
    inventory.happen(Point.AFTER_COMMIT, OutcomeUnknown("no answer"))
    inventory.happen(Point.DECISION, InventoryTimeout("frozen"))
    ana.press("Pay now")
    page = old.press("Undo")
    assert page.status == 409
    assert "is being checked" in page.said[0]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 404),
        ({"product_id": "77", "quantity": "1"}, 404),
        ({"product_id": "ä", "quantity": "1"}, 404),
        ({"product_id": "1003", "quantity": "0"}, 422),
        ({"product_id": "1003", "quantity": "100"}, 422),
        ({"product_id": "1003", "quantity": "9" * 500}, 422),
        ({"product_id": "1003"}, 422),
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(
    ana: Shopper, fields: dict[str, str], status: int
) -> None:
    assert ana.forge(UNDO, fields).status == status
    assert ana.basket() == HERS


def test_a_name_that_can_not_be_looked_up_now_does_not_keep_a_line_in(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = EventfulInventory()
    inventory.go_away()
    override_inventory(inventory)
    form = ana.page.form("Remove Harbour Light")
    assert ana.client.post(form.action, form.values).status_code == 302
    inventory.calm_down()
    page = ana.open("/basket/")
    assert page.said == ["Product 1001 was taken out of your basket. Undo"]
    assert ana.basket() == {"First Ferry": "1"}


# what a cookie can carry


def test_a_message_carries_its_line_and_no_other_tag_is_taken_for_one() -> None:
    tagged = Message(SUCCESS, "", f"basket {undo_tag(2**53 - 1, 99)}")
    assert undo(tagged) == {"product_id": str(2**53 - 1), "quantity": "99"}
    for tags in ("", "basket", "undo", "undo-1-", "undo-x-1"):
        assert undo(Message(SUCCESS, "", tags)) is None


def test_a_change_of_thirty_lines_names_a_few_and_counts_the_others(ana: Shopper) -> None:
    # Letters that no packing makes small, in the longest names there are.
    names = [
        "".join(chr(0x4E00 + (n * 641 + k * 97) % 20000) for k in range(50)) for n in range(30)
    ]
    rows = [
        replace(HARBOUR_LIGHT, product_id=2000 + n, name=name, quantity=5)
        for n, name in enumerate(names)
    ]
    stock(*rows)
    bruno = Shopper("Bruno")
    for row in rows:
        bruno.forge("/basket/add/", {"product_id": str(row.product_id), "quantity": "2"})
    for row in rows:
        count(row, shown=5, counted=1)
    bruno.open("/basket/")
    page = bruno.press("Reduce the basket to what is left")
    (said,) = page.said
    assert said.startswith(f"Your basket was reduced to what is left. {names[0]}: 2 → 1; ")
    assert said.endswith(f"{names[7]}: 2 → 1; and 22 more.")
    assert set(bruno.basket().values()) == {"1"}


def test_nothing_is_left_out_without_a_word() -> None:
    assert messages.reduced([("A", 2, 1), ("B", 3, 0)]).endswith(" A: 2 → 1; B: 3 → 0.")
    assert "more" not in messages.reduced([("A", 2, 1)] * messages.NAMED)
