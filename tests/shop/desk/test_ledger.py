"""The staff's page of the ledger."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from shop.inventory import get_inventory
from shop.inventory.contract import Delivery, InventoryTimeout, MovementKind, Note
from shop.inventory.models import StockRow
from tests.shop.cast import browser_of, page_of, rosa, rows_of, stella, words_of
from tests.support.cast import HARBOUR_LIGHT, count, stock, withdraw
from tests.support.inventory import Failing, OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

LEDGER = "/staff/ledger/"
EXPORT = "/staff/ledger/export/"


@pytest.fixture
def desk() -> Client:
    """Rosa's, with the small shelf in stock."""
    stock()
    return browser_of(rosa())


def rows(desk: Client, query: str) -> list[tuple[str, ...]]:
    """Number, kind, change, quantity after and who, newest first."""
    return [(cells[0], *cells[2:6]) for cells in rows_of(desk.get(LEDGER + query))]


def links(desk: Client, query: str) -> list[str]:
    return [str(link["href"]) for link in page_of(desk.get(LEDGER + query)).select("main li a")]


def test_every_movement_stands_with_the_quantity_after_it(desk: Client) -> None:
    count(HARBOUR_LIGHT, shown=48, counted=45)
    withdraw(HARBOUR_LIGHT)
    assert rows(desk, "?product=1001") == [
        ("3", "Withdrawal", "\N{MINUS SIGN}45", "0", "Rosa"),
        ("2", "Correction", "\N{MINUS SIGN}3", "45", "Rosa"),
        ("1", "Delivery", "+48", "48", "Rosa"),
    ]


@pytest.mark.parametrize("query", ["?q=1001", "?q=harbour", "?q=%20LIGHT%20"])
def test_a_coffee_is_found_by_number_or_name(desk: Client, query: str) -> None:
    assert "Ledger of Harbour Light" in words_of(desk.get(LEDGER + query))


def test_coffees_that_are_not_listed_are_said(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdraw(HARBOUR_LIGHT)
    monkeypatch.setattr("shop.desk.ledger.MOST_FOUND", 5)
    monkeypatch.setattr("shop.desk.ledger_views.MOST_FOUND", 5)
    assert len(links(desk, "")) == 5
    assert "These are the first" not in words_of(desk.get(LEDGER))
    monkeypatch.setattr("shop.desk.ledger.MOST_FOUND", 4)
    monkeypatch.setattr("shop.desk.ledger_views.MOST_FOUND", 4)
    assert len(links(desk, "")) == 4
    assert "These are the first 4: search for the others" in words_of(desk.get(LEDGER))


def test_a_movement_of_a_delivery_leads_to_the_delivery(desk: Client) -> None:
    key = "delivery-" + "5" * 32
    get_inventory().apply(Delivery(rows=(HARBOUR_LIGHT,)), Note(key=key, who="Rosa"))
    page = page_of(desk.get(LEDGER + "?product=1001"))
    links_to = [str(link["href"]) for link in page.select("tbody a")]
    assert links_to == [f"/staff/deliveries/{key}/"]
    assert desk.get(links_to[0]).status_code == 200
    assert not page_of(browser_of(stella()).get(LEDGER + "?product=1001")).select("tbody a")


def test_one_kind_of_movement_can_be_picked_out_on_the_page_and_in_the_file(desk: Client) -> None:
    count(HARBOUR_LIGHT, shown=48, counted=45)
    withdraw(HARBOUR_LIGHT)
    picked = "?q=1001&kind=correction"
    assert rows(desk, picked) == [("2", "Correction", "\N{MINUS SIGN}3", "45", "Rosa")]
    page = page_of(desk.get(LEDGER + picked))
    (download,) = page.select(f'main a[href^="{EXPORT}"]')
    file = b"".join(desk.get(str(download["href"]))).decode("utf-8-sig")
    assert [line[1] for line in csv.reader(io.StringIO(file))] == ["Number", "2"]
    assert "No such movement." in words_of(desk.get(LEDGER + "?q=1001&kind=return"))
    assert len(rows(desk, "?q=1001&kind=nonsense")) == 3


def test_several_coffees_of_a_name_are_offered_to_choose_from(desk: Client) -> None:
    assert links(desk, "?q=ethiopia") == [f"{LEDGER}?product=1002", f"{LEDGER}?product=1011"]
    assert len(links(desk, "")) == 5


def test_withdrawn_coffees_are_found_too(desk: Client) -> None:
    withdraw(HARBOUR_LIGHT)
    assert "withdrawn, 48 kept" in words_of(desk.get(LEDGER + "?q=harbour"))


@pytest.mark.parametrize(
    "query", ["?q=nothing", "?product=999", "?q=999", "?q=" + "9" * 40, "?q=%00²"]
)
def test_what_is_missing_is_reported_in_a_sentence(desk: Client, query: str) -> None:
    response = desk.get(LEDGER + query)
    assert response.status_code == 200
    assert "No coffee of that name or number." in words_of(response)


def test_a_row_that_the_shop_never_touched_has_no_movement_yet(desk: Client) -> None:
    StockRow.objects.create(id=1040, name="Mangrove", price=9, quantity=4)
    assert "No movement yet" in words_of(desk.get(LEDGER + "?product=1040"))


def test_a_long_ledger_shows_its_latest_part_and_counts_the_rest(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.desk.ledger_views.LATEST", 4)
    for n in range(5):
        count(HARBOUR_LIGHT, shown=0, counted=n % 2)
    response = desk.get(LEDGER + "?product=1001")
    assert len(page_of(response).select("tbody tr")) == 4
    assert "2 older movements are in the file." in words_of(response)


def test_what_other_programs_did_is_shown_and_accepted(desk: Client) -> None:
    StockRow.objects.filter(id=1001).update(quantity=40)
    page = page_of(desk.get(LEDGER + "?product=1001"))
    assert "Changed outside the shop: \N{MINUS SIGN}8." in page.get_text()
    form = page.select_one('form[action="/staff/stock/1001/accept/"]')
    assert form
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    desk.post("/staff/stock/1001/accept/", fields)
    desk.post("/staff/stock/1001/accept/", fields)
    assert rows(desk, "?product=1001")[0] == (
        "2",
        "Changed outside the shop",
        "\N{MINUS SIGN}8",
        "40",
        "rosa",
    )
    assert len(rows(desk, "?product=1001")) == 2


def test_a_row_that_another_program_deleted_keeps_its_ledger(desk: Client) -> None:
    StockRow.objects.filter(id=1001).delete()
    page = page_of(desk.get("/staff/stock/1001/"))
    assert "Another program deleted its row" in page.get_text()
    form = page.select_one('form[action="/staff/stock/1001/accept/"]')
    assert form
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    assert desk.post("/staff/stock/1001/accept/", fields).status_code == 302
    (last,) = get_inventory().movements(1001, newest_first=True, limit=1)
    assert (last.kind, last.change, last.after) == (MovementKind.OUTSIDE, -48, 0)
    new = {"number": "1001", "name": "Harbour Light", "origin": "Peru", "price": "9"}
    new |= {"quantity": "3", "description": "Fig.", "key": "desk-" + "b" * 32}
    assert desk.post("/staff/stock/add/", new).status_code == 302
    assert get_inventory().products([1001])[1001].quantity == 3


def test_stella_looks_and_accepts_nothing(desk: Client) -> None:
    StockRow.objects.filter(id=1001).update(quantity=40)
    page = page_of(browser_of(stella()).get(LEDGER + "?product=1001"))
    assert "Changed outside the shop" in page.get_text()
    assert not page.select('main form[method="post"]')


def test_while_the_stock_is_away_the_page_says_so(
    desk: Client, override_inventory: OverrideInventory
) -> None:
    override_inventory(Failing(InventoryTimeout("away")))
    response = desk.get(LEDGER)
    assert response.status_code == 503
    assert "The stock system is not answering" in words_of(response)


# ── export ──────────────────────────────────────────────────────────────────────────────────────


def test_the_export_has_every_movement_and_runs_as_no_formula(desk: Client) -> None:
    key = page_of(desk.get("/staff/stock/1001/")).select_one("#id_count_form [name=key]")
    assert key
    typed = {"key": str(key["value"]), "shown": "48", "counted": "46", "why": "=1+1"}
    desk.post("/staff/stock/1001/count/", typed)
    answer = desk.get(EXPORT + "?product=1001")
    assert answer["Content-Disposition"] == 'attachment; filename="ledger-1001.csv"'
    text = b"".join(answer).decode("utf-8-sig")
    told = [
        (row["Number"], row["What"], row["Change"], row["After"], row["Who"], row["Why"])
        for row in csv.DictReader(io.StringIO(text))
    ]
    assert told == [
        ("1", "delivery", "48", "48", "Rosa", ""),
        ("2", "correction", "-2", "46", "rosa", "'=1+1"),
    ]


@pytest.mark.parametrize("query", ["", "?product=999", "?product=x"])
def test_there_is_no_file_of_nothing(desk: Client, query: str) -> None:
    assert desk.get(EXPORT + query).status_code == 404
