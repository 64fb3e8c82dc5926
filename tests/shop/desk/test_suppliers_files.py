"""Suppliers' files as they come: what is understood of each, and what the desk makes of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from shop.deliveries import read_delivery
from shop.inventory import get_inventory
from tests.checkout.orders import buy
from tests.shop.cast import Answer, browser_of, page_of, rosa, rows_of, words_of
from tests.shop.desk.test_delivery_editing import preview_form
from tests.shop.desk.test_delivery_pages import CONFIRM, FERRY, LIGHT, PREVIEW, confirm_form, have
from tests.shop.desk.test_product import BAD_KEYS
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, withdraw

pytestmark = pytest.mark.django_db(transaction=True)

SHOPIFY = "Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Inventory Qty,Variant Price\n"
WOO = "\n\ufeffID,Type,SKU,Name,In stock?,Stock,Regular price\n"
SUPPLIERS: dict[str, tuple[str, str, list[int | None]]] = {
    "a product export": (
        f"{SHOPIFY}light,Harbour Light,<p>x</p>,CC,,12,12.50\nlight,,,,,0,\n",
        "Variant Inventory Qty",
        [1001, None],
    ),
    "the same with numbers": (
        f"{SHOPIFY}a,A,b,CC,1001,12,12.50\n",
        "Variant Inventory Qty",
        [1001],
    ),
    "the same with codes": (
        f"{SHOPIFY}a,First Ferry,b,CC,FF-1,2,\n",
        "Variant Inventory Qty",
        [1002],
    ),
    "another shop's export": (f"{WOO}1001,simple,,Harbour Light,1,12,12.50\n", "Stock", [1001]),
    "an inventory with words for the level": (
        "coffee_id,title,roast,price,description_text,remaining\n1001,Harbour Light,dark,12,x,7\n",
        "remaining",
        [1001],
    ),
    "an inventory by unique ids": (
        "id,name,stock,min_stock,unit\n3f2e-11,First Ferry,4,1,bag\n",
        "stock",
        [1002],
    ),
    "a florist's list": (
        "product_id;name_product;quantity_stock;price_unit;available\n1001;x;12;12,50;yes\n",
        "quantity_stock",
        [1001],
    ),
    "a delivery note with a title": (
        "Note 4711,,,\n,,,\nItem no.,Coffee,Qty,Cost\nX1,Harbour Light,12,8.10\nTotal,,12,\n",
        "",
        [1001, None],
    ),
    "a catalogue without prices": ("No;Bezeichnung;Herkunft;Menge\n1001;x;Peru;3\n", "", [1001]),
    "number and bags": ("SKU,Qty\n1001,12\n1002,3\n", "", [1001, 1002]),
    "a list without titles": ("HL-250;12\n", "", [None]),
    "the same with prices": ("HL-250;Kaffee;12,50\n", "", [None]),
    "bare codes": ("9781234567897\n9781234567898\n", "", [None]),
}


@pytest.fixture
def desk() -> Client:
    """Rosa's, in a shop with two coffees."""
    have(LIGHT, FERRY)
    return browser_of(rosa())


def sent(desk: Client, text: str, **answers: str) -> Answer:
    return desk.post(PREVIEW, {"text": text, **answers})


@pytest.mark.parametrize("name", SUPPLIERS)
def test_a_suppliers_file_is_understood_as_far_as_it_goes(desk: Client, name: str) -> None:
    text, level, ids = SUPPLIERS[name]
    assert read_delivery(text).level == level
    asked = sent(desk, text)
    assert bool(page_of(asked).select("input[type=radio]")) == bool(level)
    assert not (level and page_of(asked).select(f'form[action="{CONFIRM}"]'))
    rows = rows_of(sent(desk, text, means="received"))
    assert [int(row[1]) if row[1].isdigit() else None for row in rows] == ids


def test_bags_on_the_shelf_are_counts_that_are_written_together_and_once(desk: Client) -> None:
    buy((HARBOUR_LIGHT, 2))
    withdraw(HARBOUR_LIGHT)
    page = page_of(sent(desk, "id,stock\n1001,11\n1002,2\n", means="shelf"))
    assert [
        row[-2:] for row in rows_of(sent(desk, "id,stock\n1001,11\n1002,2\n", means="shelf"))
    ] == [
        ["12 → 11", "Count"],
        ["2 → 2", "As counted"],
    ]
    form = confirm_form(page) | {"means": "shelf"}
    done = [desk.post(CONFIRM, form) for _ in range(2)]
    assert done[0]["Location"] == done[1]["Location"]
    known = get_inventory().products([1001, 1002])
    assert [known[id_].quantity for id_ in (1001, 1002)] == [9, 2], "two wait to be collected"
    assert "Counts written" in words_of(desk.get(done[0]["Location"]))


def test_another_meaning_than_the_previews_is_looked_at_first(desk: Client) -> None:
    form = confirm_form(page_of(sent(desk, "id,stock\n1001,11\n", means="shelf")))
    response = desk.post(CONFIRM, form | {"means": "received"})
    assert rows_of(response)[0][-2:] == ["12 → 23", "Top-up"]
    assert get_inventory().products([1001])[1001].quantity == 12


def test_a_count_of_a_stock_that_moved_since_is_looked_at_again(desk: Client) -> None:
    form = confirm_form(page_of(sent(desk, "id,stock\n1001,11\n", means="shelf")))
    have("1001,,,,12.50,1\n", key="delivery-meanwhile")
    response = desk.post(CONFIRM, form | {"means": "shelf"})
    assert "The stock changed since you looked." in words_of(response)
    assert get_inventory().products([1001])[1001].quantity == 13


def test_a_new_coffee_gets_a_free_number_and_what_its_file_lacks_in_its_row(desk: Client) -> None:
    response = sent(desk, "sku,title,qty\nNP-1,Nord Pier,6\n1001,,3\n")
    form = preview_form(page_of(response))
    assert form["cell_2_ProductId"] == "1003"
    form |= {
        "cell_2_Description": "Plum, malt.",
        "cell_2_CountryOfOrigin": "Peru",
        "cell_2_Price": "14.20",
    }
    again = desk.post(PREVIEW, form)
    assert rows_of(again) == [
        ["2", "1003", "Nord Pier", "Peru", "14.20", "6", "0 → 6", "New"],
        ["3", "1001", "Harbour Light", "Colombia", "12.50", "3", "12 → 15", "Top-up"],
    ]


def test_totals_and_rows_without_bags_are_left_out_with_a_press(desk: Client) -> None:
    page = page_of(sent(desk, "no.,title,qty\n1001,,3\n1002,,\n1002,,0\nTotal,,3\n"))
    assert [row[1] for row in rows_of(desk.post(PREVIEW, leaving_out(page)))] == ["1001"]


@pytest.mark.parametrize("means", ["", "received", "shelf"])
def test_what_cannot_be_counted_is_left_out_with_a_press_before_or_after_the_answer(
    desk: Client, means: str
) -> None:
    text = "no.,title,stock\n1001,,0\n1009,Nord Pier,4\n,,0\nTotal,,4\n"
    page = desk.post(PREVIEW, leaving_out(page_of(sent(desk, text, means=means))))
    area = page_of(page).select_one("textarea")
    assert area
    left = {"": ["1001", "1009"], "received": ["1009"], "shelf": ["1001"]}[means]
    assert [line.partition(",")[0] for line in area.text.split("\n")[1:] if line] == left
    assert not page_of(page).select("button[name=leave_out]")
    assert ("Titles of the columns" in words_of(page)) == (not means)


def leaving_out(page: BeautifulSoup) -> dict[str, str]:
    """What a browser sends on pressing Leave out."""
    (button,) = page.select("button[name=leave_out]")
    answer = page.select_one("input[type=radio][checked]")
    means = {"means": str(answer["value"]) if answer else ""}
    return preview_form(page) | means | {"leave_out": str(button["value"])}


def test_two_rows_of_one_coffee_are_named_however_they_were_found(desk: Client) -> None:
    response = sent(desk, "sku,title,qty\n1001,x,3\n,Harbour Light,3\n")
    assert "is on line 2 already" in rows_of(response)[1][-1]


def test_a_delivery_keeps_its_supplier_and_note(desk: Client) -> None:
    form = confirm_form(page_of(sent(desk, "sku,qty\n1001,3\n")))
    done = desk.post(CONFIRM, form | {"supplier": "Blue Ram", "note": "slip 4711"})
    assert "Blue Ram: slip 4711" in words_of(desk.get(done["Location"]))
    assert rows_of(desk.get("/staff/deliveries/"))[0][2] == "Blue Ram: slip 4711"


# ── undoing a delivery ──────────────────────────────────────────────────────────────────────────


def test_a_delivery_is_undone_once_as_far_as_its_bags_are_there(desk: Client) -> None:
    text = "sku,title,country,price,description,qty\n1001,Harbour Dark,,13.00,,3\n1002,,,,,6\n"
    text += "1009,Nord Pier,Peru,14.20,Plum.,2\n"
    form = confirm_form(page_of(sent(desk, text))) | {"take_1001": "1"}
    address = desk.post(CONFIRM, form)["Location"]
    buy((FIRST_FERRY, 7))
    (key,) = page_of(desk.get(address)).select('form[action$="undo/"] input[name=key]')
    undo = {"key": str(key["value"])}
    for _ in range(2):
        page = desk.get(desk.post(f"{address}undo/", undo)["Location"])
    desk.post(f"{address}undo/", {"key": f"desk-{'1' * 32}"})
    known = get_inventory().products([1001, 1002, 1009])
    assert (known[1001].name, known[1001].price) == ("Harbour Light", Decimal("12.50"))
    assert {id_: (one.quantity, str(one.shelf)) for id_, one in known.items()} == {
        1001: (12, "on sale"),
        1002: (0, "on sale"),
        1009: (0, "withdrawn"),
    }
    assert "5 bags sold meanwhile" in words_of(page)
    assert "Undo this delivery" not in words_of(page)
    assert "undone" in rows_of(desk.get("/staff/deliveries/"))[0][2]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_an_undo_with_a_key_that_is_lost_or_made_up_writes_nothing(desk: Client, key: str) -> None:
    form = confirm_form(page_of(sent(desk, "sku,qty\n1001,3\n")))
    address = desk.post(CONFIRM, form)["Location"]
    page = desk.get(desk.post(f"{address}undo/", {"key": key})["Location"])
    assert "lost its one-time key" in words_of(page) + page.content.decode()
    assert get_inventory().products([1001])[1001].quantity == 15


def test_only_a_delivery_can_be_undone(desk: Client) -> None:
    key = {"key": f"desk-{'1' * 32}"}
    assert desk.post(f"/staff/deliveries/delivery-{'0' * 32}/undo/", key).status_code == 404
    assert desk.post("/staff/deliveries/CC-12345678/undo/", key).status_code == 404
