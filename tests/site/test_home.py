"""The home page: who we are, some coffees, our branches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from shop.branches import BRANCHES
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
    for branch in BRANCHES:
        for words in (branch.name, branch.address, branch.hours):
            assert str(words) in page.text


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
