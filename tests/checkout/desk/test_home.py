"""The front page of the staff: four figures to act on, and three charts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from checkout.desk.charts import DAYS, bags_by_day
from checkout.models import Order
from shop.inventory.contract import InventoryTimeout
from shop.inventory.models import OnSaleSince
from tests.checkout.orders import buy
from tests.shop.cast import browser_of, page_of, person, text_of, words_of
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    count,
    left,
    stock,
)
from tests.support.inventory import Failing, OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "/staff/"


@pytest.fixture
def desk() -> Client:
    """Rosa's, with the small shelf in stock."""
    stock()
    return browser_of(person("rosa", "view_stock", "see_orders"))


def doors(desk: Client) -> list[tuple[str, str]]:
    links = page_of(desk.get(HOME)).select(".desk-doors a")
    return [(text_of(link), str(link["href"])) for link in links]


def charts(desk: Client) -> list[str]:
    return [text_of(head) for head in page_of(desk.get(HOME)).select(".chart > h2")]


def test_the_four_figures_say_what_to_do_and_lead_there(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 20), token="a")
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(days=9))
    buy((KEEPERS_RESERVE, 1), token="b")
    assert doors(desk) == [
        ("2 to hand over, the oldest waits 9 days", "/staff/orders/?stage=to-collect"),
        ("1 sold out", "/staff/stock/?show=sold-out"),
        ("1 runs out within a week", "/staff/stock/?sort=lasts"),
        ("1 alert not noted", "/staff/alerts/"),
    ]


def test_before_the_first_sale_there_are_figures_and_no_chart_of_what_waits(desk: Client) -> None:
    assert [text[0] for text, _ in doors(desk)] == ["0"] * 4
    assert charts(desk) == [
        "0 bags sold in the seven days up to yesterday, as many as in the seven before."
    ]


def test_each_chart_says_its_result_and_can_be_read_as_a_table(desk: Client) -> None:
    order = buy((HARBOUR_LIGHT, 6), (FIRST_FERRY, 3), (KEEPERS_RESERVE, 1))
    yesterday = timezone.now() - timedelta(days=1)
    Order.objects.filter(pk=order.pk).update(settled_at=yesterday, created_at=yesterday)
    OnSaleSince.objects.update(at=timezone.now() - timedelta(days=2))
    assert charts(desk) == [
        "10 bags sold in the seven days up to yesterday, 10 more than in the seven before.",
        "Harbour Light runs out first, in 21 days.",
        "1 order to hand over, 0 of them older than a week.",
    ]
    page = page_of(desk.get(HOME))
    rows = [
        [[text_of(cell) for cell in row.select("th, td")] for row in table.select("tbody tr")]
        for table in page.select(".chart table")
    ]
    assert len(rows[0]) == DAYS
    assert [row[1] for row in rows[0][-2:]] == ["10", "0"]
    assert [(row[0], row[-1]) for row in rows[1]] == [
        ("Keeper's Reserve", "Sold out"),
        ("Harbour Light", "21 days"),
        ("First Ferry", "27 days"),
    ]
    assert [row[2:] for row in rows[2]] == [["1", "0"], ["0", "0"], ["0", "0"]]
    assert not page.select(".chart [style], .chart script")


def test_where_only_sold_out_coffees_sold_the_chart_names_the_one_that_is_missed(
    desk: Client,
) -> None:
    buy((KEEPERS_RESERVE, 1))
    assert "Keeper's Reserve is sold out and missed most." in charts(desk)


def test_a_coffee_that_was_counted_down_to_none_is_sold_out(desk: Client) -> None:
    buy((HARBOUR_LIGHT, 6))
    count(HARBOUR_LIGHT, shown=left(HARBOUR_LIGHT), counted=0)
    assert ("1 sold out", "/staff/stock/?show=sold-out") in doors(desk)
    assert "Harbour Light is sold out and missed most." in charts(desk)


def test_the_bars_have_one_scale_and_the_line_ends_yesterday() -> None:
    today = timezone.localdate()
    sold = {1: {today: 4, today - timedelta(days=1): 8}, 2: {today - timedelta(days=1): 8}}
    drawn = bags_by_day(sold)
    assert [(bar.bags, bar.height) for bar in drawn.bars[-3:]] == [(0, 0), (16, 120), (4, 30)]
    assert round(drawn.bars[-2].mean, 2) == 2.29
    assert drawn.lines[-1][1] is drawn.bars[-2]


def test_while_the_stock_is_away_the_orders_are_shown(
    desk: Client, override_inventory: OverrideInventory
) -> None:
    buy((HARBOUR_LIGHT, 1))
    override_inventory(Failing(InventoryTimeout("away")))
    assert "no figures of it at this moment" in words_of(desk.get(HOME))
    assert charts(desk) == ["1 order to hand over, 0 of them older than a week."]
