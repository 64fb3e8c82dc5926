"""Prices of many coffees: raised or lowered by a rule, or sent as a list; looked at; written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from bs4 import Tag
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shop.desk import price_views
from shop.inventory import get_inventory
from shop.inventory.contract import Note, OutcomeUnknown, Withdrawal
from tests.checkout.orders import buy
from tests.shop.cast import Answer, browser_of, page_of, rosa, rows_of, words_of
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, SLACK_WATER, reprice, stock, withdraw
from tests.support.inventory import Failing, inventory_from

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, RAISE = "/staff/prices/", "/staff/prices/raise/"
PREVIEW, WRITE = "/staff/prices/preview/", "/staff/prices/write/"
AS_IT_IS = {"way": "raise", "by": "5", "unit": "percent", "step": "0.01"}


@pytest.fixture
def desk() -> Client:
    """Rosa's; Keeper's Reserve is sold out, Slack Water is withdrawn."""
    stock()
    buy((KEEPERS_RESERVE, 1))
    withdraw(SLACK_WATER)
    return browser_of(rosa())


def prices() -> dict[int, str]:
    ids = (1001, 1002, 1003, 1010, 1011)
    return {id_: str(one.price) for id_, one in get_inventory().products(ids).items()}


def new_prices(page: Answer) -> dict[str, str]:
    return {row[0]: row[4] for row in rows_of(page)}


def fields(page: Answer) -> dict[str, str]:
    """What a browser would send of the preview's form."""
    form = page_of(page).select_one("#id_prices_form")
    assert isinstance(form, Tag)
    area = form.select_one("textarea")
    assert area
    found = {str(one["name"]): str(one.get("value", "")) for one in form.select("input")}
    return found | {"text": area.text.removeprefix("\n")}


def listed(desk: Client, *lines: str) -> Answer:
    return desk.post(PREVIEW, {"text": "\n".join(("ProductId,Price", *lines))})


@pytest.mark.parametrize(
    ("rule", "new"),
    [
        ({}, ["$13.13", "$16.80", "$17.64", "$25.20", "$11.45"]),
        ({"step": "0.10"}, ["$13.10", "$16.80", "$17.60", "$25.20", "$11.40"]),
        ({"by": "2,5 %", "step": "0.05"}, ["$12.80", "$16.40", "$17.20", "$24.60", "$11.15"]),
        ({"way": "lower", "by": "0.75", "unit": "amount", "q": "1001"}, ["$11.75"]),
        ({"q": "ethiopia"}, ["$16.80", "$25.20"]),
        ({"show": "withdrawn", "step": "0.50"}, ["$11.50"]),
        ({"q": "1002", "by": "0.01", "step": "0.50"}, ["stays"]),
    ],
)
def test_a_rule_is_worked_out_for_the_coffees_that_the_stock_page_would_list(
    desk: Client, rule: dict[str, str], new: list[str]
) -> None:
    page = desk.post(RAISE, AS_IT_IS | rule)
    assert page.status_code == 200
    assert list(new_prices(page).values()) == new


def test_all_prices_are_written_with_one_press_each_once(desk: Client) -> None:
    sent = fields(desk.post(RAISE, AS_IT_IS | {"step": "0.10"}))
    for _press in range(2):
        assert desk.post(WRITE, sent).status_code == 302
        assert "5 prices changed." in words_of(desk.get(PAGE))
    assert prices() == {
        1001: "13.10",
        1002: "16.80",
        1003: "11.40",
        1010: "17.60",
        1011: "25.20",
    }
    latest = get_inventory().movements(1001)[-1]
    assert (latest.price, latest.who) == (Decimal("13.10"), "rosa")
    assert latest.why == "price 12.50 → 13.10"
    product = get_inventory().product(1001)
    assert product
    assert product.details == HARBOUR_LIGHT.details | {"price": Decimal("13.10")}
    other = desk.post(WRITE, sent | {"text": "ProductId,Price\n1001,14", "shown": "13.10"})
    assert "sent before, with other figures" in words_of(other)


def test_a_list_is_taken_as_a_file_or_as_lines_with_other_columns_passed_over(desk: Client) -> None:
    text = "SKU;Name;Price\n1001;Harbour Light;13,20\n1002;First Ferry;16,00\n"
    for sent in ({"text": text}, {"file": SimpleUploadedFile("p.csv", text.encode())}):
        page = desk.post(PREVIEW, sent)
        assert new_prices(page) == {"1001": "$13.20", "1002": "stays"}
    sent = fields(page)
    assert page_of(desk.post(PREVIEW, sent | {"edit": "1"})).select_one("#id_text")
    desk.post(WRITE, sent)
    assert prices()[1001] == "13.20"
    assert get_inventory().movements(1002)[-1].price == Decimal("16.00")
    assert desk.post(WRITE, fields(desk.post(PREVIEW, {"text": text}))).status_code == 302
    assert "nothing was to be written" in words_of(desk.get(PAGE))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["4711,5"], "Line 2: No coffee with the number 4711 can be shown"),
        (["1001,5", "1001,6"], "Line 3, Harbour Light: ProductId 1001 is on line 2 already"),
        (["1001,0"], "Line 2, Harbour Light: Price is 0: write a price above 0"),
        (["1001,-1"], 'Line 2, Harbour Light: Price is "-1"'),
        (["1001,999999999"], "Line 2, Harbour Light: Price "),
        (["1001,cheap"], 'Line 2, Harbour Light: Price is "cheap": write it in digits'),
        (["1001,"], "Line 2, Harbour Light: Price is empty"),
        (["x,5"], 'Line 2: ProductId is "x"'),
        (["1001,5,5"], "Line 2: This row has 3 cells"),
        ([], "Line 1: No row follows"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named_and_all_lines_are_kept(
    desk: Client, lines: list[str], says: str
) -> None:
    page = listed(desk, *lines)
    assert page.status_code == 422
    assert says in words_of(page)
    area = page_of(page).select_one("#id_text")
    assert area
    assert area.text.split() == ["ProductId,Price", *lines]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"by": ""}, "Write by how much"),
        ({"by": "-5"}, "Write by how much"),
        ({"step": "7"}, "Choose another."),
        ({"q": "zzz"}, "No coffee was found"),
        ({"way": "lower", "by": "16", "unit": "amount"}, "First Ferry: Price is 0"),
        ({"by": "99999999", "unit": "amount"}, "Harbour Light: Price "),
    ],
)
def test_a_rule_that_cannot_be_followed_comes_back_as_typed(
    desk: Client, rule: dict[str, str], says: str
) -> None:
    page = desk.post(RAISE, AS_IT_IS | rule)
    assert page.status_code == 422
    assert says in words_of(page)
    field = page_of(page).select_one("#id_by")
    assert field
    assert field.get("value", "") == (AS_IT_IS | rule)["by"]


def test_what_is_no_list_and_what_is_too_much_is_refused(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "paste its lines" in words_of(desk.post(PREVIEW, {"text": " "}))
    picture = SimpleUploadedFile("p.csv", b"\x89PNG\r\n\x1a\n\x00")
    assert "This is a picture" in words_of(desk.post(PREVIEW, {"file": picture}))
    assert "The column Price is missing" in words_of(desk.post(PREVIEW, {"text": "ProductId\n1"}))
    monkeypatch.setattr("shop.desk.prices.MAX_ROWS", 4)
    assert "choose at most 4 at once" in words_of(desk.post(RAISE, AS_IT_IS))


def changed_meanwhile() -> None:
    reprice(HARBOUR_LIGHT, "14.00")


def nothing() -> None:
    """No one comes in between."""


@pytest.mark.parametrize(
    ("typed", "before_writing", "says"),
    [
        ({}, changed_meanwhile, "The price of No. 1001 changed since you looked"),
        ({"key": ""}, nothing, "had lost its one-time key"),
        ({"shown": ""}, nothing, "had lost what it showed"),
        ({"shown": "1 2"}, nothing, "had lost what it showed"),
        ({"shown": "x"}, nothing, "had lost what it showed"),
    ],
)
def test_what_cannot_be_written_is_said_beside_the_prices_of_now(
    desk: Client, typed: dict[str, str], before_writing: Callable[[], None], says: str
) -> None:
    sent = fields(listed(desk, "1001,13.00"))
    before_writing()
    before = prices()
    page = desk.post(WRITE, sent | typed)
    assert page.status_code == 422
    assert says in words_of(page)
    assert prices() == before
    assert desk.post(WRITE, fields(page)).status_code == 302
    assert prices()[1001] == "13.00"


def test_a_long_list_is_looked_at_by_pages_and_written_as_a_whole(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(price_views, "PER_PAGE", 2)
    sent = fields(desk.post(RAISE, AS_IT_IS))
    second = desk.post(PREVIEW, sent | {"page": "2"})
    assert list(new_prices(second)) == ["1010", "1011"]
    desk.post(WRITE, fields(second))
    assert "5 prices changed." in words_of(desk.get(PAGE))


def test_an_answer_that_was_lost_is_looked_up(desk: Client) -> None:
    sent = fields(listed(desk, "1001,13.00"))
    failing = Failing(OutcomeUnknown("x"), "apply")
    with inventory_from(lambda: failing):
        there = desk.post(WRITE, sent)["Location"]
    assert "did not answer" in words_of(desk.get(there))
    get_inventory().apply(Withdrawal(product_id=1001), Note(key=sent["key"], who="rosa"))
    assert "it counted once" in words_of(desk.get(there))
