"""What the shop promises on servers that keep objects, commit and alert in their own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from shop.inventory import get_inventory, stores
from shop.inventory.contract import (
    Change,
    Delivery,
    Inventory,
    Note,
    OutcomeUnknown,
    PutBack,
    SaleRefused,
    Withdrawal,
)
from shop.inventory.iris import IrisInventory
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    PLENTY,
    ROW_LOCK,
    SIDAMO,
    MakeShop,
    bags_left,
    bags_of_sidamo,
    nothing_is_held,
    put,
    sell,
    stock,
    wait_until,
    wish,
)
from tests.support.behaviours import named, server_behaviours
from tests.support.cast import Shopper
from tests.support.superserver import Superserver

NEW = 2001
Prepare = Callable[[Inventory], None]


@pytest.fixture
def server(behaviour: str) -> Iterator[Superserver]:
    """The usual store, on a server that behaves so."""
    with Superserver(behaviour=named(behaviour)) as server:
        server.create_store()
        stock(server)
        yield server


def delete_elsewhere(server: Superserver, product_id: int) -> None:
    """Another program takes a row away."""
    with server.session() as other:
        assert other.call("coffeeco.Inventory", "%DeleteId", product_id) == 1


def row_of(server: Superserver, product_id: int) -> dict[str, object]:
    [found] = [row for row in server.rows() if row["ProductId"] == product_id]
    return found


# ── the last bag ────────────────────────────────────────────────────────────────────────────────


@server_behaviours()
def test_the_last_bag_of_two_workers_is_sold_once_and_costs_the_loser_no_connection(
    make_shop: MakeShop, server: Superserver
) -> None:
    here, there = make_shop(connections=1), make_shop(connections=1)
    sell(here, "CC-HERE0001", {SIDAMO: 1})
    (connection,) = server.sessions()
    sell(there, "CC-THERE001", {SIDAMO: 1})
    sell(there, "CC-THERE002", {SIDAMO: BAGS - 2})
    with pytest.raises(SaleRefused) as refused:
        sell(here, "CC-HERE0002", {SIDAMO: 1})
    [shortage] = refused.value.shortages
    assert (shortage.product_id, shortage.name, shortage.left) == (SIDAMO, "Sidamo", 0)
    sell(here, "CC-HERE0003", {HUILA: 1})
    assert connection in server.sessions()
    assert nothing_is_held(server)
    assert SIDAMO not in bags_left(server)


@pytest.fixture
def pages(server: Superserver, settings: Settings) -> Iterator[None]:
    """The shop's pages, on one connection to the server."""
    settings.INVENTORY_URL = server.url
    settings.INVENTORY_TIMEOUT, settings.IRIS_CONNECTIONS = PLENTY, 1
    shop = get_inventory()
    assert isinstance(shop, IrisInventory)
    yield
    shop.close()
    stores._open.cache_clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("pages")
@server_behaviours()
def test_the_shopper_who_comes_too_late_reads_that_it_is_sold_out(make_shop: MakeShop) -> None:
    amina = Shopper("Amina")
    amina.put_in_basket(bags_of_sidamo(BAGS), 1)
    amina.open("/checkout/")
    assert amina.press("Pay now").h1 == "Thank you for your order"
    amina.put_in_basket(bags_of_sidamo(BAGS), 1)
    amina.open("/checkout/")
    sell(make_shop(), "CC-BRUNO001", {SIDAMO: BAGS - 1})
    page = amina.press("Pay now")
    assert page.status == 409
    assert "Sidamo is sold out; you wanted 1 bag." in page.text


# ── rows that come back ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("gone", ["with its last bag", "by another program"])
@server_behaviours()
def test_what_another_program_wrote_into_a_row_that_came_back_is_not_written_over(
    make_shop: MakeShop, server: Superserver, gone: str
) -> None:
    shop = make_shop(connections=1)
    with pytest.raises(SaleRefused), shop.sale(wish("CC-AMINA001", {HUILA: 1}, Decimal(1))):
        pass
    if gone == "with its last bag":
        sell(shop, "CC-AMINA002", {HUILA: BAGS})
    else:
        delete_elsewhere(server, HUILA)
        with pytest.raises(SaleRefused):
            sell(shop, "CC-AMINA002", {HUILA: 1})
    put(server, HUILA, Name="Huila, new crop", CountryOfOrigin="Peru", Description="Plum")
    with server.session() as other, shop.sale(wish("CC-AMINA003", {HUILA: 1})) as sale:
        assert not other.lock(ROW_LOCK, HUILA, timeout=0)
        sale.sell(HUILA)
    row = row_of(server, HUILA)
    kept = (row["Name"], row["CountryOfOrigin"], row["Description"], row["StockQuantity"])
    assert kept == ("Huila, new crop", "Peru", "Plum", BAGS - 1)


# ── changes with new rows ───────────────────────────────────────────────────────────────────────


def sold_out(inventory: Inventory) -> None:
    sell(inventory, "CC-AMINA001", {SIDAMO: BAGS})


def withdrawn(inventory: Inventory) -> None:
    inventory.apply(Withdrawal(product_id=SIDAMO), Note(key="withdrawn", who="Bruno"))


VAN = Delivery(rows=(bags_of_sidamo(5), replace(bags_of_sidamo(5), product_id=NEW, name="Kochere")))
CHANGES_WITH_NEW_ROWS = [
    pytest.param(sold_out, VAN, {SIDAMO: 5, NEW: 5}, id="delivery"),
    pytest.param(withdrawn, PutBack(product_id=SIDAMO), {SIDAMO: BAGS}, id="put back"),
]


@pytest.mark.parametrize(("before", "change", "after"), CHANGES_WITH_NEW_ROWS)
@server_behaviours()
def test_a_change_that_inserts_rows_is_made_whole_or_not_at_all(
    make_shop: MakeShop,
    server: Superserver,
    before: Prepare,
    change: Change,
    after: dict[int, int],
) -> None:
    shop = make_shop(connections=1)
    before(shop)
    rows, kept = server.rows(), server.globals()
    note = Note(key="van-1", who="Bruno")
    server.faults.die_at("tCommit", "before")
    with pytest.raises(OutcomeUnknown):
        shop.apply(change, note)
    wait_until(lambda: nothing_is_held(server))
    assert (server.rows(), server.globals()) == (rows, kept)
    shop.apply(change, note)
    left = bags_left(server)
    assert {product_id: left.get(product_id) for product_id in after} == after
    assert nothing_is_held(server)


# ── alerts that leave a transaction open ────────────────────────────────────────────────────────


def sell_with_alerts_and_once_more(shop: IrisInventory, server: Superserver) -> None:
    """A sale that raises both alerts and one that raises none; then the connection is lost."""
    sell(shop, "CC-AMINA001", {SIDAMO: BAGS - 1, HUILA: BAGS})
    sell(shop, "CC-BRUNO001", {ANTIGUA: 1})
    server.faults.drop_all()
    wait_until(lambda: nothing_is_held(server))


@server_behaviours()
def test_neither_a_sale_with_alerts_nor_the_next_one_is_lost(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1)
    sell_with_alerts_and_once_more(shop, server)
    assert bags_left(server) == {SIDAMO: 1, ANTIGUA: BAGS - 1}
    assert {call.method for call in server.alerts()} == {"LowStockAlert", "OutOfStockAlert"}
    assert make_shop().decision("CC-BRUNO001") is not None
