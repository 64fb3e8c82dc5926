"""The pages for requests that can't be served: a plain sentence, a way on, nothing changed."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from checkout.references import sign
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy
from tests.support.cast import HARBOUR_LIGHT, Shopper, stock
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Shopper:
    """Ana, with two bags of Harbour Light in her basket."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    return ana


HERS = {"Harbour Light": "2"}


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere/",
        "/shop/x/y/z/",
        "/basket/steal/",
        "/checkout/thanks/",
        "/%00",
        "/%ff",
        "/a" * 2000,
        "/.env",
        "/shop/../../etc/passwd",
        "/static/nothing.css",
        "/admin/",
    ],
)
def test_an_address_of_nothing_says_so_and_offers_a_search(ana: Shopper, address: str) -> None:
    page = ana.open(address)
    assert page.status == 404
    assert page.h1 == "There is nothing here"
    assert page.in_basket == "2 bags"
    assert ana.press("Search", q="harbour").path == "/shop/"


@pytest.mark.parametrize("address", ["/basket/add", "/checkout/pay", "/shop", "/orders"])
def test_an_address_without_its_last_slash_is_completed_or_not_found(
    ana: Shopper, address: str
) -> None:
    response = ana.client.get(address)
    assert response.status_code in (301, 404)
    if response.status_code == 301:
        assert response["Location"] == f"{address}/"


@pytest.mark.parametrize(
    ("address", "way", "h1"),
    [
        ("/checkout/pay/", "Go to the checkout", "Check your order"),
        ("/basket/add/", "Go to your basket", "Basket"),
        ("/basket/update/", "Go to your basket", "Basket"),
        ("/basket/remove/", "Go to your basket", "Basket"),
        ("/basket/reduce/", "Go to your basket", "Basket"),
        ("/basket/undo/", "Go to your basket", "Basket"),
    ],
)
def test_an_address_that_only_takes_forms_says_that_it_is_no_page_and_leads_back(
    ana: Shopper, address: str, way: str, h1: str
) -> None:
    page = ana.open(address)
    assert page.status == 405
    assert page.response["Allow"] == "POST"
    assert page.h1 == "There is nothing to see at this address"
    assert "Nothing was changed." in page.text
    first = page.soup.select_one(".next-links a")
    assert first
    assert first.text == way
    assert ana.follow(way).h1 == h1
    assert ana.client.head(address).status_code == 405
    assert ana.basket() == HERS


@pytest.mark.parametrize(
    "page",
    [
        *("/", "/shop/", "/shop/1001/harbour-light/", "/basket/", "/checkout/", "thanks"),
        *("/robots.txt", "/sitemap.xml", "/healthz", "/readyz", "/metrics"),
    ],
)
def test_a_page_takes_no_form(ana: Shopper, page: str) -> None:
    ana.client.handler.enforce_csrf_checks = False
    address = f"/checkout/thanks/{sign(buy((HARBOUR_LIGHT, 1)).reference)}/"
    response = ana.client.post(address if page == "thanks" else page)
    assert response.status_code == 405
    assert "Nothing was changed." in response.text
    assert ana.basket() == HERS


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', "multipart/form-data"),
        (b"a=b", "multipart/form-data; boundary=" + "x" * 300),
        (b"product_id=1001", "application/x-www-form-urlencoded; charset=utf-16"),
    ],
    ids=["no boundary", "a boundary too long", "another charset"],
)
def test_a_body_that_makes_no_sense_is_refused(body: bytes, kind: str) -> None:
    response = Client().post("/basket/add/", body, content_type=kind)
    assert response.status_code == 400
    assert "Something went wrong between your browser and this shop." in response.content.decode()


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [("/nowhere/", "localhost", 404), ("/basket/add/", "evil.example", 400)],
)
def test_a_body_that_makes_no_sense_can_be_sent_to_nowhere_too(
    address: str, host: str, status: int
) -> None:
    # Only a browser with a token's cookie has its forms read.
    mallory = Client(enforce_csrf_checks=True)
    mallory.get("/shop/")
    response = mallory.post(
        address, b"x", content_type="multipart/form-data", headers={"host": host}
    )
    assert response.status_code == status


def test_another_host_s_name_is_refused(ana: Shopper) -> None:
    response = ana.client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert b"evil.example" not in response.content


@pytest.mark.parametrize(
    "cookie",
    [
        "sessionid=forged",
        "sessionid=" + "x" * 4000,
        "sessionid=" + "\0" * 40,
        'sessionid="' + r"\000" * 40 + '"',
        "sessionid=' OR 1=1 --",
        "csrftoken=\u00fc",
        "messages=forged",
        'messages=[["__json_message",0,25,"<b>"]]:forged',
    ],
)
@pytest.mark.parametrize("address", ["/", "/basket/", "/checkout/", "/staff/login/"])
def test_a_forged_cookie_belongs_to_no_visitor(address: str, cookie: str) -> None:
    # The header as it is sent: a newer Python makes no cookie of control characters.
    mallory = Shopper("Mallory", client=Client(enforce_csrf_checks=True, HTTP_COOKIE=cookie))
    page = mallory.open(address)
    assert page.status == 200
    assert page.said == []


def test_an_error_of_ours_says_that_it_is_ours_and_tells_nothing_else(
    ana: Shopper, override_inventory: OverrideInventory, settings: Settings
) -> None:
    inventory = override_inventory(EventfulInventory())
    inventory.happen(Point.PAGE, lambda: settings.NO_SUCH_SETTING)
    ana.client.raise_request_exception = False
    page = ana.open("/shop/")
    assert page.status == 500
    assert page.h1 == "There is a problem with the shop"
    assert "Your basket is saved." in page.text
    assert "NO_SUCH_SETTING" not in page.html
    assert "Traceback" not in page.html
    inventory.calm_down()
    assert ana.follow("Go to the checkout").h1 == "Check your order"
    assert ana.basket() == HERS
