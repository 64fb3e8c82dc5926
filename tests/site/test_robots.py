"""What robots are told."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache
from django.http.response import HttpResponseBase
from django.test import Client, override_settings
from pytest_django.fixtures import DjangoAssertNumQueries

from coffeeco_site import robots
from shop.inventory import get_inventory
from shop.inventory.contract import Delivery, DeliveryRow, Note

pytestmark = pytest.mark.usefixtures("nothing_kept")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses_in(response: HttpResponseBase) -> list[str]:
    root = ET.fromstring(response.content)  # type: ignore[attr-defined]
    return [node.text or "" for node in root.iter(f"{SITEMAP}loc")]


@pytest.fixture
def nothing_kept() -> None:
    cache.clear()


def test_robots_may_read_the_shop_and_not_what_is_a_shoppers_own(client: Client) -> None:
    with override_settings(BASE_URL="https://coffee.example"):
        text = client.get("/robots.txt").text
    assert "Disallow: /basket/" in text
    assert "Disallow: /staff/" in text
    assert "Disallow: /shop/" not in text
    assert "Sitemap: https://coffee.example/sitemap.xml" in text


@pytest.mark.django_db(transaction=True)
def test_the_sitemap_has_every_coffee_on_sale_at_its_canonical_address(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "LONGEST_PART", 2)
    rows = tuple(
        DeliveryRow(
            product_id=id_,
            name=f"Red & Buoy {id_}",
            price=Decimal("18.20"),
            quantity=3,
            origin="Kenya",
            description="Blackcurrant.",
        )
        for id_ in (1001, 1002, 1003)
    )
    get_inventory().apply(Delivery(rows=rows), Note(key="sitemap-test", who="Rosa"))
    with override_settings(BASE_URL="https://coffee.example"):
        parts = addresses_in(client.get("/sitemap.xml"))
        found = [addresses_in(client.get(urlsplit(part).path)) for part in parts]
    assert parts == [f"https://coffee.example/sitemap-{number}.xml" for number in (1, 2)]
    assert found == [
        [
            "https://coffee.example/",
            "https://coffee.example/shop/",
            "https://coffee.example/privacy/",
            "https://coffee.example/shop/1001/red-buoy-1001/",
            "https://coffee.example/shop/1002/red-buoy-1002/",
        ],
        ["https://coffee.example/shop/1003/red-buoy-1003/"],
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/sitemap.xml", "/sitemap-1.xml"])
def test_the_sitemap_is_drawn_once_an_hour(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, address: str
) -> None:
    first = client.get(address)
    with django_assert_num_queries(0):
        again = client.get(f"{address}?utm_source=robot")
    assert again.content == first.content


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [0, 2, 100, 101, 10**30])
def test_the_sitemap_has_no_empty_part(client: Client, number: int) -> None:
    assert client.get("/sitemap-1.xml").status_code == 200
    assert client.get(f"/sitemap-{number}.xml").status_code == 404


@pytest.mark.parametrize(
    ("address", "beginning"),
    [("/favicon.ico", b"\0\0\1\0"), ("/apple-touch-icon.png", b"\x89PNG")],
)
def test_icons_are_where_browsers_and_phones_ask_for_them(
    client: Client, address: str, beginning: bytes
) -> None:
    response = client.get(address)
    assert response["Content-Type"].startswith("image/")
    assert response.getvalue().startswith(beginning)
