"""Mending a delivery on its preview: cell by cell, with the ticks kept."""

from __future__ import annotations

from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from shop.deliveries import COLUMNS
from shop.inventory import get_inventory
from tests.shop.cast import browser_of, page_of, rosa, rows_of, words_of
from tests.shop.desk.test_delivery_pages import (
    CONFIRM,
    FERRY,
    LIGHT,
    PREVIEW,
    confirm_form,
    have,
    preview,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Client:
    """Rosa's."""
    return browser_of(rosa())


def preview_form(page: BeautifulSoup) -> dict[str, str]:
    """What a browser would send on pressing Check again on a page with problems."""
    form = page.select_one(f'form[action="{PREVIEW}"]')
    assert form, "the page has nothing to mend"
    area = form.select_one("textarea")
    assert area
    fields = {
        str(field["name"]): str(field["value"])
        for field in form.select("input")
        if field.get("type") != "checkbox" or field.has_attr("checked")
    }
    return fields | {"text": area.text.replace("\n", "\r\n")}


def test_a_row_with_problems_is_corrected_in_its_own_cells(desk: Client) -> None:
    first = preview(desk, LIGHT, FERRY.replace("16.00", "free").replace(",2\n", ",-2\n"))
    form = preview_form(page_of(first))
    assert {name for name in form if name.startswith("cell_")} == {
        f"cell_3_{column}" for column in COLUMNS
    }
    assert (form["cell_3_Price"], form["cell_3_StockQuantity"]) == ("free", "-2")
    second = desk.post(PREVIEW, form | {"cell_3_Price": "16,50", "cell_3_StockQuantity": "2"})
    assert second.status_code == 200
    desk.post(CONFIRM, confirm_form(page_of(second)))
    assert stock() == {1001: 12, 1002: 2}
    assert get_inventory().products([1002])[1002].price == Decimal("16.50")


def test_mending_one_row_keeps_the_others_and_what_is_wrong_with_them(desk: Client) -> None:
    first = preview(desk, LIGHT.replace("12.50", "free"), FERRY.replace("16.00", "dear"))
    form = preview_form(page_of(first)) | {"cell_2_Price": '12.50"', "cell_3_Name": "Last, Ferry"}
    second = desk.post(PREVIEW, form | {"cell_2_Price": "12.50"})
    assert second.status_code == 422
    assert [row[0] for row in rows_of(second) if "Price is" in row[-1]] == ["3"]
    again = preview_form(page_of(second))
    assert (again["cell_3_Name"], again["cell_3_Price"]) == ("Last, Ferry", "dear")
    assert LIGHT.strip() in again["text"]


def test_a_row_that_has_no_clear_cells_is_corrected_in_the_text(desk: Client) -> None:
    form = preview_form(page_of(preview(desk, LIGHT.replace("12.50", "12,50"), FERRY)))
    assert not [name for name in form if name.startswith("cell_")]


def test_where_lines_and_cells_were_changed_the_lines_win_and_it_is_said(desk: Client) -> None:
    form = preview_form(page_of(preview(desk, LIGHT.replace("12.50", "free"))))
    form |= {"cell_2_Price": "9.00", "text": form["text"].replace("free", "12.50")}
    response = desk.post(PREVIEW, form)
    assert response.status_code == 200
    assert rows_of(response)[0][4] == "12.50"
    assert "what you typed into the table was left out" in words_of(response)


def test_ticks_are_kept_when_the_lines_are_checked_again(desk: Client) -> None:
    have(LIGHT, FERRY)
    dearer = (LIGHT.replace("12.50", "13.00"), FERRY.replace("16.00", "17.00"))
    form = confirm_form(page_of(preview(desk, *dearer))) | {"take_1002": "1"}
    page = page_of(desk.post(PREVIEW, form | {"text": form["text"] + "1003,x,y,Peru,free,1\r\n"}))
    boxes = {str(box["name"]): box.has_attr("checked") for box in page.select("[type=checkbox]")}
    assert boxes == {"take_1001": False, "take_1002": True}
    corrected = desk.post(PREVIEW, preview_form(page) | {"cell_4_Price": "8.00"})
    desk.post(CONFIRM, confirm_form(page_of(corrected)))
    known = get_inventory().products([1001, 1002, 1003])
    assert [known[id_].price for id_ in sorted(known)] == [
        Decimal("12.50"),
        Decimal("17.00"),
        Decimal("8.00"),
    ]


@pytest.mark.parametrize(
    "name", ["cell_2_Nothing", "cell_99_Price", "cell_1_Price", "cell_x_Price", "cell_²_Price"]
)
def test_a_cell_that_is_not_there_changes_nothing(desk: Client, name: str) -> None:
    form = preview_form(page_of(preview(desk, LIGHT.replace("12.50", "free"))))
    response = desk.post(PREVIEW, form | {name: "5"})
    assert response.status_code == 422
    assert preview_form(page_of(response))["text"] == form["text"]


def test_a_page_full_of_problems_can_be_sent_again(desk: Client) -> None:
    lines = [f"{n},Coffee {n},Cocoa.,Peru,free,1\n" for n in range(1, 701)]
    form = preview_form(page_of(preview(desk, *lines)))
    assert len(form) < 1000
    assert desk.post(PREVIEW, form | {"cell_2_Price": "8.00"}).status_code == 422
