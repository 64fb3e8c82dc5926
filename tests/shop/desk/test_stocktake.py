"""The stocktake: many coffees counted on one page, all differences written with one press."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from checkout import aftercare
from checkout.models import Order
from shop.inventory import get_inventory
from shop.inventory.contract import Note, Withdrawal
from tests.checkout.orders import buy
from tests.shop.cast import Answer, browser_of, page_of, rosa, rows_of, words_of
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, SLACK_WATER, left, stock, withdraw

pytestmark = pytest.mark.django_db(transaction=True)

COUNT, WRITE = "/staff/stock/count/", "/staff/stock/count/write/"


@pytest.fixture
def desk() -> Client:
    """Rosa's; 2 of 48 Harbour Lights wait to be collected, Slack Water is withdrawn."""
    stock()
    buy((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1))
    withdraw(SLACK_WATER)
    return browser_of(rosa())


def fields(page: Answer) -> dict[str, str]:
    """What a browser would send of the page's form."""
    found = page_of(page).select("#id_stocktake_form input")
    return {str(field["name"]): str(field.get("value", "")) for field in found}


def counted(desk: Client, **counts: str) -> Answer:
    """These counts, by number, are sent to be compared."""
    typed = {f"counted_{name.removeprefix('no')}": bags for name, bags in counts.items()}
    return desk.post(COUNT, fields(desk.get(COUNT)) | typed)


def test_the_page_has_every_coffee_and_no_figure_that_is_expected(desk: Client) -> None:
    page = desk.get(COUNT)
    assert [row[0] for row in rows_of(page)] == ["1001", "1002", "1010", "1011", "1003"]
    assert {value for name, value in fields(page).items() if name.startswith("counted")} == {""}
    assert not any(figure in words_of(page).split() for figure in ("46", "48", "60"))


def said(desk: Client) -> str:
    banner = page_of(desk.get(COUNT)).select_one(".messages .banner")
    assert banner
    return banner.text.strip()


def test_small_differences_are_written_with_the_first_press_and_once(desk: Client) -> None:
    sent = fields(desk.get(COUNT)) | {"counted_1001": "47", "counted_1002": "30"}
    for _press in range(2):
        assert desk.post(WRITE, sent).status_code == 302
        assert said(desk) == "1 coffee corrected: Harbour Light \N{MINUS SIGN}1."
    assert left(HARBOUR_LIGHT) == 45
    assert desk.post(WRITE, sent | {"counted_1001": "46"}).status_code == 422
    assert left(HARBOUR_LIGHT) == 45
    desk.post(WRITE, fields(desk.get(COUNT)) | {"counted_1001": "47"})
    assert said(desk) == "All counts fit: nothing was to be written."


@pytest.mark.parametrize(
    ("typed", "meanwhile", "says"),
    [
        ("42", False, "\N{MINUS SIGN}6, large"),
        ("480", False, "+432, large"),
        ("47", True, "+1, was 48 when you began"),
        ("46", True, "fits, was 48 when you began"),
    ],
)
def test_a_difference_in_doubt_is_shown_before_it_is_written(
    desk: Client, typed: str, meanwhile: bool, says: str
) -> None:
    sent = fields(desk.get(COUNT)) | {"counted_1001": typed, "counted_1002": "29"}
    if meanwhile:
        sold = Order.objects.get()
        aftercare.hand_over(sold, who="carl")
    page = desk.post(WRITE, sent)
    assert [row[4] for row in rows_of(page)] == [says, "\N{MINUS SIGN}1"]
    assert "Look at 1 of the counts before it is written" in words_of(page)
    assert left(HARBOUR_LIGHT) == 46
    assert desk.post(WRITE, fields(page)).status_code == 302
    assert left(HARBOUR_LIGHT) == int(typed) - (0 if meanwhile else 2)


def test_all_differences_are_written_together_each_once(desk: Client) -> None:
    preview = counted(desk, no1001="47", no1002="30", no1003="59", no1011="2")
    assert [row[:1] + row[2:3] + row[4:] for row in rows_of(preview)] == [
        ["1001", "48", "\N{MINUS SIGN}1"],
        ["1011", "1", "+1"],
        ["1003", "60", "\N{MINUS SIGN}1"],
        ["1002", "30", "fits"],
    ]
    sent = fields(preview)
    for _press in range(2):
        assert desk.post(WRITE, sent).status_code == 302
        assert said(desk) == (
            "3 coffees corrected: "
            "Harbour Light \N{MINUS SIGN}1, Slack Water \N{MINUS SIGN}1, Keeper's Reserve +1."
        )
    stands = get_inventory().products([1001, 1002, 1003, 1011])
    assert {id_: one.quantity for id_, one in stands.items()} == {
        1001: 45,
        1002: 30,
        1003: 59,
        1011: 1,
    }
    latest = get_inventory().movements(1001)[-1]
    assert (latest.change, latest.who, latest.why) == (-1, "rosa", "stocktake")
    assert desk.post(WRITE, sent | {"counted_1002": "29"}).status_code == 422
    assert left(HARBOUR_LIGHT) == 45


def test_bags_that_are_sold_while_the_page_is_read_stay_sold(desk: Client) -> None:
    sent = fields(counted(desk, no1001="47"))
    buy((HARBOUR_LIGHT, 5), token="ben")
    desk.post(WRITE, sent)
    assert left(HARBOUR_LIGHT) == 40


def written_by_another_person(desk: Client) -> None:
    desk.post(WRITE, fields(counted(desk, no1001="47")))


def all_sold_and_collected(_desk: Client) -> None:
    buy((HARBOUR_LIGHT, 46), token="all of it")
    for order in Order.objects.all():
        aftercare.hand_over(order, who="carl")


def nothing(_desk: Client) -> None:
    """No one comes in between."""


@pytest.mark.parametrize(
    ("typed", "meanwhile", "says"),
    [
        ("47", written_by_another_person, "fits, was 48 when you began"),
        ("47", all_sold_and_collected, "+47, was 48 when you began"),
        ("470", nothing, "+422, large"),
    ],
)
def test_a_count_is_seen_again_when_it_or_its_shelf_changed_on_the_page_that_compares(
    desk: Client, typed: str, meanwhile: Callable[[Client], None], says: str
) -> None:
    sent = fields(counted(desk, no1001="47")) | {"counted_1001": typed}
    meanwhile(desk)
    before = get_inventory().version()
    page = desk.post(WRITE, sent)
    assert [row[4] for row in rows_of(page)] == [says]
    assert get_inventory().version() == before


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"counted_1001": "many"}, "Write a whole number of bags, 0 or more, in digits."),
        ({"counted_1001": "1"}, "It has 2 bags to be collected: count again"),
        ({"counted_1001": "-1"}, "Write a whole number of bags, 0 or more, in digits."),
        ({"why": ""}, "Write why, such as “stocktake”."),
        ({"counted_1001": "", "counted_1002": ""}, "Nothing was counted yet"),
        ({"key": ""}, "had lost its one-time key"),
        ({"shown_1001": ""}, "lost its figure"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_typed_is_lost(
    desk: Client, typed: dict[str, str], says: str
) -> None:
    sent = fields(counted(desk, no1001="47", no1002="28")) | typed
    before = get_inventory().version()
    page = desk.post(WRITE, sent)
    assert page.status_code == 422
    assert says in words_of(page)
    assert get_inventory().version() == before
    assert fields(page)["counted_1001"] == sent["counted_1001"]


def test_an_answer_that_was_lost_is_looked_up(desk: Client) -> None:
    key = "desk-" + "a" * 32
    assert "did not answer" in words_of(desk.get(f"{COUNT}?sent={key}"))
    get_inventory().apply(Withdrawal(product_id=1001), Note(key=key, who="rosa"))
    assert "it counted once" in words_of(desk.get(f"{COUNT}?sent={key}"))
