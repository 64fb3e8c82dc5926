"""Receiving deliveries on the staff pages: form, preview, confirm, the delivery's own page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from importlib import import_module

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shop.deliveries import COLUMNS, MAX_TEXT, new_key, products_on_sale
from shop.deliveries.reader import MAX_ROWS
from shop.desk.delivery_forms import MOST_NAMED
from shop.desk.past_deliveries import MOST_LISTED
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Change,
    ChangeRefused,
    Correction,
    Decision,
    Delivery,
    DeliveryRow,
    Inventory,
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    Note,
    OutcomeUnknown,
    PutBack,
    Withdrawal,
)
from shop.inventory.models import StockRow
from tests.checkout.orders import buy
from tests.shop.cast import Answer, browser_of, page_of, rosa, rows_of, text_of, words_of
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, reprice, withdraw
from tests.support.inventory import Failing, OverrideInventory, inventory_from

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "/staff/deliveries/"
TEMPLATE = "/staff/deliveries/template/"
PREVIEW = "/staff/deliveries/preview/"
CONFIRM = "/staff/deliveries/confirm/"

HEADER = "ProductId,Name,Description,CountryOfOrigin,Price,StockQuantity\n"
LIGHT = "1001,Harbour Light,Hazelnut and red apple.,Colombia,12.50,12\n"
FERRY = "1002,First Ferry,Jasmine and bergamot.,Ethiopia,16.00,2\n"


@pytest.fixture
def user() -> User:
    return rosa()


@pytest.fixture
def desk(user: User) -> Client:
    """Rosa's."""
    return browser_of(user)


def stock() -> dict[int, int]:
    return {product.id: product.quantity for product in products_on_sale(get_inventory())}


def have(*lines: str, key: str = "delivery-before") -> None:
    """Coffees that are on the shelf before the test begins."""
    rows = tuple(
        DeliveryRow(
            product_id=int(id_),
            name=name,
            price=Decimal(price),
            quantity=int(quantity),
            origin=origin,
            description=description,
        )
        for id_, name, description, origin, price, quantity in csv.reader(lines)
    )
    get_inventory().apply(Delivery(rows=rows), Note(key=key, who="Rosa"))


def begin_with(shelf: str) -> None:
    """Harbour Light on sale, or withdrawn; not there yet for an empty shelf."""
    if shelf != "empty":
        have(LIGHT)
    if shelf == "withdrawn":
        withdraw(HARBOUR_LIGHT)


def preview(desk: Client, *lines: str) -> Answer:
    return desk.post(PREVIEW, {"text": HEADER + "".join(lines)})


def confirm_form(page: BeautifulSoup) -> dict[str, str]:
    """What a browser would send on pressing the button of the confirm form, ticks left alone."""
    form = page.select_one(f'form[action="{CONFIRM}"]')
    assert form, "the page has no confirm form"
    fields = {
        str(field["name"]): str(field["value"])
        for field in form.select("input")
        if field["type"] != "checkbox" or field.has_attr("checked")
    }
    area = form.select_one("textarea")
    assert area
    return fields | {"text": area.text.replace("\n", "\r\n")}


def receive(desk: Client, *lines: str, **ticks: str) -> Answer:
    """Preview, then confirm."""
    response = preview(desk, *lines)
    assert response.status_code == 200
    return desk.post(CONFIRM, confirm_form(page_of(response)) | ticks)


# ── the form ────────────────────────────────────────────────────────────────────────────────────


def test_the_form_takes_a_file_or_pasted_lines(desk: Client) -> None:
    page = page_of(desk.get(FORM))
    form = page.select_one(f'form[action="{PREVIEW}"]')
    assert form
    assert form["enctype"] == "multipart/form-data"
    assert form.select_one("input[type=file][name=file]")
    assert form.select_one("textarea[name=text]")
    assert page.select_one(f'a[href="{TEMPLATE}"]')


def test_the_template_is_a_csv_file_with_the_columns(desk: Client) -> None:
    response = desk.get(TEMPLATE)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="delivery.csv"'
    text = b"".join(response).decode("utf-8-sig")
    assert next(csv.reader(io.StringIO(text))) == list(COLUMNS)


# ── the preview ─────────────────────────────────────────────────────────────────────────────────


def test_a_preview_shows_what_each_line_would_do_and_writes_nothing(desk: Client) -> None:
    have(LIGHT)
    response = preview(desk, LIGHT.replace(",12\n", ",5\n"), FERRY)
    assert response.status_code == 200
    assert rows_of(response) == [
        ["2", "1001", "Harbour Light", "Colombia", "12.50", "5", "12 → 17", "Top-up"],
        ["3", "1002", "First Ferry", "Ethiopia", "16.00", "2", "0 → 2", "New"],
    ]
    assert "7 bags come in: 1 new coffee, 1 top-up. Nothing is written yet." in words_of(response)
    assert stock() == {1001: 12}


def test_a_file_is_previewed_and_its_text_is_there_to_edit(desk: Client) -> None:
    data = (HEADER + LIGHT.replace("Harbour", "Café")).encode("cp1252")
    response = desk.post(PREVIEW, {"file": SimpleUploadedFile("friday.csv", data)})
    assert response.status_code == 200
    area = page_of(response).select_one("textarea#id_text")
    assert area
    assert area.text == data.decode("cp1252")
    assert "The file is not UTF-8 and was read as Latin-1" in words_of(response)


def test_every_problem_stands_by_its_line_and_nothing_can_be_confirmed(desk: Client) -> None:
    response = preview(desk, LIGHT, "\n", "x,First Ferry,,Ethiopia,free,-2\n", LIGHT)
    assert response.status_code == 422
    rows = rows_of(response)
    assert [row[0] for row in rows] == ["2", "4", "5"]
    assert "1002 is free for a new one" in rows[1][-1]
    assert "ProductId 1001 is on line 2 already" in rows[2][-1]
    assert "2 lines to put right." in words_of(response)
    assert not page_of(response).select(f'form[action="{CONFIRM}"]')


def test_very_many_problems_are_named_beside_their_lines_and_the_first_above_them_too(
    desk: Client,
) -> None:
    lines = [f"{n},First Ferry,Apricot.,Ethiopia,16.00,0\n" for n in range(1, MOST_NAMED + 3)]
    page = page_of(preview(desk, *lines))
    named = page.select(".problem-summary li a")
    assert [link.text for link in named] == [f"Line {n}" for n in range(2, MOST_NAMED + 2)]
    assert page.select_one(str(named[0]["href"])), "a line's link leads to its row"
    assert "And 2 more, each beside its line." in words_of(preview(desk, *lines))
    assert len(page.select("tbody .is-error li")) == MOST_NAMED + 2


def test_lines_keep_their_numbers_when_the_text_begins_with_empty_ones(desk: Client) -> None:
    first = desk.post(PREVIEW, {"text": "\r\n\r\n" + HEADER + FERRY.replace("2\n", "0\n")})
    area = page_of(first).select_one("textarea#id_text")
    assert area
    assert area.text.startswith("\n\n")
    assert rows_of(first)[0][0] == rows_of(desk.post(PREVIEW, {"text": area.text}))[0][0] == "4"


def test_a_new_coffee_needs_every_detail(desk: Client) -> None:
    response = preview(desk, "1003,,,,,4\n")
    assert response.status_code == 422
    told = rows_of(response)[0][-1]
    for column in ("Name", "Description", "CountryOfOrigin", "Price"):
        assert f"{column} is empty, and 1003 is a new coffee" in told


def test_a_known_coffee_shows_its_own_details_where_the_line_has_none(desk: Client) -> None:
    have(LIGHT)
    assert rows_of(preview(desk, "1001,,,,,4\n")) == [
        ["2", "1001", "Harbour Light", "Colombia", "12.50", "4", "12 → 16", "Top-up"]
    ]


def test_other_prices_and_words_are_shown_as_sentences_with_a_box_to_tick(desk: Client) -> None:
    have(LIGHT, FERRY)
    response = preview(desk, "1001,Harbour Dark,Nuts.,Peru,13.00,4\n", FERRY)
    told = rows_of(response)[0][-1]
    assert "Price 13.00 here, 12.50 in the shop." in told
    assert "Name “Harbour Dark” here, “Harbour Light” in the shop." in told
    assert "Origin Peru here, Colombia in the shop." in told
    assert "The description is another one than the shop's." in told
    boxes = page_of(response).select("input[type=checkbox]")
    assert [(box["name"], box.get("checked")) for box in boxes] == [("take_1001", None)]


def test_a_sold_out_coffee_comes_back_on_sale(desk: Client) -> None:
    have(FERRY)
    buy((FIRST_FERRY, 2))
    response = preview(desk, "1002,,,,,4\n")
    assert rows_of(response)[0][-2:] == ["0 → 4", "Top-up: sold out; comes back on sale"]
    desk.post(CONFIRM, confirm_form(page_of(response)))
    assert stock() == {1002: 4}


def test_a_withdrawn_coffee_comes_back_with_the_bags_it_had(desk: Client) -> None:
    have(LIGHT)
    withdraw(HARBOUR_LIGHT)
    response = preview(desk, "1001,,,,,4\n")
    assert rows_of(response)[0][-2:] == [
        "0 → 16",
        "Top-up: withdrawn; comes back on sale, with the 12 kept",
    ]
    done = desk.post(CONFIRM, confirm_form(page_of(response)))
    assert stock() == {1001: 16}
    page = desk.get(done["Location"])
    assert "Received 4 bags: 0 new, 1 topped up." in words_of(page)
    assert ": 4 bags of 1 coffee." in words_of(page)
    assert rows_of(page) == [
        ["1001", "Harbour Light back on sale, with the 12 kept", "0", "+4", "16"]
    ]
    assert listed(desk.get(FORM))[0] == ["rosa", "", "1", "0", "4"]


def test_a_row_without_a_price_in_the_stock_is_completed_by_a_delivery(desk: Client) -> None:
    StockRow.objects.create(id=1001, name="Harbour Light", price=None, quantity=3)
    response = preview(desk, LIGHT)
    assert rows_of(response)[0][-2] == "3 → 15"
    assert "what it lacks is filled in from here" in rows_of(response)[0][-1]
    desk.post(CONFIRM, confirm_form(page_of(response)))
    assert stock() == {1001: 15}


def test_more_bags_than_any_store_can_count_are_refused(desk: Client) -> None:
    have(LIGHT.replace(",12\n", ",2147483640\n"))
    response = preview(desk, LIGHT)
    assert response.status_code == 422
    assert "this would make 2,147,483,652: bring the figure" in rows_of(response)[0][-1]


def test_words_of_a_file_never_become_markup(desk: Client) -> None:
    response = preview(desk, LIGHT.replace("Harbour Light", "<script>alert(1)</script>"))
    assert b"<script>alert" not in response.content
    assert rows_of(response)[0][2] == "<script>alert(1)</script>"


# ── what cannot be read ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "This is a picture: choose a CSV file"),
        (b"x" * (MAX_TEXT + 1), "It has 2.1 MB, and 2 MB is the most"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    desk: Client, data: bytes, words: str
) -> None:
    sent = {"file": SimpleUploadedFile("friday.csv", data), "text": ""}
    response = desk.post(PREVIEW, sent)
    assert response.status_code == 422
    problem = page_of(response).select_one("#id_file_error")
    assert problem
    assert words in problem.text


def test_too_long_a_paste_keeps_what_was_pasted(desk: Client) -> None:
    text = HEADER + LIGHT * (MAX_TEXT // len(LIGHT) + 1)
    response = desk.post(PREVIEW, {"text": text})
    assert response.status_code == 422
    assert "2 MB is the most" in words_of(response)
    area = page_of(response).select_one("textarea")
    assert area
    assert area.text == text


@pytest.mark.parametrize("address", [PREVIEW, CONFIRM])
def test_a_paste_beyond_what_forms_may_hold_gets_a_sentence_too(desk: Client, address: str) -> None:
    response = desk.post(address, {"text": "x" * (5 * 1024 * 1024)})
    assert response.status_code == 413
    assert "a delivery may have 2 MB" in words_of(response)


# ── receiving ───────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_is_received_and_its_page_says_what_changed(desk: Client) -> None:
    have(LIGHT)
    response = receive(desk, LIGHT.replace(",12\n", ",5\n"), FERRY)
    assert response.status_code == 302
    page = desk.get(response["Location"])
    assert page.status_code == 200
    assert "Received 7 bags: 1 new, 1 topped up." in words_of(page)
    assert "By rosa" in words_of(page)
    assert ": 7 bags of 2 coffees, 1 of them new." in words_of(page)
    assert rows_of(page) == [
        ["1001", "Harbour Light", "12", "+5", "17"],
        ["1002", "First Ferry new", "0", "+2", "2"],
    ]
    assert stock() == {1001: 17, 1002: 2}


def test_other_rows_under_a_used_key_are_not_lost_without_a_word(desk: Client) -> None:
    key = receive(desk, LIGHT)["Location"].rstrip("/").split("/")[-1]
    response = receive(desk, FERRY, key=key)
    assert response.status_code == 422
    assert "This page was used for another delivery." in words_of(response)
    assert "First Ferry" in response.content.decode()
    assert stock() == {1001: 12}


def test_very_many_differences_are_taken_over_all_together(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package has a function of the module's name.
    monkeypatch.setattr(import_module("shop.deliveries.preview"), "MAX_TICKS", 5)
    ids = range(1, 7)
    have(*(f"{n},Coffee {n},Cocoa.,Peru,10.00,1\n" for n in ids))
    response = preview(desk, *(f"{n},,,,11.00,1\n" for n in ids))
    boxes = page_of(response).select("input[type=checkbox]")
    assert [box["name"] for box in boxes] == ["take_all"]
    desk.post(CONFIRM, confirm_form(page_of(response)) | {"take_all": "1"})
    assert {product.price for product in products_on_sale(get_inventory())} == {Decimal("11.00")}


@pytest.mark.slow
def test_the_largest_delivery_goes_through_the_pages(desk: Client) -> None:
    lines = [f"{n},Coffee {n},{'x' * 250},Peru,10.00,1\n" for n in range(1, MAX_ROWS + 1)]
    assert receive(desk, *lines).status_code == 302
    assert get_inventory().totals().bags == MAX_ROWS


def change_details() -> None:
    reprice(HARBOUR_LIGHT, "13.00", name="Harbour Dark")


@pytest.mark.parametrize(
    ("shelf", "line", "meanwhile", "after"),
    [
        ("empty", LIGHT, None, 12),
        ("on sale", "1001,,,,,4\n", change_details, 16),
        ("withdrawn", "1001,,,,,4\n", None, 16),
    ],
)
def test_confirm_pressed_twice_counts_once(
    desk: Client,
    shelf: str,
    line: str,
    meanwhile: Callable[[], None] | None,
    after: int,
) -> None:
    begin_with(shelf)
    form = confirm_form(page_of(preview(desk, line)))
    pressed = desk.post(CONFIRM, form)
    said = words_of(desk.get(pressed["Location"]))
    if meanwhile:
        meanwhile()
    again = desk.post(CONFIRM, form)
    assert again["Location"] == pressed["Location"]
    assert words_of(desk.get(again["Location"])) == said
    assert stock() == {1001: after}


def test_everything_is_checked_again_on_confirming(desk: Client) -> None:
    form = confirm_form(page_of(preview(desk, LIGHT)))
    form["text"] = form["text"].replace(",12\r\n", ",-12\r\n")
    response = desk.post(CONFIRM, form)
    assert response.status_code == 422
    assert "a delivery only brings bags in" in words_of(response)
    assert stock() == {}


@pytest.mark.parametrize(
    "key", [None, "", "CC-12345678", "delivery-x", f"delivery-{'0' * 33}", "../../etc"]
)
def test_a_form_without_a_proper_key_is_shown_again_with_a_new_one(
    desk: Client, key: str | None
) -> None:
    form = confirm_form(page_of(preview(desk, LIGHT)))
    del form["key"]
    response = desk.post(CONFIRM, form if key is None else form | {"key": key})
    assert response.status_code == 422
    assert "This page had lost its one-time key." in words_of(response)
    assert stock() == {}
    desk.post(CONFIRM, confirm_form(page_of(response)))
    assert stock() == {1001: 12}


@pytest.mark.parametrize(("address", "sent"), [(PREVIEW, {"text": " \r\n"}), (CONFIRM, {})])
def test_a_form_without_file_and_lines_says_what_to_send(
    desk: Client, address: str, sent: dict[str, str]
) -> None:
    response = desk.post(address, sent)
    assert response.status_code == 422
    assert "Choose a CSV file, or paste its lines." in words_of(response)


def test_lines_that_were_changed_are_looked_at_before_they_are_taken_in(desk: Client) -> None:
    form = confirm_form(page_of(preview(desk, LIGHT)))
    response = desk.post(CONFIRM, form | {"text": form["text"].replace(",12\r", ",120\r")})
    assert response.status_code == 422
    assert "changed since they were checked" in words_of(response)
    assert stock() == {}
    desk.post(CONFIRM, confirm_form(page_of(response)))
    assert stock() == {1001: 120}


# ── the same delivery again ─────────────────────────────────────────────────────────────────────


def test_the_same_delivery_again_is_held_back_and_names_the_first(desk: Client) -> None:
    first = receive(desk, LIGHT, FERRY)["Location"]
    response = receive(desk, FERRY, LIGHT)
    assert response.status_code == 409
    assert "This delivery was received before" in words_of(response)
    assert "by rosa" in words_of(response)
    assert page_of(response).select_one(f'a[href="{first}"]')
    assert stock() == {1001: 12, 1002: 2}


def test_the_same_delivery_again_is_received_once_more_on_request(desk: Client) -> None:
    receive(desk, LIGHT)
    form = confirm_form(page_of(receive(desk, LIGHT)))
    for _ in range(2):
        response = desk.post(CONFIRM, form)
        assert response.status_code == 302
    assert stock() == {1001: 24}


def test_ticked_boxes_survive_the_question(desk: Client) -> None:
    have(LIGHT)
    dearer = LIGHT.replace("12.50", "13.00")
    receive(desk, dearer)
    form = confirm_form(page_of(receive(desk, dearer, take_1001="1")))
    desk.post(CONFIRM, form)
    product = get_inventory().product(1001)
    assert product
    assert (product.price, product.quantity) == (Decimal("13.00"), 36)


# ── when the stock system fails ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("address", "method", "error", "words"),
    [
        (PREVIEW, "products", InventoryUnavailable("no"), "The stock system is not answering."),
        (CONFIRM, "products", InventoryUnavailable("no"), "The stock system is not answering."),
        (CONFIRM, "apply", InventoryTimeout("slow"), "The stock system is not answering."),
        (CONFIRM, "apply", InventoryBusy(1001), "Another person is changing the same coffees."),
    ],
)
def test_while_the_stock_system_is_away_the_lines_are_kept(
    desk: Client,
    override_inventory: OverrideInventory,
    address: str,
    method: str,
    error: Exception,
    words: str,
) -> None:
    form = confirm_form(page_of(preview(desk, LIGHT)))
    override_inventory(Failing(error, method))
    response = desk.post(address, form)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert words in words_of(response)
    area = page_of(response).select_one("textarea#id_text")
    assert area
    assert area.text == HEADER + LIGHT


def test_an_unknown_outcome_leads_to_the_page_that_asks_the_ledger(
    desk: Client,
) -> None:
    form = confirm_form(page_of(preview(desk, LIGHT)))
    silent = Failing(OutcomeUnknown(form["key"]), "apply")
    with inventory_from(lambda: silent):
        response = desk.post(CONFIRM, form)
    assert (response.status_code, response["Location"]) == (302, f"{FORM}{form['key']}/")
    page = desk.get(response["Location"])
    assert page.status_code == 404
    assert "This delivery is not found yet" in words_of(page)
    assert desk.post(CONFIRM, form).status_code == 302
    assert desk.get(response["Location"]).status_code == 200


def test_a_stock_that_changed_in_the_last_moment_is_shown_again(
    desk: Client, override_inventory: OverrideInventory
) -> None:
    form = confirm_form(page_of(preview(desk, LIGHT)))
    override_inventory(Failing(ChangeRefused(1001, -20, 12), "apply"))
    response = desk.post(CONFIRM, form)
    assert response.status_code == 422
    assert "The stock changed since you looked." in words_of(response)


def put_back() -> None:
    get_inventory().apply(PutBack(product_id=1001), Note(key="put back", who="Rosa"))


@pytest.mark.parametrize(
    ("shelf", "meanwhile"),
    [
        ("on sale", lambda: withdraw(HARBOUR_LIGHT)),
        ("withdrawn", put_back),
        ("empty", lambda: have(LIGHT)),
    ],
)
def test_a_coffee_that_is_no_longer_where_the_preview_showed_it_is_looked_at_again(
    desk: Client, shelf: str, meanwhile: Callable[[], None]
) -> None:
    begin_with(shelf)
    form = confirm_form(page_of(preview(desk, LIGHT.replace(",12\n", ",4\n"))))
    meanwhile()
    before = stock()
    response = desk.post(CONFIRM, form)
    assert response.status_code == 422
    assert "The stock changed since you looked." in words_of(response)
    assert stock() == before
    assert desk.post(CONFIRM, confirm_form(page_of(response))).status_code == 302
    assert stock() == {1001: 16}


def test_a_coffee_withdrawn_in_the_moment_of_confirming_stays_withdrawn(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    have(LIGHT)
    form = confirm_form(page_of(preview(desk, "1001,,,,,4\n")))
    real = type(get_inventory()).apply

    def too_late(inventory: Inventory, change: Change, note: Note) -> Decision:
        real(inventory, Withdrawal(product_id=1001), Note(key="withdraw", who="Rosa"))
        return real(inventory, change, note)

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", too_late)
        response = desk.post(CONFIRM, form)
    assert response.status_code == 422
    assert "Top-up: withdrawn; comes back on sale, with the 12 kept" in words_of(response)
    assert stock() == {}


def test_a_repeated_delivery_of_a_coffee_withdrawn_meanwhile_is_looked_at_again(
    desk: Client,
) -> None:
    receive(desk, LIGHT)
    form = confirm_form(page_of(receive(desk, LIGHT)))
    withdraw(HARBOUR_LIGHT)
    response = desk.post(CONFIRM, form)
    assert response.status_code == 422
    assert "The stock changed since you looked." in words_of(response)
    assert stock() == {}


# ── the delivery's own page ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "key", ["delivery-1", f"delivery-{'0' * 33}", "CC-12345678", "nonsense", f"desk-{'0' * 32}"]
)
def test_an_address_that_is_no_delivery_is_not_found(desk: Client, key: str) -> None:
    response = desk.get(f"{FORM}{key}/")
    assert response.status_code == 404
    assert "not found yet" not in response.content.decode()


def test_another_change_under_such_a_key_is_no_delivery(desk: Client) -> None:
    have(LIGHT)
    key = new_key()
    get_inventory().apply(
        Correction(product_id=1001, shown=12, counted=11), Note(key=key, who="Rosa")
    )
    assert desk.get(f"{FORM}{key}/").status_code == 404


# ── the list of past deliveries ─────────────────────────────────────────────────────────────────


def listed(response: Answer) -> list[list[str]]:
    """The list's cells without the first, which is the time."""
    return [cells[1:] for cells in rows_of(response)]


def test_past_deliveries_are_listed_with_who_and_how_much_and_lead_to_their_pages(
    desk: Client,
) -> None:
    have(LIGHT)
    address = receive(desk, LIGHT.replace(",12\n", ",1500\n"), FERRY)["Location"]
    page = desk.get(FORM)
    assert listed(page) == [["rosa", "", "2", "1", "1,502"], ["Rosa", "", "1", "1", "12"]]
    (link,) = page_of(page).select("tbody a")
    assert link["href"] == address
    when = link.select_one("time")
    assert when
    decision = get_inventory().decision(address.rstrip("/").split("/")[-1])
    assert decision
    assert datetime.fromisoformat(str(when["datetime"])) == decision.at.replace(microsecond=0)


def test_bags_that_came_in_at_one_coffees_page_are_listed_and_have_a_page_too(
    desk: Client,
) -> None:
    have(LIGHT)
    key = f"desk-{'0' * 32}"
    form = {"key": key, "quantity": "3"}
    assert desk.post("/staff/stock/1001/receive/", form).status_code == 302
    page = desk.get(FORM)
    assert listed(page)[0] == ["rosa", "", "1", "0", "3"]
    (link,) = page_of(page).select("tbody a")
    assert rows_of(desk.get(str(link["href"]))) == [["1001", "Harbour Light", "12", "+3", "15"]]


def test_older_deliveries_are_one_link_away(desk: Client) -> None:
    for n in range(1, MOST_LISTED + 4):
        if n == MOST_LISTED + 1:
            assert not page_of(desk.get(FORM)).select("nav.pages"), "all of them are listed"
        have(f"{1000 + n},Coffee {n},Cocoa.,Peru,10.00,{n}\n", key=new_key())
    first = desk.get(FORM)
    bags = [cells[-1] for cells in listed(first)]
    assert bags == [str(n) for n in range(MOST_LISTED + 3, 3, -1)]
    (older,) = page_of(first).select("nav.pages a")
    assert text_of(older) == "Older deliveries"
    second = desk.get(str(older["href"]))
    assert [cells[-1] for cells in listed(second)] == ["3", "2", "1"]
    assert [text_of(link) for link in page_of(second).select("nav.pages a")] == ["The latest"]


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("delivery-" + "0" * 32, "Nothing came in before that."),
        ("a\0b", "Past deliveries"),
        ("x" * 500, "Past deliveries"),
        ("' OR 1=1", "Past deliveries"),
    ],
)
def test_an_address_with_a_forged_place_in_the_list_is_a_page(
    desk: Client, before: str, words: str
) -> None:
    response = desk.get(FORM, {"before": before})
    assert response.status_code == 200
    assert words in words_of(response)


def test_the_form_is_there_while_the_list_cannot_be_read(
    desk: Client, override_inventory: OverrideInventory
) -> None:
    override_inventory(Failing(InventoryUnavailable("no route"), "deliveries"))
    response = desk.get(FORM)
    assert response.status_code == 200
    assert "The stock system is not answering." in words_of(response)
    assert page_of(response).select_one(f'form[action="{PREVIEW}"]')


# ── who may, and how ────────────────────────────────────────────────────────────────────────────

ACTIONS = [PREVIEW, CONFIRM]


@pytest.mark.parametrize("address", ACTIONS)
def test_a_visitor_who_sends_lines_logs_in_and_comes_back_to_the_form(
    client: Client, address: str
) -> None:
    response = client.post(address, {"text": HEADER + LIGHT, "key": new_key()})
    assert (response.status_code, response["Location"]) == (302, f"/staff/login/?next={FORM}")
    assert stock() == {}
