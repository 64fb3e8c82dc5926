"""The stock desk of a shop with ten thousand coffees, on both inventories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from shop.catalogue import PER_PAGE
from shop.inventory.iris import IrisInventory
from shop.inventory.models import StockRow
from tests.shop.cast import browser_of, page_of, rosa, words_of
from tests.support.inventory import inventory_from
from tests.support.superserver import Superserver

pytestmark = pytest.mark.django_db(transaction=True)

STOCK = "/staff/stock/"
MANY = 10_000
LAST_PAGE = -(-MANY // PER_PAGE)


def quantity(number: int) -> int:
    """Two bags of every hundredth coffee, and fifty of the others."""
    return 2 if number % 100 == 0 else 50


@pytest.fixture(params=["database", "iris"])
def desk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Client]:
    """Rosa's; Coffee 1 to Coffee 10000 are on sale, each a cent dearer than the one before."""
    request.node.user_properties.append(("inventory", request.param))
    if request.param == "database":
        StockRow.objects.bulk_create(
            StockRow(
                id=number,
                name=f"Coffee {number}",
                price=f"{10 + number / 100:.2f}",
                quantity=quantity(number),
                origin="Peru",
                description="Plum.",
            )
            for number in range(1, MANY + 1)
        )
        yield browser_of(rosa())
        return
    with Superserver() as server:
        server.create_store()
        for number in range(1, MANY + 1):
            server.insert(
                ProductId=number,
                Name=f"Coffee {number}",
                Price=10 + number / 100,
                StockQuantity=quantity(number),
                CountryOfOrigin="Peru",
                Description="Plum.",
            )
        inventory = IrisInventory.from_url(server.url)
        with inventory_from(lambda: inventory):
            yield browser_of(rosa())
        inventory.close()


def names(desk: Client, query: str) -> list[str]:
    return [head.text for head in page_of(desk.get(STOCK + query)).select("tbody th")]


def test_every_page_order_and_filter_holds_for_ten_thousand_coffees(desk: Client) -> None:
    assert names(desk, "") == [f"Coffee {n}" for n in range(1, PER_PAGE + 1)]
    middle = names(desk, "?page=200")
    assert middle == [f"Coffee {n}" for n in range(199 * PER_PAGE + 1, 200 * PER_PAGE + 1)]
    last = [f"Coffee {n}" for n in range((LAST_PAGE - 1) * PER_PAGE + 1, MANY + 1)]
    assert names(desk, f"?page={LAST_PAGE}") == names(desk, "?page=99999") == last
    assert names(desk, "?sort=-price&page=2")[0] == f"Coffee {MANY - PER_PAGE}"
    assert names(desk, "?show=low&page=5") == [f"Coffee {n}00" for n in range(97, 101)]
    assert names(desk, "?q=coffee+4321") == ["Coffee 4321"]
    assert names(desk, "?q=4321") == ["Coffee 4321"]


def test_totals_are_those_of_all_ten_thousand(desk: Client) -> None:
    page = page_of(desk.get(STOCK))
    low = MANY // 100
    bags = 50 * (MANY - low) + 2 * low
    value = sum((1000 + n) * quantity(n) for n in range(1, MANY + 1))
    assert [figure.text for figure in page.select(".totals dd")] == [
        f"{MANY:,}",
        f"{bags:,}",
        f"${value / 100:,.2f}",
        f"{low:,}",
        "0",
    ]
    assert f"1 to {PER_PAGE} of {MANY:,} coffees" in words_of(desk.get(STOCK))
