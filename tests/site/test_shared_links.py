"""Canonical addresses of catalogue and products, and how links to them look elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shop.catalogue.reader import ORPHANS, PER_PAGE
from tests.site.shared_links import assert_shares_well, canonical, meta
from tests.support.cast import HARBOUR_LIGHT, Shopper, stock

pytestmark = pytest.mark.django_db


def stock_of_two_pages() -> None:
    stock(
        *(
            replace(HARBOUR_LIGHT, product_id=id_, name=f"Coffee {id_}", origin="Costa Rica")
            for id_ in range(1, PER_PAGE + ORPHANS + 2)
        )
    )


def test_a_link_to_the_catalogue_shows_a_picture_elsewhere() -> None:
    stock()
    assert_shares_well(Shopper("Ana").open("/shop/"), "/shop/", "Coffees from Snake Island")


def test_a_link_to_an_origin_names_it() -> None:
    stock()
    page = Shopper("Ana").open("/shop/?origin=Colombia")
    assert_shares_well(page, "/shop/?origin=Colombia", "Coffees from Colombia")


def test_a_link_to_a_coffee_names_it() -> None:
    stock(replace(HARBOUR_LIGHT, name='Harbour "Light" & <Co>'))
    page = Shopper("Ana").open("/shop/1001/")
    assert_shares_well(page, "/shop/1001/harbour-light-co/", 'Harbour "Light" & <Co>')
    assert meta(page, "og:type") == "product"
    assert "coffee from Colombia" in meta(page, "description")


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("", "/shop/"),
        ("?page=1", "/shop/"),
        ("?page=2", "/shop/?page=2"),
        ("?page=99", "/shop/?page=2"),
        ("?page=2&sort=name", "/shop/?page=2"),
        ("?page=2&sort=price", "/shop/"),
        ("?page=2&in_stock=1", "/shop/"),
        ("?q=coffee&page=2", "/shop/"),
        ("?page=2&origin=Costa+Rica&utm_source=x", "/shop/?origin=Costa+Rica&page=2"),
        ("?origin=Costa+Rica&q=zzz", "/shop/"),
        ("?origin=Narnia", "/shop/"),
        ("?q=%22%3E%3Cscript%3E", "/shop/"),
    ],
)
def test_the_same_coffees_have_one_address_for_robots(asked: str, where: str) -> None:
    stock_of_two_pages()
    assert canonical(Shopper("Ana").open(f"/shop/{asked}")) == where
