"""How many messages it takes: each is a journey to the server and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from shop.catalogue import reader
from shop.inventory import get_inventory
from shop.inventory.contract import Delivery, Note, ProductQuery, Shelf, Sort, Withdrawal
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.store.products import HUNDREDS
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    SIDAMO,
    MakeShop,
    bags_of_sidamo,
    put,
    sell,
    stock,
)
from tests.support.cast import Shopper
from tests.support.superserver import Superserver

# Lock the decision, look for it, TSTART, one SELECT, decision, version, TCOMMIT, give locks back.
FIXED = 8
# %OpenId, last movement, movement, set, %Save, %DowngradeConcurrency.
A_LINE = 6
# The alert.
A_LOW_LINE = 7
# %OpenId, sold out, when, %DeleteId, last movement, movement; the alert; then %OpenId at level 0,
# for what is in memory still, and its %DowngradeConcurrency.
A_LAST_BAG = 9
# getTLevel: does an alert leave a transaction open?
AFTER_ALERTS = 1


@pytest.fixture
def server() -> Iterator[Superserver]:
    """A server with three coffees, whose alerts leave no transaction open."""
    with Superserver(behaviour=()) as server:
        server.create_store()
        stock(server)
        yield server


@pytest.fixture
def inventory(make_shop: MakeShop, server: Superserver) -> IrisInventory:
    """A shop with one connection that has sold some of each coffee before."""
    shop = make_shop(connections=1)
    sell(shop, "CC-BEFORE01", {SIDAMO: 1, HUILA: 1, ANTIGUA: 1})
    return shop


def take_off_sale(inventory: IrisInventory, product_id: int) -> None:
    change = Withdrawal(product_id=product_id)
    inventory.apply(change, Note(key=f"off-{product_id}", who="Bruno"))


@pytest.mark.parametrize(
    ("bags", "each"),
    [(1, A_LINE), (BAGS - 2, A_LOW_LINE), (BAGS - 1, A_LAST_BAG)],
    ids=["some bags", "low stock", "last bags"],
)
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_sale_takes_so_many_messages_for_each_line(
    inventory: IrisInventory, server: Superserver, bags: int, each: int, lines: int
) -> None:
    coffees = [SIDAMO, HUILA, ANTIGUA][:lines]
    with server.count() as counted:
        sell(inventory, "CC-COUNTED1", dict.fromkeys(coffees, bags))
    look = AFTER_ALERTS if each != A_LINE else 0
    assert counted.total == FIXED + look + each * lines


def test_the_first_sale_of_a_product_also_writes_what_was_there(
    inventory: IrisInventory, server: Superserver
) -> None:
    put(server, 1004)
    with server.count() as counted:
        sell(inventory, "CC-FIRST001", {1004: 1})
    assert counted.total == FIXED + A_LINE + 1


def test_a_page_is_one_select(inventory: IrisInventory, server: Superserver) -> None:
    for product_id in range(1004, 1024):
        put(server, product_id)
    queries = [
        ProductQuery(limit=12),
        ProductQuery(limit=12, offset=12),
        ProductQuery(text="sid a", origin="Ethiopia", in_stock=True, sort=Sort.PRICE_DOWN),
    ]
    for query in queries:
        inventory.page(query)
        with server.count() as counted:
            inventory.page(query)
        assert counted.by_kind == {"PQ": 1}


def test_a_page_is_one_select_on_older_servers_too(make_shop: MakeShop) -> None:
    with Superserver(version="2023.1") as older:
        older.create_store()
        stock(older)
        inventory = make_shop(url=older.url)
        inventory.page(ProductQuery())
        with older.count() as counted:
            found = inventory.page(ProductQuery(limit=2))
        assert counted.by_kind == {"PQ": 1}
        assert [product.id for product in found.products] == [ANTIGUA, HUILA]
        assert found.total == 3
        assert [p.id for p in inventory.page(ProductQuery(offset=2)).products] == [SIDAMO]
        assert inventory.page(ProductQuery(offset=9)).total == 3


@pytest.mark.parametrize("rows_per_message", [1, 7, None])
def test_rows_may_come_in_several_messages(
    make_shop: MakeShop, rows_per_message: int | None
) -> None:
    with Superserver(rows_per_message=rows_per_message) as server:
        server.create_store()
        for product_id in range(1, 41):
            put(server, product_id)
        inventory = make_shop(url=server.url)
        found = inventory.page(ProductQuery(sort=Sort.ID, limit=40))
        assert [product.id for product in found.products] == list(range(1, 41))
        assert len(inventory.products(range(1, 41))) == 40


def test_the_version_is_one_message(inventory: IrisInventory, server: Superserver) -> None:
    with server.count() as counted:
        inventory.version()
    assert counted.by_kind == {"get": 1}


def test_a_basket_is_one_message(inventory: IrisInventory, server: Superserver) -> None:
    with server.count() as counted:
        found = inventory.products([SIDAMO, HUILA, ANTIGUA])
    assert len(found) == 3
    assert counted.by_kind == {"PQ": 1}


def test_the_latest_sold_out_take_two_messages_each_and_one(
    inventory: IrisInventory, server: Superserver
) -> None:
    sell(inventory, "CC-LASTBAGS", {SIDAMO: BAGS - 1, HUILA: BAGS - 1, ANTIGUA: BAGS - 1})
    with server.count() as counted:
        assert len(inventory.sold_out(limit=2)) == 2
    assert counted.total == 2 * 2 + 1


def test_all_that_sold_out_take_a_message_each_and_one(
    inventory: IrisInventory, server: Superserver
) -> None:
    for coffee in (HUILA, SIDAMO, ANTIGUA):
        sell(inventory, f"CC-LAST{coffee}", {coffee: BAGS - 1})
    with server.count() as counted:
        found = inventory.sold_out(limit=500)
    assert [product.id for product in found] == [ANTIGUA, SIDAMO, HUILA]
    assert counted.by_kind == {"nextSubscript": 3 + 1, "PQ": 1}


def test_more_that_sold_out_than_are_asked_for_are_the_latest(
    inventory: IrisInventory, server: Superserver
) -> None:
    ids = range(2001, 2001 + HUNDREDS + 1)
    for product_id in reversed(ids):
        put(server, product_id, StockQuantity=1)
        sell(inventory, f"CC-LAST{product_id}", {product_id: 1})
    found = inventory.sold_out(limit=HUNDREDS)
    assert [product.id for product in found] == list(ids)[:HUNDREDS]


def test_thousands_of_unknown_ids_cost_a_few_messages(
    inventory: IrisInventory, server: Superserver
) -> None:
    with server.count() as counted:
        assert inventory.products(range(10_001, 15_001)) == {}
    # 256 ids in a SELECT, which is new to the connection; the end of the two shelves.
    assert counted.by_kind == {"PP": 1, "PQ": 20, "nextSubscript": 2}


def test_a_product_without_a_row_costs_two_messages_more_however_many_are_unknown(
    inventory: IrisInventory, server: Superserver
) -> None:
    sell(inventory, "CC-LASTBAGS", {SIDAMO: BAGS - 1, ANTIGUA: BAGS - 1})
    take_off_sale(inventory, HUILA)
    inventory.products(range(1, 101))
    with server.count() as counted:
        found = inventory.products([1, 2, SIDAMO, HUILA, ANTIGUA, *range(1500, 1700)])
    assert {id_: product.shelf for id_, product in found.items()} == {
        SIDAMO: Shelf.SOLD_OUT,
        HUILA: Shelf.WITHDRAWN,
        ANTIGUA: Shelf.SOLD_OUT,
    }
    # Every entry once, and the end of each shelf.
    assert counted.by_kind == {"PQ": 1, "nextSubscript": 3 + 2}


@pytest.mark.parametrize("shelf_before", [True, False])
def test_one_unknown_product_costs_what_it_did(
    inventory: IrisInventory, server: Superserver, shelf_before: bool
) -> None:
    sell(inventory, "CC-LASTBAGS", {HUILA: BAGS - 1})
    with server.count() as counted:
        assert inventory.products([HUILA - 1000 if shelf_before else HUILA + 1000]) == {}
    assert counted.total == 3


def test_withdrawn_products_take_two_messages_each_at_most(
    inventory: IrisInventory, server: Superserver
) -> None:
    for coffee in (SIDAMO, HUILA, ANTIGUA):
        take_off_sale(inventory, coffee)
    with server.count() as counted:
        assert len(inventory.withdrawn()) == 3
    # Each and the end; the shelf of the sold out, which is empty; their rows.
    assert counted.by_kind == {"nextSubscript": 3 + 1 + 1, "PQ": 1}


def test_the_list_of_deliveries_takes_a_message_each_and_three_for_one_of_this_hour(
    inventory: IrisInventory, server: Superserver
) -> None:
    for number in range(3):
        inventory.apply(
            Delivery(rows=(bags_of_sidamo(5),), again=True), Note(key=f"van-{number}", who="Bruno")
        )
    with server.count() as counted:
        assert len(inventory.deliveries(limit=2)) == 2
    assert counted.by_kind == {"nextSubscript": 2, "lock": 2, "get": 2, "unlock": 2}


def test_objects_are_released_on_the_server_now_and_then(
    inventory: IrisInventory, server: Superserver
) -> None:
    with server.count() as counted:
        for number in range(40):
            put(server, SIDAMO)
            put(server, HUILA)
            put(server, ANTIGUA)
            sell(inventory, f"CC-MANY{number:04}", {SIDAMO: 1, HUILA: 1, ANTIGUA: 1})
    assert counted.by_kind["%ReleaseObjects"] == 1
    (session,) = server.sessions()
    assert len(session.objects) <= 100


# ── pages, as shoppers ask for them ─────────────────────────────────────────────────────────────

PAGES = {
    "home": ("/", 2),
    "catalogue": ("/shop/", 3),
    "product": (f"/shop/{SIDAMO}/sidamo/", 3),
    "basket": ("/basket/", 1),
    "checkout": ("/checkout/", 1),
}


@pytest.fixture
def amina(
    server: Superserver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shopper]:
    """She has three coffees in her basket; each page has been asked for once, a second ago."""
    settings.INVENTORY_URL, settings.IRIS_CONNECTIONS = server.url, 1
    amina = Shopper("Amina")
    for coffee in (SIDAMO, HUILA, ANTIGUA):
        amina.put_in_basket(bags_of_sidamo(BAGS, coffee), 1)
    sold_out = range(2001, 2011)
    for coffee in sold_out:
        put(server, coffee, StockQuantity=1)
        sell(get_inventory(), f"CC-LAST{coffee}", {coffee: 1})
    for path, _ in PAGES.values():
        amina.open(path)
    monkeypatch.setattr(reader, "TRUSTED", -1.0)
    yield amina
    inventory = get_inventory()
    assert isinstance(inventory, IrisInventory)
    inventory.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_so_many_messages_at_the_beginning_of_a_second(
    amina: Shopper, server: Superserver, page: str
) -> None:
    path, messages = PAGES[page]
    with server.count() as counted:
        amina.open(path)
    assert counted.total == messages, counted.by_kind


@pytest.mark.django_db(transaction=True)
def test_a_catalogue_page_that_was_read_within_a_second_takes_one(
    amina: Shopper, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "TRUSTED", 60.0)
    amina.open("/shop/")
    with server.count() as counted:
        amina.open("/shop/")
    assert counted.by_kind == {"get": 1}


@pytest.mark.django_db(transaction=True)
def test_pay_takes_the_messages_of_the_basket_and_the_sale(
    amina: Shopper, server: Superserver
) -> None:
    amina.open("/checkout/")
    with server.count() as counted:
        amina.press("Pay now")
    # Each coffee's first sale also writes what was there.
    assert counted.total == 1 + FIXED + (A_LINE + 1) * 3
