"""What is read of the inventory, remembered under its version, and shown while it is away."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from shop.catalogue import Catalogue, is_on_sale
from shop.catalogue.reader import MOST_ANSWERS, Memory
from shop.inventory.contract import MAX_ID, InventoryTimeout, ProductQuery, Shelf
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy
from tests.support.cast import (
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    reprice,
    stock,
    withdraw,
)
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db

ALL = ProductQuery()


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def inventory(override_inventory: OverrideInventory) -> EventfulInventory:
    """The process's inventory, in which a test may let things happen."""
    return override_inventory(EventfulInventory())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(inventory: EventfulInventory, clock: Clock) -> Memory:
    """A memory of the small shelf, with nothing in it yet."""
    stock()
    return Memory(inventory, clock=clock)


def test_what_did_not_change_is_read_once_however_often_it_is_asked_for(
    inventory: EventfulInventory, memory: Memory
) -> None:
    first = Catalogue(memory).listing(ALL)
    inventory.passed.clear()
    assert Catalogue(memory).listing(ALL).products == first.products
    assert inventory.passed == Counter({Point.VERSION: 1})


def test_one_look_asks_for_the_version_once(inventory: EventfulInventory, memory: Memory) -> None:
    look = Catalogue(memory)
    look.listing(ALL)
    look.origins()
    look.recently_sold_out()
    look.product(1001)
    assert inventory.passed[Point.VERSION] == 1


def test_a_change_between_version_and_rows_is_never_remembered_as_older(
    inventory: EventfulInventory, memory: Memory
) -> None:
    inventory.happen_once(Point.PAGE, lambda: reprice(HARBOUR_LIGHT, "13.00"))
    Catalogue(memory).listing(ALL)
    reprice(HARBOUR_LIGHT, "14.00")
    prices = {product.id: product.price for product in Catalogue(memory).listing(ALL).products}
    assert prices[1001] == Decimal("14.00")


def test_where_others_write_stock_too_an_answer_is_trusted_for_a_second(
    inventory: EventfulInventory, memory: Memory, clock: Clock
) -> None:
    inventory.outside_changes = True
    Catalogue(memory).listing(ALL)
    clock.now = 1.0
    Catalogue(memory).listing(ALL)
    assert inventory.passed[Point.PAGE] == 1
    clock.now = 1.001
    Catalogue(memory).listing(ALL)
    assert inventory.passed[Point.PAGE] == 2


def test_a_basket_s_products_are_always_read_live(
    inventory: EventfulInventory, memory: Memory
) -> None:
    for _ in range(2):
        shown = Catalogue(memory).products([1001, 1002])
        assert not shown.stale
        assert sorted(shown.products) == [1001, 1002]
    assert inventory.passed[Point.PRODUCTS] == 2


@pytest.mark.parametrize("product_id", [0, -1, MAX_ID + 1, 10**30])
def test_an_id_that_no_store_takes_is_no_product_and_asks_no_store(
    inventory: EventfulInventory, memory: Memory, product_id: int
) -> None:
    assert Catalogue(memory).product(product_id).products == {}
    assert Catalogue(memory).products([product_id]).products == {}
    assert inventory.passed[Point.PRODUCTS] == 0


def test_memory_has_an_end(inventory: EventfulInventory, memory: Memory) -> None:
    look = Catalogue(memory)
    for number in range(1, MOST_ANSWERS + 2):
        look.product(number)
    assert len(memory.answers) <= MOST_ANSWERS


# away


def test_while_the_inventory_is_away_products_never_seen_are_left_out(
    inventory: EventfulInventory, memory: Memory
) -> None:
    Catalogue(memory).listing(ALL)
    inventory.go_away()
    shown = Catalogue(memory).products([1001, 1002, 77])
    assert shown.stale
    assert sorted(shown.products) == [1001, 1002]


def test_one_look_waits_for_an_inventory_that_is_away_once(
    inventory: EventfulInventory, memory: Memory
) -> None:
    known = Catalogue(memory)
    known.listing(ALL)
    known.origins()
    inventory.go_away()
    inventory.passed.clear()
    look = Catalogue(memory)
    look.listing(ALL)
    look.origins()
    look.products([1001])
    assert inventory.passed.total() == 1


def test_an_inventory_that_goes_away_between_version_and_rows_shows_what_was_known(
    inventory: EventfulInventory, memory: Memory
) -> None:
    before = Catalogue(memory).listing(ALL)
    reprice(HARBOUR_LIGHT, "13.00")
    inventory.happen(Point.PAGE, InventoryTimeout("frozen"))
    listing = Catalogue(memory).listing(ALL)
    assert listing.stale
    assert listing.products == before.products
    inventory.calm_down()
    assert not Catalogue(memory).listing(ALL).stale


def test_of_two_answers_the_later_is_last_known(
    inventory: EventfulInventory, memory: Memory, clock: Clock
) -> None:
    Catalogue(memory).listing(ALL)
    clock.now = 5.0
    reprice(HARBOUR_LIGHT, "13.00")
    Catalogue(memory).product(1001)
    inventory.go_away()
    assert Catalogue(memory).products([1001]).products[1001].price == Decimal("13.00")


# what may be bought


def test_only_what_stands_on_the_shelf_with_bags_is_on_sale(memory: Memory) -> None:
    withdraw(SLACK_WATER)
    buy((KEEPERS_RESERVE, 1))
    shown = Catalogue(memory).products([1001, 1003, 1011]).products
    assert {id_: is_on_sale(product) for id_, product in shown.items()} == {
        1001: True,
        1003: False,
        1011: False,
    }
    assert shown[1003].shelf is Shelf.WITHDRAWN
    assert not is_on_sale(None)
