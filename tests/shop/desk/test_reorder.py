"""What to order: suggested from how the coffees sell, changed at will, taken as a file."""

from __future__ import annotations

import pytest
from django.test import Client

from shop.deliveries import preview, read_delivery
from shop.desk.reorder import to_order
from shop.desk.sales import Pace
from shop.inventory import get_inventory
from tests.checkout.orders import buy
from tests.shop.cast import Answer, browser_of, page_of, rows_of, stella, words_of
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    SLACK_WATER,
    THOUSAND_STEPS,
    count,
    stock,
    withdraw,
)

pytestmark = pytest.mark.django_db(transaction=True)

REORDER = "/staff/stock/reorder/"


@pytest.fixture
def desk() -> Client:
    """Stella's; today the coffees came in, and 6 and 3 bags of two of them were sold."""
    stock()
    buy((HARBOUR_LIGHT, 6), (FIRST_FERRY, 3), (THOUSAND_STEPS, 2), (SLACK_WATER, 40))
    withdraw(SLACK_WATER)
    return browser_of(stella())


def suggested(page: Answer) -> dict[str, str]:
    """The bags in the fields, by the number of the coffee."""
    found = page_of(page).select("#id_reorder input[name^=bags]")
    return {str(one["name"])[5:]: str(one.get("value", "")) for one in found}


@pytest.mark.parametrize(
    ("lead", "bags"),
    [
        ("", {"1001": "42", "1002": "15"}),  # 6 and 3 a day for 14 days, less 42 and 27
        ("?lead=2", {"1001": "12"}),  # 9 days: First Ferry lasts so long
        ("?lead=30", {"1001": "180", "1002": "84"}),
    ],
)
def test_what_runs_out_before_a_delivery_is_used_up_stands_there_the_first_on_top(
    desk: Client, lead: str, bags: dict[str, str]
) -> None:
    page = desk.get(REORDER + lead)
    assert list(suggested(page).items()) == list(bags.items())
    assert rows_of(page)[0][:5] == ["1001", "Harbour Light", "42", "42.0", "7 days"]


def test_a_coffee_that_was_counted_down_to_none_is_ordered_first(desk: Client) -> None:
    count(FIRST_FERRY, shown=27, counted=0)
    assert list(suggested(desk.get(REORDER)).items()) == [("1002", "42"), ("1001", "42")]


def test_the_order_is_a_file_that_deliveries_take(desk: Client) -> None:
    answer = desk.post(REORDER, {"bags_1001": "40", "bags_1002": "", "bags_1010": "12"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reorder.csv"'
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.splitlines() == [
        "\ufeffProductId,Name,StockQuantity",
        "1001,Harbour Light,40",
        "1010,Thousand Steps,12",
    ]
    seen = preview(read_delivery(text.encode()), get_inventory())
    assert not seen.problems
    assert [(row.product_id, row.quantity) for row in seen.rows] == [(1001, 40), (1010, 12)]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"bags_1001": "many", "bags_1002": "9"}, "Write a whole number of bags, 0 or more"),
        ({"bags_1001": "", "bags_1002": "0"}, "Nothing is to be ordered"),
        ({"bags_1001": "1234567", "bags_1002": "9"}, "bags come in at once"),
        ({}, "Nothing is to be ordered"),
    ],
)
def test_what_cannot_be_ordered_is_said_and_nothing_typed_is_lost(
    desk: Client, typed: dict[str, str], says: str
) -> None:
    (action,) = {
        form["action"] for form in page_of(desk.get(f"{REORDER}?lead=30")).select("form#id_reorder")
    }
    page = desk.post(str(action), typed)
    assert page.status_code == 422
    assert page_of(page).select_one("input[name=lead][value='30']")
    assert says in words_of(page)
    assert suggested(page) == {name[5:]: bags for name, bags in typed.items()}


def test_days_that_are_no_number_are_asked_for_again(desk: Client) -> None:
    page = desk.get(REORDER + "?lead=1e3")
    assert (page.status_code, "from 0 to 120" in words_of(page)) == (422, True)


def test_a_shop_that_sold_nothing_orders_nothing() -> None:
    stock()
    assert "Nothing runs out" in words_of(browser_of(stella()).get(REORDER))


def test_a_pace_that_comes_out_even_orders_no_bag_too_many() -> None:
    assert to_order(Pace(bags=3, days=9), left=1, lead=2) == 2
