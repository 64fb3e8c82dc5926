"""How many messages it takes: each is a journey to the server and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from pytest_django.fixtures import Settings

from shop.catalogue import reader
from shop.catalogue.reader import PER_PAGE, RECENT
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Decided,
    Delivery,
    Note,
    Product,
    ProductQuery,
    Shelf,
    Sort,
    Withdrawal,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.store import ledger, products
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

# Lock the decision, read it, TSTART, one SELECT, decision, version, TCOMMIT, give locks back.
FIXED = 8
# %OpenId, last movement, movement, set, %Save, %DowngradeConcurrency.
A_LINE = 6
# %OpenId, sold out, when, %DeleteId, last movement, movement.
A_LAST_BAG = 6
# Lock, read and write the list of those that sold out last.
THE_LIST = 3
# After the commit, getTLevel: does an alert leave a transaction open?
AFTER_ALERTS = 1
# The coffee is on sale again: is its object still in memory, and its %DowngradeConcurrency.
FIRST_AFTER_LAST_BAG = 2


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


@pytest.mark.parametrize(
    ("bags", "each", "once", "alerts"),
    [(1, A_LINE, 0, 0), (BAGS - 2, A_LINE, 0, 1), (BAGS - 1, A_LAST_BAG, THE_LIST, 1)],
    ids=["some bags", "low stock", "last bags"],
)
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_sale_takes_so_many_messages_for_each_line(
    inventory: IrisInventory,
    server: Superserver,
    bags: int,
    each: int,
    once: int,
    alerts: int,
    lines: int,
) -> None:
    coffees = [SIDAMO, HUILA, ANTIGUA][:lines]
    with server.count() as counted:
        sell(inventory, "CC-COUNTED1", dict.fromkeys(coffees, bags))
    assert counted.total == FIXED + once + each * lines + (lines + AFTER_ALERTS) * alerts


def test_what_sold_out_and_is_on_sale_again_takes_two_more_the_first_time(
    inventory: IrisInventory, server: Superserver
) -> None:
    sell_out(inventory, SIDAMO)
    for number, more in enumerate([FIRST_AFTER_LAST_BAG, 0]):
        put(server, SIDAMO)
        with server.count() as counted:
            sell(inventory, f"CC-BACK000{number}", {SIDAMO: 1})
        # What another program put there is written down too.
        assert counted.total == FIXED + A_LINE + 1 + more


def test_the_first_sale_of_a_product_also_writes_what_was_there(
    inventory: IrisInventory, server: Superserver
) -> None:
    put(server, 1004)
    with server.count() as counted:
        sell(inventory, "CC-FIRST001", {1004: 1})
    assert counted.total == FIXED + A_LINE + 1


def test_an_order_that_is_decided_takes_no_transaction(
    inventory: IrisInventory, server: Superserver
) -> None:
    with server.count() as counted, pytest.raises(Decided):
        sell(inventory, "CC-BEFORE01", {SIDAMO: 1})
    assert counted.by_kind == {"lock": 1, "get": 1, "releaseAllLocks": 1}


def test_a_page_is_one_select(inventory: IrisInventory, server: Superserver) -> None:
    for product_id in range(1004, 1024):
        put(server, product_id)
    queries = [
        ProductQuery(limit=12),
        ProductQuery(limit=12, offset=12),
        ProductQuery(text="sid a", origins=("Ethiopia",), in_stock=True, sort=Sort.PRICE_DOWN),
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


ALL = (SIDAMO, HUILA, ANTIGUA)


def sell_out(inventory: IrisInventory, *coffees: int) -> None:
    """The last bags of each, one order after the other."""
    for coffee in coffees:
        sell(inventory, f"CC-LAST{coffee}", {coffee: BAGS - 1})


def withdraw(inventory: IrisInventory, *coffees: int) -> None:
    for coffee in coffees:
        change = Withdrawal(product_id=coffee)
        inventory.apply(change, Note(key=f"off-{coffee}", who="Bruno"))


def deliver_three_times(inventory: IrisInventory) -> None:
    for number in range(3):
        van = Delivery(rows=(bags_of_sidamo(5),), again=True)
        inventory.apply(van, Note(key=f"van-{number}", who="Bruno"))


def lose_all_rows(inventory: IrisInventory) -> None:
    """Two coffees sold out and one withdrawn; a SELECT of so many ids is known."""
    sell_out(inventory, SIDAMO, ANTIGUA)
    withdraw(inventory, HUILA)
    inventory.products(range(1, 101))


def ids(products: Iterable[Product]) -> list[int]:
    return [product.id for product in products]


Ask = Callable[[IrisInventory], object]
READERS: dict[str, tuple[Ask, Ask, object, dict[str, int]]] = {
    "the version": (lambda i: None, lambda i: bool(i.version()), True, {"get": 1}),
    "a basket": (lambda i: None, lambda i: ids(i.products(ALL).values()), [*ALL], {"PQ": 1}),
    # One for the list of them, one for their rows.
    "the latest sold out": (
        lambda i: sell_out(i, HUILA, SIDAMO, ANTIGUA),
        lambda i: ids(i.sold_out(limit=2)),
        [ANTIGUA, SIDAMO],
        {"get": 1, "PQ": 1},
    ),
    # Each, the end, and their rows.
    "all sold out": (
        lambda i: sell_out(i, HUILA, SIDAMO, ANTIGUA),
        lambda i: ids(i.sold_out(limit=500)),
        [ANTIGUA, SIDAMO, HUILA],
        {"nextSubscript": 3 + 1, "PQ": 1},
    ),
    # Each, the end, the shelf of the sold out, which is empty, and their rows.
    "all withdrawn": (
        lambda i: withdraw(i, *ALL),
        lambda i: ids(i.withdrawn()),
        [*ALL],
        {"nextSubscript": 3 + 1 + 1, "PQ": 1},
    ),
    # 256 ids in a SELECT, which is new to the connection; the end of the two shelves.
    "thousands of unknown ids": (
        lambda i: None,
        lambda i: i.products(range(10_001, 15_001)),
        {},
        {"PP": 1, "PQ": 20, "nextSubscript": 2},
    ),
    "an unknown id below a shelf": (
        lambda i: sell_out(i, HUILA),
        lambda i: i.products([HUILA - 1000]),
        {},
        {"PQ": 1, "nextSubscript": 2},
    ),
    "an unknown id above a shelf": (
        lambda i: sell_out(i, HUILA),
        lambda i: i.products([HUILA + 1000]),
        {},
        {"PQ": 1, "nextSubscript": 2},
    ),
    # Every entry of the two shelves once, and their ends, however many are unknown.
    "products without a row": (
        lose_all_rows,
        lambda i: {p.id: p.shelf for p in i.products([1, 2, *ALL, *range(1500, 1700)]).values()},
        {SIDAMO: Shelf.SOLD_OUT, HUILA: Shelf.WITHDRAWN, ANTIGUA: Shelf.SOLD_OUT},
        {"PQ": 1, "nextSubscript": 3 + 2},
    ),
    # Each, and three for one of this hour.
    "deliveries": (
        deliver_three_times,
        lambda i: [delivery.key for delivery in i.deliveries(limit=2)],
        ["van-2", "van-1"],
        {"nextSubscript": 2, "lock": 2, "get": 2, "unlock": 2},
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_so_many_messages(
    inventory: IrisInventory, server: Superserver, name: str
) -> None:
    prepare, ask, found, messages = READERS[name]
    prepare(inventory)
    with server.count() as counted:
        answer = ask(inventory)
    assert (answer, counted.by_kind) == (found, messages)


def test_more_that_sold_out_than_are_listed_or_asked_for_are_the_latest(
    inventory: IrisInventory, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = 2
    monkeypatch.setattr(ledger, "LATEST_SOLD_OUT", listed)
    monkeypatch.setattr(products, "LATEST_SOLD_OUT", listed)
    for product_id in (2004, 2003, 2002, 2001):
        put(server, product_id, StockQuantity=1)
        sell(inventory, f"CC-LAST{product_id}", {product_id: 1})
    assert ids(inventory.beside_list(version=inventory.version()).sold_out) == [2001, 2002]
    assert ids(inventory.sold_out(limit=1)) == [2001]
    assert ids(inventory.sold_out(limit=3)) == [2001, 2002, 2003]
    assert ids(inventory.sold_out(limit=4)) == [2001, 2002, 2003, 2004]


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
    "search": ("/shop/?q=sid", 3),
    "product": (f"/shop/{SIDAMO}/sidamo/", 3),
    "basket": ("/basket/", 1),
    "checkout": ("/checkout/", 1),
}


# What more a page takes after a last bag, and how many sold-out coffees it shows.
SOLD_OUT = {"catalogue": (1, RECENT), "search": (1, PER_PAGE), "product": (0, 0)}


@pytest.fixture
def amina(
    server: Superserver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shopper]:
    """She has three coffees in her basket; each page has been asked for once, a second ago."""
    settings.INVENTORY_URL, settings.IRIS_CONNECTIONS = server.url, 1
    amina = Shopper("Amina")
    for coffee in (SIDAMO, HUILA, ANTIGUA):
        amina.put_in_basket(bags_of_sidamo(BAGS, coffee), 1)
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
@pytest.mark.parametrize("page", SOLD_OUT)
@pytest.mark.parametrize("sold_out", [1, 4, 25])
def test_after_a_last_bag_a_page_takes_one_more_however_many_are_sold_out(
    amina: Shopper, server: Superserver, page: str, sold_out: int
) -> None:
    path, messages = PAGES[page]
    more, most = SOLD_OUT[page]
    for coffee in range(2001, 2001 + sold_out):
        put(server, coffee, Name=f"Sidamo {coffee}", StockQuantity=1)
        sell(get_inventory(), f"CC-LAST{coffee}", {coffee: 1})
    with server.count() as counted:
        shown = amina.open(path)
    assert counted.total == messages + more, counted.by_kind
    assert len(set(re.findall(r"Sidamo 2\d+", shown.text))) == min(most, sold_out)


@pytest.mark.django_db(transaction=True)
def test_a_product_page_of_a_shop_with_more_than_one_page_takes_six_after_a_last_bag(
    amina: Shopper, server: Superserver
) -> None:
    path, _ = PAGES["product"]
    for coffee in range(2001, 2041):
        put(server, coffee, StockQuantity=1, CountryOfOrigin="Peru")
    amina.open(path)
    sell(get_inventory(), "CC-LAST2001", {2001: 1})
    with server.count() as counted:
        amina.open(path)
    assert counted.total == 6, counted.by_kind


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
