"""The staff's stock page."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.inventory.contract import DeliveryRow
from shop.inventory.models import StockRow
from tests.checkout.orders import buy
from tests.shop.cast import browser_of, page_of, rosa, rows_of, stella, text_of, words_of
from tests.support.cast import HARBOUR_LIGHT, stock, withdraw

pytestmark = pytest.mark.django_db(transaction=True)

STOCK = "/staff/stock/"
COLLECT = "0 + 1 to be collected = 1 on the shelf"


def row(id_: int, name: str, quantity: int, origin: str = "Peru") -> DeliveryRow:
    coffee = replace(HARBOUR_LIGHT, product_id=id_, name=name, quantity=quantity)
    return replace(coffee, origin=origin, description="Cocoa.")


def coffees(first: int, last: int) -> list[DeliveryRow]:
    """Coffee 1 and so on, with these numbers."""
    return [row(n, f"Coffee {n}", 5) for n in range(first, last + 1)]


def shelf() -> None:
    """Harbour Light, plenty; First Ferry, low; Slack Water, sold out; Mangrove, withdrawn."""
    slack_water, mangrove = row(1003, "Slack Water", 1), row(1005, "Mangrove", 7)
    stock(row(1001, "Harbour Light", 12, "Colombia"), row(1002, "First Ferry", 2, "Ethiopia"))
    stock(slack_water, mangrove)
    buy((slack_water, 1))
    withdraw(mangrove)


@pytest.fixture
def desk() -> Client:
    """Stella's."""
    return browser_of(stella())


def names(desk: Client, query: str = "") -> list[str]:
    page = page_of(desk.get(STOCK + query))
    return [text_of(cell) for cell in page.select("tbody th")]


def test_stella_sees_every_coffee_with_a_word_for_each_those_on_sale_first(desk: Client) -> None:
    shelf()
    assert [[*line[:1], *line[2:4], *line[5:7]] for line in rows_of(desk.get(STOCK))] == [
        ["1001", "Harbour Light", "Colombia", "12", ""],
        ["1002", "First Ferry", "Ethiopia", "2", "Low"],
        ["1003", "Slack Water", "Peru", COLLECT, "Sold out"],
        ["1005", "Mangrove", "Peru", "7", "Withdrawn"],
    ]


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        ("low", ["First Ferry"]),
        ("sold-out", ["Slack Water"]),
        ("withdrawn", ["Mangrove"]),
        ("nonsense", ["Harbour Light", "First Ferry", "Slack Water", "Mangrove"]),
    ],
)
def test_the_stock_can_be_narrowed_down(desk: Client, show: str, shown: list[str]) -> None:
    shelf()
    assert names(desk, f"?show={show}") == shown


def test_the_filter_in_use_is_marked_and_keeps_the_search(desk: Client) -> None:
    page = page_of(desk.get(f"{STOCK}?show=low&q=ferry"))
    current = page.select_one(".tabs [aria-current]")
    assert current
    assert current.text == "Low"
    assert [link["href"] for link in page.select(".tabs a")] == [
        f"{STOCK}?q=ferry",
        f"{STOCK}?show=low&q=ferry",
        f"{STOCK}?show=sold-out&q=ferry",
        f"{STOCK}?show=withdrawn&q=ferry",
    ]
    field = page.select_one("input[name=q]")
    assert field
    assert field["value"] == "ferry"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?q=LIGHT", ["Harbour Light"]),
        ("?q=cocoa+ethiopia", ["First Ferry"]),
        ("?q=tea", []),
        ("?q=slack", ["Slack Water"]),
        ("?q=1003", ["Slack Water"]),
        ("?q=1001", ["Harbour Light"]),
        ("?q=1004", []),
        ("?q=0", []),
        ("?q=%00light", ["Harbour Light"]),
        ("?show=withdrawn&q=peru+man", ["Mangrove"]),
        ("?show=withdrawn&q=light", []),
        ("?show=sold-out&q=slack", ["Slack Water"]),
        ("?sort=nonsense&q=o", ["Harbour Light", "First Ferry", "Slack Water", "Mangrove"]),
    ],
)
def test_words_are_looked_for_wherever_they_stand(
    desk: Client, query: str, shown: list[str]
) -> None:
    shelf()
    assert names(desk, query) == shown


def test_rosa_goes_from_a_row_straight_to_the_field_for_what_came_in() -> None:
    shelf()
    rosas = browser_of(rosa())
    page = page_of(rosas.get(STOCK))
    acts = [(text_of(act), str(act["href"])) for act in page.select("tbody .cell-act a")]
    assert acts == [
        ("Receive Harbour Light", f"{STOCK}1001/#id_receive_quantity"),
        ("Receive First Ferry", f"{STOCK}1002/#id_receive_quantity"),
        ("Restock Slack Water", f"{STOCK}1003/#id_receive_quantity"),
    ]
    for _, address in acts:
        assert page_of(rosas.get(address)).select_one("#id_receive_quantity")


def test_from_a_list_and_back_to_it_also_after_receiving() -> None:
    shelf()
    desk = browser_of(rosa())
    low = STOCK + "?show=low&q=ferry&sort=name"
    row = page_of(desk.get(low)).select_one("tbody .cell-act a")
    assert row
    assert row["href"] != f"{STOCK}1002/#id_receive_quantity"
    page = page_of(desk.get(str(row["href"])))
    assert way_back(page) == low + "#found"
    form = page.select_one("#id_receive_form")
    assert form
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}
    answer = desk.post(str(form["action"]), fields | {"quantity": "12"}, follow=True)
    assert "12 bags of First Ferry received" in words_of(answer)
    assert way_back(page_of(answer)) == low + "#found"


@pytest.mark.parametrize("forged", ["//evil.example", "show=nonsense&page=x", "q=%00", "&" * 2_000])
def test_a_forged_way_back_leads_to_the_stock(desk: Client, forged: str) -> None:
    shelf()
    answer = desk.get(f"{STOCK}1001/", {"from": forged})
    assert answer.status_code == 200
    assert way_back(page_of(answer)) == STOCK


def way_back(page: BeautifulSoup) -> str:
    link = page.select_one(".back-link a")
    assert link
    return str(link["href"])


@pytest.mark.parametrize("page", ["99", "0", "-1", "x", "9" * 30])
def test_a_page_that_is_not_there_is_the_nearest_one(desk: Client, page: str) -> None:
    shelf()
    assert len(names(desk, f"?page={page}")) == 4


def test_a_page_that_begins_on_sale_ends_with_those_off_the_shelf(desk: Client) -> None:
    shelf = coffees(1, 54)
    stock(*shelf)
    for coffee in shelf[20:]:
        withdraw(coffee)
    pages = [names(desk, f"?page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [24, 24, 6]
    assert {name for page in pages for name in page} == {coffee.name for coffee in shelf}
    assert len(names(desk, "?show=withdrawn&page=2")) == 10
    (following,) = page_of(desk.get(STOCK)).select(".pages a")
    assert following["href"] == f"{STOCK}?page=2"


def test_a_long_stock_takes_no_more_questions_than_a_short_one(
    desk: Client, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    shelf()
    stock(*coffees(101, 130))
    with CaptureQueriesContext(connection) as short:
        desk.get(STOCK)
    stock(*coffees(1, 60))
    for coffee in coffees(31, 60):
        withdraw(coffee)
    with django_assert_num_queries(len(short)):
        desk.get(STOCK)


def test_sold_out_coffees_beyond_those_that_are_looked_at_are_said(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf()
    monkeypatch.setattr("shop.desk.stock.MOST_SOLD_OUT", 1)
    figures = [text_of(figure) for figure in page_of(desk.get(STOCK)).select(".totals dd")]
    assert figures[-1] == "1+"


def test_every_value_has_the_title_of_its_column_for_narrow_windows(desk: Client) -> None:
    shelf()
    page = page_of(desk.get(STOCK))
    titles = {" ".join(title.text.split()) for title in page.select("thead th")}
    labels = {str(cell["data-label"]) for cell in page.select("tbody [data-label]")}
    assert labels == titles - {"Picture", "Name", "Origin"}


def test_the_figures_of_the_whole_stock_stand_above_it_and_lead_to_low_and_sold_out(
    desk: Client,
) -> None:
    shelf()
    page = page_of(desk.get(STOCK))
    figures = [text_of(figure) for figure in page.select(".totals dd")]
    assert figures == ["2", "14", "$175.00", "1", "1"]
    links = [str(link["href"]) for link in page.select(".totals a")]
    assert links == [f"{STOCK}?show=low", f"{STOCK}?show=sold-out"]


def test_a_row_that_cannot_be_sold_is_listed_with_its_reasons(desk: Client) -> None:
    StockRow.objects.create(id=1009, name="Cloud Ladder", price=None, quantity=None)
    words = words_of(desk.get(STOCK)).replace(" :", ":")
    assert "No. 1009, Cloud Ladder: It has no price. It has no quantity." in words


def test_a_row_whose_number_has_no_page_is_listed_without_a_link(desk: Client) -> None:
    StockRow.objects.create(id=0, name="Zero", price=Decimal(-1), quantity=1)
    response = desk.get(STOCK)
    (listed,) = page_of(response).select(".banner-error li")
    assert "No. 0, Zero: Its price is not between 0 and 99,999,999.99." in text_of(listed)
    assert "Its number is below 1" in text_of(listed)
    assert listed.a is None


def test_many_rows_that_cannot_be_sold_leave_room_for_those_that_can(desk: Client) -> None:
    StockRow.objects.bulk_create(StockRow(id=n, name=f"Half {n}") for n in range(1, 8))
    banner = page_of(desk.get(STOCK)).select_one("[aria-labelledby=problems]")
    assert banner
    assert len(banner.select("li")) == 7
    folded = banner.select_one("details")
    assert folded
    assert folded.summary
    assert (folded.summary.text, len(folded.select("li"))) == ("2 more", 2)


def test_a_row_that_another_program_emptied_counts_as_sold_out(desk: Client) -> None:
    StockRow.objects.create(id=1009, name="Cloud Ladder", price=1, quantity=0)
    assert names(desk, "?show=sold-out") == ["Cloud Ladder"]


def test_the_head_of_the_table_sorts_it_and_turns_the_price_round(desk: Client) -> None:
    stock(row(1, "Slack Water", 9), replace(row(2, "First Ferry", 12), price=Decimal(9)))
    page = page_of(desk.get(f"{STOCK}?q=peru"))
    links = {text_of(link): str(link["href"]) for link in page.select("thead a")}
    assert links.keys() == {*("No.", "Name", "Price", "Bags", "Sold, 30 days", "Lasts")}
    assert names(desk, links["Name"].removeprefix(STOCK)) == ["First Ferry", "Slack Water"]
    assert names(desk, links["Bags"].removeprefix(STOCK)) == ["Slack Water", "First Ferry"]
    assert names(desk, links["Price"].removeprefix(STOCK)) == ["First Ferry", "Slack Water"]
    cheapest = page_of(desk.get(links["Price"]))
    (sorted_by,) = cheapest.select("thead [aria-sort]")
    assert (text_of(sorted_by), sorted_by["aria-sort"]) == ("Price", "ascending")
    link = sorted_by.a
    assert link
    assert names(desk, str(link["href"]).removeprefix(STOCK)) == ["Slack Water", "First Ferry"]


def test_stella_is_not_offered_to_receive_or_add_a_coffee(desk: Client) -> None:
    shelf()
    stellas = page_of(desk.get(STOCK))
    assert not stellas.select('.cell-act, a[href="/staff/stock/add/"]')
    assert page_of(browser_of(rosa()).get(STOCK)).select('a[href="/staff/stock/add/"]')


def test_the_list_as_a_file_gives_prices_and_is_never_taken_for_a_delivery(desk: Client) -> None:
    shelf()
    link = page_of(desk.get(STOCK + "?q=o")).find("a", string="Download as CSV")
    assert isinstance(link, Tag)
    page = desk.get(str(link["href"]))
    text = b"".join(page.streaming_content).decode()  # type: ignore[attr-defined]
    lines = [line.split(",") for line in text.splitlines()]
    assert [(line[0], *line[4:]) for line in lines] == [
        ("\ufeffProductId", "Price", "State", "BagsToSell", "ToCollect", "BagsOnShelf"),
        ("1001", "12.50", "on sale", "12", "0", "12"),
        ("1002", "12.50", "on sale", "2", "0", "2"),
        ("1003", "12.50", "sold out", "0", "1", "1"),
        ("1005", "12.50", "withdrawn", "0", "0", "7"),
    ]
    keeper = browser_of(rosa())
    as_delivery = keeper.post("/staff/deliveries/preview/", {"text": text})
    assert "The column StockQuantity is missing" in words_of(as_delivery)
    as_prices = keeper.post("/staff/prices/preview/", {"text": text.replace("12.50", "13")})
    assert "4 of 4 prices change." in words_of(as_prices)


def test_a_file_of_a_narrowed_list_has_only_its_coffees(desk: Client) -> None:
    shelf()
    page = desk.get(f"{STOCK}export/?show=low&page=7")
    assert [line[:4] for line in page.streaming_content] == [b"\xef\xbb\xbf", b"Prod", b"1002"]  # type: ignore[attr-defined]
