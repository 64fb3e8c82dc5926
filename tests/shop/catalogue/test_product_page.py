"""A coffee's own page."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import buy
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    THOUSAND_STEPS,
    Shopper,
    reprice,
    stock,
    withdraw,
    words_of,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Shopper:
    """Ana, in front of the small shelf."""
    stock()
    return Shopper("Ana")


def test_it_has_all_that_is_known_of_the_coffee(ana: Shopper) -> None:
    page = ana.open("/shop/1001/harbour-light/")
    assert page.status == 200
    assert page.h1 == "Harbour Light"
    for words in ("Colombia", "Milk chocolate, hazelnut.", "$12.50", "48 bags in stock"):
        assert words in page.text
    assert page.soup.select_one(".product-picture svg")


@pytest.mark.parametrize("address", ["/shop/1001/", "/shop/1001/another-name/", "/shop/01001/x/"])
def test_a_short_or_old_address_leads_to_the_present_one(ana: Shopper, address: str) -> None:
    response = ana.client.get(address)
    assert response.status_code == 302
    assert response["Location"] == "/shop/1001/harbour-light/"


@pytest.mark.parametrize(
    "address",
    [
        "/shop/7/",
        "/shop/7/harbour-light/",
        "/shop/0/",
        "/shop/-1/",
        "/shop/1001.5/",
        "/shop/abc/",
        "/shop/%EF%BC%91%EF%BC%90%EF%BC%90%EF%BC%91/",
        "/shop/1001%00/",
        "/shop/9007199254740992/",
        "/shop/99999999999999999999999999/",
        "/shop/" + "9" * 5000 + "/",
        "/shop/1001/harbour light/",
    ],
)
def test_what_is_no_coffee_s_address_leads_nowhere(ana: Shopper, address: str) -> None:
    page = ana.open(address)
    assert page.status == 404
    assert page.h1 == "There is nothing here"


def test_adding_stays_on_the_page_and_says_so_once(ana: Shopper) -> None:
    page = ana.add(HARBOUR_LIGHT, 3)
    assert page.path == "/shop/1001/harbour-light/"
    assert page.redirected
    assert page.said == ["Added, 3 in basket View basket"]
    assert page.in_basket == "3 bags"
    assert ana.reload().said == []


def test_other_coffees_are_offered_those_of_the_same_origin_first(ana: Shopper) -> None:
    buy((THOUSAND_STEPS, 2))
    ana.open("/shop/1002/")
    others = ana.page.soup.select(".other-coffees .tile-name")
    assert [other.text for other in others] == ["Keeper's Reserve", "Harbour Light", "Slack Water"]
    ana.press("Add to basket Keeper's Reserve")
    assert ana.page.path == "/shop/1002/first-ferry/"
    assert ana.basket() == {"Keeper's Reserve": "1"}


@pytest.mark.parametrize(
    ("now", "said"),
    [
        # A Monday, on which one branch is open.
        ("2026-11-23 17:59", "Collect today The Landing until 18"),
        ("2026-11-23 18:00", "Collect tomorrow The Landing from 7 The Roastery from 8"),
        # A Sunday, on which all are open, before a Monday.
        (
            "2026-11-22 05:00",
            "Collect today The Landing until 18 The Roastery until 17 The Lookout until 16",
        ),
        ("2026-11-22 16:30", "Collect today The Landing until 18 The Roastery until 17"),
        ("2026-11-22 23:00", "Collect tomorrow The Landing from 7"),
    ],
)
def test_it_says_where_the_coffee_can_be_collected_next(
    ana: Shopper, now: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.catalogue.views.localtime", lambda: datetime.fromisoformat(now))
    page = ana.open("/shop/1001/")
    assert said in [words_of(fact) for fact in page.soup.select(".facts > div")]


@pytest.mark.parametrize(("grams", "weight"), [(250, "250 g"), (1500, "1.5 kg")])
def test_what_a_bag_holds_is_said_to_people_and_machines(
    ana: Shopper, settings: Settings, grams: int, weight: str
) -> None:
    settings.BAG_GRAMS = grams
    page = ana.open("/shop/1001/")
    assert f"Bag {weight}" in [words_of(fact) for fact in page.soup.select(".facts > div")]
    data = page.soup.select_one("script[type='application/ld+json']")
    assert data
    assert json.loads(data.decode_contents())["weight"]["value"] == grams
    ana.press("Add to basket")
    assert ana.open("/checkout/").sums()[f"Bags of {weight}"] == "1"
    ana.press("Pay now")
    assert ana.page.sums()[f"Bags of {weight}"] == "1"


# sold out


def test_a_sold_out_coffee_keeps_its_page_and_offers_its_sisters(ana: Shopper) -> None:
    buy((KEEPERS_RESERVE, 1))
    page = ana.open("/shop/1011/")
    assert page.status == 200
    assert page.h1 == "Keeper's Reserve"
    assert "All bags of this coffee are sold." in page.text
    assert page.buttons[:2] == ["Tell me when it’s back", "Add to basket First Ferry"]


def test_a_withdrawn_coffee_says_that_it_is_no_longer_on_sale(ana: Shopper) -> None:
    withdraw(HARBOUR_LIGHT)
    page = ana.open("/shop/1001/")
    assert page.status == 200
    assert "No longer on sale" in page.text
    assert "Add to basket" not in page.buttons


# for machines


def test_search_engines_read_the_same_figures(ana: Shopper, settings: Settings) -> None:
    settings.BASE_URL = "https://coffee.example"
    buy((KEEPERS_RESERVE, 1))
    withdraw(SLACK_WATER)
    for id_, price, stands in (
        (1001, "12.50", "InStock"),
        (1003, "10.90", "Discontinued"),
        (1011, "24.00", "SoldOut"),
    ):
        page = ana.open(f"/shop/{id_}/")
        data = page.soup.select_one("script[type='application/ld+json']")
        assert data
        product = json.loads(data.decode_contents())
        assert product["image"].startswith("https://coffee.example/static/share")
        assert product["countryOfOrigin"] in page.text
        offer = product["offers"]
        assert (offer["price"], offer["priceCurrency"]) == (price, "USD")
        assert offer["availability"] == f"https://schema.org/{stands}"
        assert offer["url"] == f"https://coffee.example{page.path}"


def test_data_for_machines_can_t_end_its_own_element(ana: Shopper) -> None:
    reprice(HARBOUR_LIGHT, "12.50", name="</script><script>alert(1)//")
    page = ana.open("/shop/1001/")
    data = page.soup.select_one("script[type='application/ld+json']")
    assert data
    assert json.loads(data.decode_contents())["name"] == "</script><script>alert(1)//"
    assert len(page.soup.select("script")) == 2


# wrong method, away, and how much is asked


def test_while_the_stock_system_is_away_it_can_be_read_but_not_bought(
    ana: Shopper, override_inventory: OverrideInventory
) -> None:
    inventory = override_inventory(EventfulInventory())
    ana.open("/shop/1002/")
    inventory.go_away()
    page = ana.open("/shop/1002/")
    assert page.status == 200
    assert "The stock system is not answering." in page.text
    assert page.buttons == []
    assert ana.open("/shop/1001/").status == 503


def test_a_warm_page_asks_the_database_once(
    ana: Shopper, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = ana.open(f"/shop/{FIRST_FERRY.product_id}/").url
    with django_assert_max_num_queries(1):
        ana.open(address)
