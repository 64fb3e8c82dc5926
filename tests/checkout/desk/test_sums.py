"""The sums of some days: gross, tax, net, by rate, branch and coffee, and what was cancelled."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from checkout import aftercare
from checkout.desk import sums_views
from checkout.desk.days import Days
from checkout.desk.sums import Sums
from checkout.models import Order
from checkout.summary import Summary
from shop.inventory import get_inventory
from tests.checkout.orders import buy, place
from tests.shop.cast import browser_of, page_of, person, words_of
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, SLACK_WATER, stock

pytestmark = pytest.mark.django_db(transaction=True)

SUMS, ORDERS = "/staff/orders/sums/", "/staff/orders/"
NOVEMBER = "?first=2026-11-01&last=2026-11-30"
CASES = [
    # rate, branch, placed in the shop's time zone, bags of Harbour Light and of Slack Water
    ("0.2", "landing", "2026-11-01 00:00", (1, 0)),
    ("0.2", "landing", "2026-11-14 12:00", (1, 2)),
    ("0.2", "roastery", "2026-11-14 12:00", (0, 1)),
    ("0.0550", "roastery", "2026-11-30 23:59", (3, 1)),
    ("0.2", "landing", "2026-10-31 23:59", (9, 0)),
    ("0.2", "landing", "2026-12-01 00:00", (9, 0)),
]


@pytest.fixture
def desk(settings: Settings) -> Client:
    """Rosa's; four orders of November, one of it cancelled and one pending, two of other months."""
    settings.TIME_ZONE = "America/Sao_Paulo"
    stock()
    for number, (rate, branch, at, bags) in enumerate(CASES):
        wanted = [(coffee, n) for coffee, n in zip((HARBOUR_LIGHT, SLACK_WATER), bags, strict=True)]
        order = buy(*[one for one in wanted if one[1]], token=f"basket {number}")
        placed(order, at, tax_rate=rate, branch_slug=branch)
    cancelled = placed(buy((FIRST_FERRY, 2), token="thought better of it"), "2026-11-20 10:00")
    aftercare.cancel(cancelled, get_inventory(), who="rosa")
    placed(place((FIRST_FERRY, 4), token="not settled"), "2026-11-20 10:00")
    return browser_of(person("rosa", "see_orders", "view_stock"))


def placed(order: Order, at: str, **others: str) -> Order:
    moment = timezone.make_aware(datetime.fromisoformat(at))
    Order.objects.filter(pk=order.pk).update(created_at=moment, **others)
    order.refresh_from_db()
    return order


def rows(desk: Client, address: str) -> list[dict[str, str]]:
    text = b"".join(desk.get(address).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.usefixtures("desk")
def test_the_sums_are_those_of_the_receipts_of_these_days() -> None:
    sums = Sums.of(Days(first=date(2026, 11, 1), last=date(2026, 11, 30)))
    november = [Summary.of_order(order) for order in Order.objects.order_by("pk")[:4]]
    assert sums.total.gross == sum(one.total for one in november)
    assert sums.total.tax == sum(one.tax for one in november)
    assert sums.total.net == sum(one.net for one in november)
    assert (sums.total.orders, sums.total.bags, sums.cancelled.orders) == (4, 9, 1)
    assert sums.cancelled.gross == Decimal("32.00")
    for parts in (sums.rates, sums.branches):
        assert sum((part.gross for part in parts), Decimal(0)) == sums.total.gross
        assert sum((part.tax for part in parts), Decimal(0)) == sums.total.tax
    assert [(one.name, one.orders) for one in sums.rates] == [("20%", 3), ("5.5%", 1)]
    assert [(one.name, one.bags) for one in sums.branches] == [
        ("The Landing", 4),
        ("The Roastery", 5),
    ]
    assert [(one.product_id, one.bags) for one in sums.coffees()] == [(1001, 5), (1003, 4)]


def test_sums_and_orders_of_a_month_go_to_the_accountant_without_addresses(desk: Client) -> None:
    page = desk.get(SUMS + NOVEMBER)
    links = [str(a["href"]) for a in page_of(page).select("main .actions-aside a")]
    sums, orders = (rows(desk, link) for link in links)
    assert [(row["By"], row["Gross"]) for row in sums if row["By"] in ("all", "cancelled")] == [
        ("all", "106.10"),
        ("cancelled", "32.00"),
    ]
    assert {row["Placed"][:7] for row in orders} == {"2026-11"}
    assert "E-mail" not in orders[0]
    assert "@" not in words_of(page) + str(sums) + str(orders)
    assert "E-mail" in rows(desk, f"{ORDERS}export/{NOVEMBER}")[0]


def test_a_page_of_very_many_orders_leads_to_the_file(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums_views, "MOST_ORDERS", 4)
    page = desk.get(SUMS + NOVEMBER)
    assert "These days have 5 orders, more than the 4 that this page adds up" in words_of(page)
    assert not page_of(page).select("main table")
    (total, *_) = rows(desk, str(page_of(page).select("main .actions-aside a")[0]["href"]))
    assert (total["By"], total["Orders"]) == ("all", "4")


def test_the_list_of_orders_and_its_links_keep_the_days(desk: Client) -> None:
    page = page_of(desk.get(ORDERS + NOVEMBER + "&stage=cancelled"))
    assert [field.get("value") for field in page.select("input[type=date]")] == [
        "2026-11-01",
        "2026-11-30",
    ]
    assert len(page.select("tbody tr")) == 1
    assert "first=2026-11-01&last=2026-11-30" in str(page.select_one(".actions-aside a")).replace(
        "&amp;", "&"
    )


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?first=2026-11-30&last=2026-11-01", "The first day comes after the last"),
        ("?first=2026-13-01", "Orders placed from 1 "),  # no day, so this month
        ("?first=0001-01-01&last=9999-12-31", "Orders placed from 1 "),
        ("?last=2000-01-01", "Nothing was sold on these days."),
    ],
)
def test_other_days_have_a_sentence(desk: Client, query: str, says: str) -> None:
    assert says in words_of(desk.get(SUMS + query))
    assert desk.get(ORDERS + query).status_code == 200
