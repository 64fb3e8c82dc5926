"""A day at the stock desk, on both inventories: every change of stock that staff can make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bs4 import Tag
from django.test import Client
from pytest_django import Settings

from shop.inventory import get_inventory
from shop.inventory.contract import Movement
from shop.inventory.iris import IrisInventory
from tests.checkout.orders import buy
from tests.shop.cast import EVERY_RIGHT, Answer, browser_of, page_of, person, words_of
from tests.support.cast import KEEPERS_RESERVE, left
from tests.support.inventory import inventory_from
from tests.support.superserver import Superserver

pytestmark = pytest.mark.django_db(transaction=True)

RESERVE = "/staff/stock/1011/"


@pytest.fixture(params=["database", "iris"])
def desk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Client]:
    """Rosa's, in a shop without any coffee yet."""
    rosa = person("rosa", *EVERY_RIGHT)
    request.node.user_properties.append(("inventory", request.param))
    if request.param == "database":
        yield browser_of(rosa)
        return
    with Superserver() as server:
        server.create_store()
        inventory = IrisInventory.from_url(server.url)
        with inventory_from(lambda: inventory):
            yield browser_of(rosa)
        inventory.close()


def press(desk: Client, page: str, label: str, **typed: str) -> Answer:
    """Open a page, fill in the form of this button, send it, and see where that leads."""
    button = next(b for b in page_of(desk.get(page)).select("main button") if b.text == label)
    form = button.find_parent("form")
    assert isinstance(form, Tag)
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}
    fields |= {str(area["name"]): area.text for area in form.select("textarea")}
    return desk.post(str(form.get("action", page)), fields | typed, follow=True)


def story(product_id: int) -> list[tuple[str, int, int]]:
    def told(movement: Movement) -> tuple[str, int, int]:
        return movement.kind.value, movement.change, movement.after

    return [told(movement) for movement in get_inventory().movements(product_id)]


def test_a_coffee_from_its_first_bag_to_its_return(desk: Client) -> None:
    press(
        desk,
        "/staff/stock/add/",
        "Put it on sale",
        number="1011",
        name="Keeper's Reserve",
        origin="Ethiopia",
        price="24.00",
        quantity="4",
        description="Rose and honey.",
    )
    press(desk, RESERVE, "Receive", quantity="6")
    press(desk, RESERVE, "Correct the stock", counted="3", why="seven were decaf")
    press(desk, RESERVE, "Take it off sale")
    assert press(desk, RESERVE, "Put it back").status_code == 200
    order = buy((KEEPERS_RESERVE, 3))
    assert "Sold out" in words_of(desk.get(RESERVE))
    assert "Keeper's Reserve" in words_of(desk.get("/staff/alerts/"))
    cancelled = press(desk, f"/staff/orders/{order.reference}/", "Cancel the order", why="rain")
    assert "its bags are back in stock" in words_of(cancelled)
    assert left(KEEPERS_RESERVE) == 3
    assert story(1011) == [
        ("delivery", 4, 4),
        ("delivery", 6, 10),
        ("correction", -7, 3),
        ("withdrawal", -3, 0),
        ("put back", 3, 3),
        ("sale", -3, 0),
        ("return", 3, 3),
    ]
    assert "Ledger of Keeper's Reserve" in words_of(desk.get("/staff/ledger/?q=1011"))
