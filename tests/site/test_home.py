"""The home page: who we are, some coffees, our branches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from shop.branches import BRANCHES, branch
from tests.checkout.inventories import EventfulInventory
from tests.site.shared_links import assert_shares_well
from tests.support.cast import HARBOUR_LIGHT, SHELF, Shopper, stock
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Shopper:
    """Ana, in front of the shop's small shelf."""
    stock()
    return Shopper("Ana")


def featured(ana: Shopper) -> list[str]:
    return [words.text for words in ana.page.soup.select(".tile-name")]


def in_the_window(ana: Shopper) -> list[str]:
    return [label.text for label in ana.page.soup.select(".hero .bag-name")]


def test_it_says_who_we_are_and_leads_to_the_coffees(ana: Shopper) -> None:
    page = ana.open("/")
    assert page.status == 200
    assert page.h1
    assert "Who we are" in page.text
    assert ana.follow("See our coffees").path == "/shop/"


def test_it_shows_three_coffees_that_can_be_bought_there(ana: Shopper) -> None:
    ana.open("/")
    assert len(featured(ana)) == 3
    assert set(featured(ana)) <= {coffee.name for coffee in SHELF}
    ana.press(f"Add to basket {featured(ana)[0]}")
    assert ana.page.path == "/"
    assert ana.page.said == ["Added, 1 in basket View basket"]
    assert ana.page.in_basket == "1 bag"


def test_the_coffees_on_show_are_of_different_origins_those_with_most_bags_first() -> None:
    stock(
        replace(HARBOUR_LIGHT, product_id=1, name="Few", quantity=4, origin="Kenya"),
        replace(HARBOUR_LIGHT, product_id=2, name="Many", quantity=40, origin="Kenya"),
        replace(HARBOUR_LIGHT, product_id=3, name="More", quantity=50, origin="Peru"),
        replace(HARBOUR_LIGHT, product_id=4, name="Fewest", quantity=1, origin="Peru"),
    )
    ana = Shopper("Ana")
    ana.open("/")
    assert featured(ana) == ["More", "Many", "Few"]


def test_the_picture_on_top_shows_other_coffees_than_the_list_if_there_are_enough() -> None:
    coffees = [
        replace(HARBOUR_LIGHT, product_id=n, name=f"No{n}", quantity=90 - n, origin=f"Land {n}")
        for n in range(1, 7)
    ]
    stock(*coffees[:5])
    ana = Shopper("Ana")
    ana.open("/")
    assert featured(ana) == in_the_window(ana) == ["No1", "No2", "No3"]

    stock(coffees[5])
    ana.open("/")
    assert featured(ana) == ["No1", "No2", "No3"]
    assert in_the_window(ana) == ["No4", "No5", "No6"]


def test_each_branch_has_its_address_and_hours(ana: Shopper) -> None:
    page = ana.open("/")
    for place in BRANCHES:
        for words in (place.name, place.address, place.hours):
            assert str(words) in page.text


THURSDAY = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("slug", "days", "hour", "words"),
    [
        ("roastery", 0, 7, "Opens today, 08:00"),
        ("roastery", 0, 8, "Open now, until 17:00"),
        ("roastery", 0, 17, "Closed for today, opens Friday 08:00"),
        ("roastery", 3, 20, "Closed for today, opens Tuesday 08:00"),
        ("roastery", 4, 12, "Closed today, opens Tuesday 08:00"),
        ("lookout", 5, 3, "Closed today, opens Wednesday 09:00"),
        ("landing", 3, 23, "Closed for today, opens Monday 07:00"),
    ],
)
def test_a_branch_says_whether_it_is_open_and_when_it_opens(
    slug: str, days: int, hour: int, words: str
) -> None:
    place = branch(slug)
    assert place
    assert place.at(THURSDAY + timedelta(days=days, hours=hour)) == words


def test_each_branch_can_be_called_and_found(ana: Shopper) -> None:
    page = ana.open("/")
    links = [str(link["href"]) for link in page.soup.select(".branch a")]
    assert [link.partition(":")[0] for link in links] == ["tel", "https"] * len(BRANCHES)
    assert "to=-24.4858%2C-46.6746" in links[1]


def test_it_says_that_no_money_is_taken(ana: Shopper) -> None:
    assert "No money is taken" in ana.open("/").text


def test_a_link_to_it_shows_a_picture_elsewhere(ana: Shopper) -> None:
    assert_shares_well(ana.open("/"), "/", "Coffee roasted on Snake Island")


def test_while_the_stock_system_is_away_the_last_known_coffees_are_shown(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    ana.open("/")
    known = featured(ana)
    inventory.go_away()
    page = ana.open("/")
    assert page.status == 200
    assert featured(ana) == known
    assert "The stock system is not answering." in page.text
    assert page.buttons == []


def test_a_shop_that_never_saw_its_stock_still_says_who_and_where_it_is(
    override_inventory: OverrideInventory,
) -> None:
    inventory = EventfulInventory()
    inventory.go_away()
    override_inventory(inventory)
    ana = Shopper("Ana")
    page = ana.open("/")
    assert page.status == 200
    assert "The stock system is not answering." in page.text
    assert str(BRANCHES[0].address) in page.text
    assert featured(ana) == []


def test_a_warm_page_asks_the_database_once(
    ana: Shopper, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ana.open("/")
    with django_assert_max_num_queries(1):
        ana.open("/")
