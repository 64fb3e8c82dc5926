"""The staff's page of alerts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from checkout.models import StockAlert
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryTimeout
from tests.checkout.orders import buy
from tests.shop.cast import browser_of, page_of, rosa, stella, words_of
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, THOUSAND_STEPS, stock

pytestmark = pytest.mark.django_db(transaction=True)

ALERTS = "/staff/alerts/"
NOTE = "/staff/alerts/acknowledge/"


@pytest.fixture
def desk() -> Client:
    """Rosa's, with the small shelf in stock."""
    stock()
    return browser_of(rosa())


def form(desk: Client) -> dict[str, str]:
    """The first alert's form as the page has it."""
    found = page_of(desk.get(ALERTS)).select_one(f'form[action="{NOTE}"]')
    assert found, "no alert can be noted"
    return {str(field["name"]): str(field["value"]) for field in found.select("input")}


def headings(desk: Client) -> list[str]:
    return [head.text for head in page_of(desk.get(ALERTS)).select(".alert-table tbody th")]


def test_a_shop_without_alerts_says_so(desk: Client) -> None:
    assert "There are no open alerts." in words_of(desk.get(ALERTS))


def test_an_alert_shows_what_is_left_the_order_and_what_the_server_said(desk: Client) -> None:
    order = buy((THOUSAND_STEPS, 1))
    StockAlert.objects.update(answer="noted, 1 left")
    words = words_of(desk.get(ALERTS))
    assert "Running low : 1 bag left" in words
    assert order.reference in words
    assert "noted, 1 left" in words


def test_more_open_alerts_than_are_shown_are_said(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checkout.alerts.MOST_GROUPS", 1)
    buy((THOUSAND_STEPS, 1), token="ana")
    assert "These are the latest" not in words_of(desk.get(ALERTS))
    buy((KEEPERS_RESERVE, 1), token="ben")
    assert "These are the latest 1 of 2: take note of some" in words_of(desk.get(ALERTS))


def test_an_error_of_the_server_is_shown_with_the_alert(desk: Client) -> None:
    buy((KEEPERS_RESERVE, 1))
    StockAlert.objects.update(error="<CLASS DOES NOT EXIST>", answer="")
    words = words_of(desk.get(ALERTS))
    assert "Keeper's Reserve Sold out" in words
    assert "Error: <CLASS DOES NOT EXIST>" in words


def test_lows_of_one_coffee_are_occurrences_of_one_alert(desk: Client) -> None:
    stock(HARBOUR_LIGHT)  # 96 by now
    first = buy((HARBOUR_LIGHT, 94), token="ana")
    second = buy((HARBOUR_LIGHT, 1), token="ben")
    buy((KEEPERS_RESERVE, 1), token="cleo")
    assert headings(desk) == ["Keeper's Reserve", "Harbour Light"]
    assert f"2 times: {second.reference} , {first.reference}" in words_of(desk.get(ALERTS))


def test_an_alert_says_how_many_bags_there_are_by_now(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy((KEEPERS_RESERVE, 1))
    stock(replace(KEEPERS_RESERVE, quantity=2))
    assert "Sold out · 2 bags by now" in words_of(desk.get(ALERTS))

    def away(*_: object) -> None:
        raise InventoryTimeout("away")

    monkeypatch.setattr(type(get_inventory()), "products", away)
    assert "Sold out · " not in words_of(desk.get(ALERTS))
    assert headings(desk) == ["Keeper's Reserve"]


def test_a_low_coffee_that_sells_out_is_one_alert_and_a_restock_closes_it(desk: Client) -> None:
    buy((THOUSAND_STEPS, 1), token="ana")
    buy((THOUSAND_STEPS, 1), token="ben")
    assert headings(desk) == ["Thousand Steps"]
    assert "Sold out" in words_of(desk.get(ALERTS))
    page = "/staff/stock/1010/"
    fields = {
        str(field["name"]): str(field.get("value", ""))
        for field in page_of(desk.get(page)).select(f'form[action="{page}receive/"] input')
    }
    desk.post(page + "receive/", fields | {"quantity": "2"})
    assert not StockAlert.objects.exclude(acknowledged_at=None)
    fields = {
        str(field["name"]): str(field.get("value", ""))
        for field in page_of(desk.get(page)).select(f'form[action="{page}receive/"] input')
    }
    desk.post(page + "receive/", fields | {"quantity": "1"})
    assert {alert.acknowledged_by for alert in StockAlert.objects.all()} == {"a restock"}
    assert headings(desk) == []


def test_rosa_takes_note_and_it_is_kept_who_and_when(desk: Client) -> None:
    buy((KEEPERS_RESERVE, 1))
    response = desk.post(NOTE, form(desk))
    assert (response.status_code, response["Location"]) == (302, ALERTS)
    alert = StockAlert.objects.get()
    assert alert.acknowledged_by == "rosa"
    assert alert.acknowledged_at
    assert headings(desk) == []
    assert "Lately noted" in words_of(desk.get(ALERTS))


def test_what_was_noted_together_is_one_line_of_what_was_noted_lately(desk: Client) -> None:
    stock(HARBOUR_LIGHT)  # 96 by now
    buy((HARBOUR_LIGHT, 94), token="ana")
    buy((HARBOUR_LIGHT, 1), token="ben")
    desk.post(NOTE, form(desk))
    buy((KEEPERS_RESERVE, 1), token="cleo")
    desk.post(NOTE, form(desk))
    rows = [
        [" ".join(cell.text.split()) for cell in row.select("th, td")]
        for row in page_of(desk.get(ALERTS)).select("tbody tr")
    ]
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("Keeper's Reserve", "Sold out", "rosa"),
        ("Harbour Light", "Low, 1 left · 2 times", "rosa"),
    ]


def test_an_occurrence_that_the_page_did_not_show_stays_open(desk: Client) -> None:
    buy((THOUSAND_STEPS, 1), token="ana")
    fields = form(desk)
    StockAlert.objects.create(
        reference="CC-LATER",
        product_id=THOUSAND_STEPS.product_id,
        kind="low",
        name="Thousand Steps",
        left=2,
        at=StockAlert.objects.get().at,
    )
    desk.post(NOTE, fields)
    assert [alert.reference for alert in StockAlert.objects.filter(acknowledged_at=None)] == [
        "CC-LATER"
    ]


def test_taking_note_twice_keeps_the_first(desk: Client) -> None:
    buy((KEEPERS_RESERVE, 1))
    fields = form(desk)
    desk.post(NOTE, fields)
    first = StockAlert.objects.get().acknowledged_at
    desk.post(NOTE, fields)
    assert "closed already" in page_of(desk.get(ALERTS)).get_text()
    assert StockAlert.objects.get().acknowledged_at == first


@pytest.mark.parametrize("product_id", ["", "x", "-1", "²", "9" * 40])
def test_a_forged_form_closes_nothing(desk: Client, product_id: str) -> None:
    buy((KEEPERS_RESERVE, 1))
    assert desk.post(NOTE, form(desk) | {"product_id": product_id}).status_code == 302
    assert headings(desk) == ["Keeper's Reserve"]


def test_the_navigation_counts_open_alerts(desk: Client) -> None:
    link = page_of(desk.get("/staff/")).select_one(f'nav a[href="{ALERTS}"]')
    assert link
    assert link.text.strip() == "Alerts"
    buy((KEEPERS_RESERVE, 1), (THOUSAND_STEPS, 1))
    link = page_of(desk.get("/staff/stock/")).select_one(f'nav a[href="{ALERTS}"]')
    assert link
    assert "2 open" in link.text


def test_stella_sees_alerts_and_takes_note_of_none() -> None:
    stock()
    buy((KEEPERS_RESERVE, 1))
    page = page_of(browser_of(stella()).get(ALERTS))
    assert page.select(".alert-table")
    assert not page.select("main form")


def test_a_hundred_occurrences_are_shown_as_a_number(desk: Client) -> None:
    buy((THOUSAND_STEPS, 1))
    first = StockAlert.objects.get()
    StockAlert.objects.bulk_create(
        StockAlert(
            reference=f"CC-{n}",
            product_id=first.product_id,
            kind="low",
            name=first.name,
            left=1,
            at=first.at,
        )
        for n in range(99)
    )
    words = words_of(desk.get(ALERTS))
    assert "100 times" in words
    assert "And 90 earlier." in words
