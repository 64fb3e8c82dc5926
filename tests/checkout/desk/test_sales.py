"""The stock table shows how each coffee sells; the figures come from the orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from checkout import aftercare
from checkout.desk import bags_to_collect, sold_by_day
from checkout.models import Order
from shop.desk.sales import DAYS, LEAST_LEVEL, Sales, sales_of, stock_lines
from shop.inventory import get_inventory
from shop.inventory.models import OnSaleSince, ShelvedProduct
from tests.checkout.orders import buy, place
from tests.shop.cast import browser_of, page_of, stella, words_of
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    THOUSAND_STEPS,
    count,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def selling(*ids: int) -> dict[int, Sales]:
    """How these coffees sell."""
    inventory = get_inventory()
    return sales_of(inventory, list(inventory.products(ids).values()))


def sold_days_ago(order: Order, days: int) -> None:
    Order.objects.filter(pk=order.pk).update(settled_at=timezone.now() - timedelta(days=days))


def test_confirmed_orders_count_on_the_day_they_were_sold() -> None:
    stock()
    buy((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), token="ana")
    sold_days_ago(buy((HARBOUR_LIGHT, 3), token="ben"), 4)
    sold_days_ago(buy((HARBOUR_LIGHT, 5), token="cleo"), DAYS)
    place((HARBOUR_LIGHT, 9), token="dora")
    figures = selling(1001, 1002, 1003)
    assert figures[1001].by_day[-5:] == (3, 0, 0, 0, 2)
    assert (figures[1001].total, figures[1002].total, figures[1003].total) == (5, 1, 0)


def test_cancelled_orders_were_no_sale() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    Order.objects.filter(pk=order.pk).update(cancelled_at=timezone.now())
    assert selling(1001)[1001].total == 0


def test_bags_lie_on_the_shelf_from_the_sale_until_they_are_collected_or_back_in_stock() -> None:
    stock()
    orders = [buy((HARBOUR_LIGHT, bags), token=f"{bags}") for bags in (1, 2, 4, 8)]
    place((HARBOUR_LIGHT, 16))
    aftercare.hand_over(orders[0], who="rosa")
    aftercare.cancel(orders[1], get_inventory(), who="rosa")
    Order.objects.filter(pk=orders[2].pk).update(cancelled_by="rosa")
    assert bags_to_collect() == {1001: 12}
    page = words_of(browser_of(stella()).get("/staff/stock/"))
    assert "+ 12 to be collected = 47 on the shelf" in page


def test_a_shop_without_orders_has_figures_too() -> None:
    assert sold_by_day([], since=timezone.localdate()) == {}
    stock(HARBOUR_LIGHT)
    assert selling(1001)[1001] == Sales(by_day=(0,) * DAYS, bags=0, days=DAYS)


def test_how_long_a_stock_lasts() -> None:
    sales = Sales(by_day=(0,) * DAYS, bags=15, days=30)
    assert (sales.cover(45), sales.cover(1), sales.cover(0)) == (90, 2, 0)
    assert sales.cover(46) is None, "more than 90 days are slow"
    assert Sales(by_day=(0,) * DAYS, bags=2, days=1).cover(1) is None, "too few for a pace"


def on_sale_for(days: int) -> None:
    OnSaleSince.objects.update(at=timezone.now() - timedelta(days=days - 1))


def test_the_pace_counts_the_days_on_which_a_coffee_could_be_bought() -> None:
    stock(HARBOUR_LIGHT)
    buy((HARBOUR_LIGHT, 8))
    covers = []
    for days in (1, 4, DAYS, 300):
        on_sale_for(days)
        (line,) = stock_lines(get_inventory(), [get_inventory().products([1001])[1001]])
        covers.append((line.cover, line.state.value))
    assert covers == [(5, "low"), (20, "in-stock"), (None, "in-stock"), (None, "in-stock")]


def test_a_sold_out_coffee_keeps_its_last_pace() -> None:
    stock(THOUSAND_STEPS)
    sold_days_ago(buy((THOUSAND_STEPS, 2)), 40)
    on_sale_for(43)
    shelved = ShelvedProduct.objects.get(id=1010)
    long_ago = timezone.now() - timedelta(days=40)
    shelved.details |= {"since": long_ago.isoformat()}
    ShelvedProduct.objects.update(details=shelved.details, since=long_ago)
    desk = browser_of(stella())
    assert "0 sold 2 in 3 days" in words_of(desk.get("/staff/stock/"))
    assert "Last pace 2 bags in 3 days" in words_of(desk.get("/staff/stock/1010/"))


def test_bags_that_were_taken_back_unsold_leave_the_last_pace_as_it_was() -> None:
    stock(KEEPERS_RESERVE, THOUSAND_STEPS)
    sold_days_ago(buy((THOUSAND_STEPS, 1), token="the first"), 42)
    sold_days_ago(buy((THOUSAND_STEPS, 1), token="the second"), 40)
    stock(replace(THOUSAND_STEPS, quantity=9))
    sold_days_ago(buy((THOUSAND_STEPS, 4), token="the third"), 39)
    count(THOUSAND_STEPS, shown=5, counted=0)
    assert (selling(1010)[1010].bags, selling(1010)[1010].days) == (6, 4)


def test_a_coffee_that_runs_out_within_a_week_is_low_wherever_that_is_said() -> None:
    stock(HARBOUR_LIGHT, FIRST_FERRY, SLACK_WATER)
    buy((HARBOUR_LIGHT, 20), (FIRST_FERRY, 4))
    desk = browser_of(stella())
    for query, names in {
        "?show=low": ["Harbour Light", "First Ferry"],
        "?show=low&q=water": [],
        "?sort=lasts": ["Harbour Light", "First Ferry", "Slack Water"],
        "?sort=-sold&q=o": ["Harbour Light", "First Ferry", "Slack Water"],
    }.items():
        rows = page_of(desk.get(f"/staff/stock/{query}")).select("tbody th")
        assert [row.text.strip() for row in rows] == names, query
    assert "Running low 2" in words_of(desk.get("/staff/stock/"))
    assert "2 run out within a week" in words_of(desk.get("/staff/"))


def test_the_drawing_has_a_bar_for_each_day_with_sales() -> None:
    sales = Sales(by_day=(*((0,) * (DAYS - 2)), 1, 4), bags=5, days=30)
    assert sales.path(4) == "M85.5 20v-5.0M88.5 20v-20.0"
    assert sales.path(8) == "M85.5 20v-2.5M88.5 20v-10.0"


def test_the_stock_table_shows_what_was_sold_and_for_how_long_it_lasts() -> None:
    stock(HARBOUR_LIGHT, SLACK_WATER)
    buy((HARBOUR_LIGHT, 8))
    rows = page_of(browser_of(stella()).get("/staff/stock/")).select("tbody tr")
    cells = [[cell.text.strip() for cell in row.select("td, th")] for row in rows]
    told = [[row[5].split()[0], *row[6:]] for row in cells]
    assert told == [["40", "Low", "8", "5 days"], ["60", "", "0", "slow"]]
    assert [len(row.select("svg.spark path:not(.spark-baseline)")) for row in rows] == [1, 0]
    bars = [row.select(".level rect")[1]["width"] for row in rows]
    assert bars == ["67", "100"]


def test_a_single_bag_beside_thousands_has_a_bar_that_can_be_seen() -> None:
    stock(replace(HARBOUR_LIGHT, quantity=12_000), THOUSAND_STEPS)
    stock_of = get_inventory().products([1001, 1010])
    levels = [line.level for line in stock_lines(get_inventory(), [*stock_of.values()])]
    assert levels == [100, LEAST_LEVEL]


def test_low_coffees_have_short_bars_also_among_themselves() -> None:
    stock(THOUSAND_STEPS, KEEPERS_RESERVE)
    levels = [
        line.level
        for line in stock_lines(get_inventory(), [*get_inventory().products([1010, 1011]).values()])
    ]
    assert levels == [7, LEAST_LEVEL]


def test_a_coffee_s_page_says_how_it_sells_too() -> None:
    stock(HARBOUR_LIGHT)
    buy((HARBOUR_LIGHT, 8))
    stellas = browser_of(stella())
    assert "Sold, 30 days 8 Lasts 5 days" in words_of(stellas.get("/staff/stock/1001/"))
    buy((HARBOUR_LIGHT, 40), token="the rest")
    words = words_of(stellas.get("/staff/stock/1001/"))
    assert "Sold, 30 days 48" in words
    assert "Lasts" not in words
