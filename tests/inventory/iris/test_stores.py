"""Stores as they are found: prices of any type, the public tutorial's table, and misfits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from shop.inventory.contract import (
    AlertKind,
    BesideList,
    Correction,
    Delivery,
    InventoryMisfit,
    NewDetails,
    Note,
    ProductQuery,
    RowProblem,
    SaleRefused,
    Sort,
)
from shop.inventory.iris import IrisInventory, client
from shop.inventory.iris.client import Address
from shop.inventory.iris.store import cents, ledger, text, whole
from tests.inventory.iris.shop import (
    ANTIGUA,
    BAGS,
    HUILA,
    SIDAMO,
    MakeShop,
    bags_left,
    bags_of_sidamo,
    put,
    sell,
    stock,
    wait_until,
    wish,
)
from tests.support.superserver import Superserver


@contextmanager
def a_store(make_shop: MakeShop, **shape: Any) -> Iterator[tuple[Superserver, IrisInventory]]:
    """A server with a store of this shape, and a shop on it."""
    with Superserver() as server:
        server.create_store(**shape)
        yield server, make_shop(url=server.url)


# ── prices ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stored", "price"),
    [
        (8.5, "8.50"),
        (8, "8.00"),
        ("8.5", "8.50"),
        ("8", "8.00"),
        (Decimal("8.5"), "8.50"),
        (2.675, "2.68"),  # the float is a little less than its digits say; the digits count
        (2.674, "2.67"),
        (0.005, "0.01"),
        (Decimal("1.005"), "1.01"),
        ("1.005", "1.01"),
        (0.1 + 0.2, "0.30"),
        (1e3, "1000.00"),
        (1234567.891, "1234567.89"),
    ],
)
def test_prices_are_rounded_half_up_to_cents_whatever_type_arrives(stored: Any, price: str) -> None:
    assert str(cents(stored)) == price


@pytest.mark.parametrize("stored", [None, "", "\0", "dear", "NaN", float("nan"), float("inf")])
def test_what_is_no_price_is_none(stored: Any) -> None:
    assert cents(stored) is None


@pytest.mark.parametrize(
    ("stored", "quantity"),
    [(3, 3), ("3", 3), (3.0, 3), (Decimal("3.00"), 3), (None, None), ("", None), ("few", None)],
)
def test_quantities_may_arrive_as_text_or_decimal(stored: Any, quantity: int | None) -> None:
    assert whole(stored) == quantity


@pytest.mark.parametrize(("stored", "shown"), [(None, ""), ("\0", ""), ("", ""), (7, "7")])
def test_nothing_and_the_empty_string_of_sql_are_empty(stored: Any, shown: str) -> None:
    assert text(stored) == shown


@pytest.mark.parametrize("kind", ["DOUBLE", "NUMERIC"])
@pytest.mark.parametrize("price", ["8.50", "8.00", "9.99", "0.01"])
def test_a_coffee_is_sold_at_its_exact_price_in_any_column(
    make_shop: MakeShop, kind: str, price: str
) -> None:
    with a_store(make_shop, price=kind) as (server, shop):
        put(server, SIDAMO, Price=Decimal(price))
        (product,) = shop.page(ProductQuery(sort=Sort.PRICE)).products
        assert str(product.price) == price
        with shop.sale(wish("CC-AMINA001", {SIDAMO: 3}, Decimal(price))) as sale:
            assert str(sale.sell(SIDAMO).unit_price) == price
        assert shop.totals().value == Decimal(price) * (BAGS - 3)


def test_totals_are_exact_where_the_column_is_not(make_shop: MakeShop) -> None:
    with a_store(make_shop, price="DOUBLE") as (server, shop):
        for product_id in range(1, 301):
            put(server, product_id, Price=0.1, StockQuantity=1)
        assert shop.totals().value == Decimal("30.00")


def test_a_price_of_fractions_of_a_cent_is_sold_as_shown(make_shop: MakeShop) -> None:
    with a_store(make_shop) as (server, shop):
        put(server, SIDAMO, Price=2.675)
        with pytest.raises(SaleRefused) as refused:
            sell(shop, "CC-AMINA001", {SIDAMO: 1})
        (change,) = refused.value.price_changes
        assert str(change.now) == "2.68"
        with shop.sale(wish("CC-AMINA002", {SIDAMO: 1}, Decimal("2.68"))) as sale:
            sale.sell(SIDAMO)


@pytest.mark.parametrize("why", ["made by an older release", "its lock was held"])
def test_a_sold_out_coffee_that_is_not_in_the_list_comes_in_with_the_next_connection(
    make_shop: MakeShop, server: Superserver, why: str
) -> None:
    shop = make_shop()
    sell(shop, "CC-LAST0001", {SIDAMO: BAGS})
    with server.session() as other:
        if why == "its lock was held":
            assert other.lock(ledger.SOLD_OUT_LAST)
        sell(shop, "CC-LAST0002", {ANTIGUA: BAGS})
    if why == "made by an older release":
        older = client.connect(Address.from_url(server.url), timeout=1)
        older.kill(ledger.SOLD_OUT_LAST)
        older.close()
    next_one = make_shop()
    beside_list = next_one.beside_list(version=next_one.version())
    assert [product.id for product in beside_list.sold_out] == [ANTIGUA, SIDAMO]


# ── the tutorial's store ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("alerts", ["tutorial", "none"])
def test_the_tutorials_store_works_as_it_is(make_shop: MakeShop, alerts: str) -> None:
    with a_store(make_shop, alerts=alerts) as (server, shop):
        stock(server)
        server.insert(ProductId=7)
        server.insert(ProductId=8, Name="Yirgacheffe", Price=9, StockQuantity=4)
        on_sale = [product.id for product in shop.page(ProductQuery(sort=Sort.ID)).products]
        assert on_sale == [8, SIDAMO, HUILA, ANTIGUA]
        assert [problem.id for problem in shop.problems()] == [7]
        origins = ("Colombia", "Ethiopia", "Guatemala")
        assert shop.beside_list(version="") == BesideList(origins=origins, sold_out=())
        assert [p.id for p in shop.page(ProductQuery(text="yirga")).products] == [8]
        with shop.sale(wish("CC-AMINA001", {SIDAMO: BAGS, HUILA: BAGS - 1})) as sale:
            due = [sale.sell(coffee).alert for coffee in (SIDAMO, HUILA)]
        assert due == [AlertKind.OUT, AlertKind.LOW]
        errors = [answer.error for answer in sale.alert_answers.values()]
        missing = "<CLASS DOES NOT EXIST> *coffeeco.Alerts"
        assert errors == [missing if alerts == "none" else ""] * 2
        assert SIDAMO not in bags_left(server)
        assert bags_left(server)[HUILA] == 1


def test_a_row_with_nothing_in_its_columns_can_be_mended(make_shop: MakeShop) -> None:
    with a_store(make_shop) as (server, shop):
        server.insert(ProductId=7)
        details = NewDetails(
            product_id=7, name="Kenya AA", price=Decimal("9.90"), origin="", description=""
        )
        shop.apply(details, Note(key="mend", who="Bruno"))
        shop.apply(Correction(product_id=7, shown=0, counted=3), Note(key="count", who="Bruno"))
        (row,) = server.rows()
        assert row == {
            "ProductId": 7,
            "Name": "Kenya AA",
            "Price": 9.9,
            "StockQuantity": 3,
            "CountryOfOrigin": None,
            "Description": None,
        }
        with shop.sale(wish("CC-AMINA001", {7: 3}, Decimal("9.90"))) as sale:
            sale.sell(7)


def test_rows_that_would_break_pages_or_orders_are_not_offered(make_shop: MakeShop) -> None:
    with a_store(make_shop) as (server, shop):
        stock(server)
        put(server, -5)
        put(server, 0)
        put(server, 7, Price=-0.01)
        put(server, 8, Price=1e15)
        on_sale = [product.id for product in shop.page(ProductQuery(sort=Sort.ID)).products]
        assert on_sale == [SIDAMO, HUILA, ANTIGUA]
        assert shop.totals().products == 3
        assert {row.id: row.problems for row in shop.problems()} == {
            -5: (RowProblem.WRONG_ID,),
            0: (RowProblem.WRONG_ID,),
            7: (RowProblem.WRONG_PRICE,),
            8: (RowProblem.WRONG_PRICE,),
        }
        with pytest.raises(SaleRefused) as refused:
            sell(shop, "CC-AMINA001", {-5: 1, 0: 1, 7: 1, 8: 1})
        assert [shortage.left for shortage in refused.value.shortages] == [0, 0, 0, 0]


def test_texts_of_a_wider_column_are_cut_to_what_an_order_keeps(make_shop: MakeShop) -> None:
    with a_store(make_shop, shape="none") as (server, shop):
        wide, narrow = "Sidamo, " * 10, ("Sidamo, " * 10)[:50]
        operator = client.connect(Address.from_url(server.url), timeout=10)
        operator.execute("SET OPTION PKEY_IS_IDKEY = TRUE")
        operator.execute(
            "CREATE TABLE coffeeco.Inventory (ProductId INTEGER PRIMARY KEY, Name VARCHAR(200), "
            "Price DOUBLE, StockQuantity INTEGER, CountryOfOrigin VARCHAR(200), "
            "Description VARCHAR(500))"
        )
        operator.close()
        put(server, SIDAMO, Name=wide, CountryOfOrigin=wide)
        (product,) = shop.page(ProductQuery()).products
        assert (product.name, product.origin) == (narrow, narrow)
        decision = sell(shop, "CC-AMINA001", {SIDAMO: 1})
        assert (decision.lines[0].name, decision.lines[0].origin) == (narrow, narrow)
        (row,) = server.rows()
        assert (row["Name"], row["StockQuantity"]) == (wide, BAGS - 1)


# ── misfits ─────────────────────────────────────────────────────────────────────────────────────


def refusal(shop: IrisInventory) -> InventoryMisfit:
    """What the shop says of a store that it can't work with, for readers and for buyers."""
    with pytest.raises(InventoryMisfit) as reading:
        shop.version()
    with pytest.raises(InventoryMisfit) as selling:
        sell(shop, "CC-AMINA001", {SIDAMO: 1})
    assert reading.value.remedy == selling.value.remedy
    return selling.value


def test_a_namespace_without_the_table_is_refused_with_the_remedy(make_shop: MakeShop) -> None:
    with a_store(make_shop, shape="none") as (_, shop):
        misfit = refusal(shop)
        assert "INVENTORY" in misfit.detail.upper()
        assert "setup_inventory" in misfit.remedy


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_whose_id_is_not_the_product_id_is_refused_with_the_remedy(
    make_shop: MakeShop, rows: int
) -> None:
    with a_store(make_shop, shape="hidden_id") as (server, shop):
        for _ in range(rows):
            put(server, SIDAMO)
        misfit = refusal(shop)
        assert "ProductId" in misfit.detail
        assert "setup_inventory" in misfit.remedy


@pytest.mark.parametrize("product_id", [SIDAMO, None])
def test_a_table_whose_rows_show_it_is_refused_without_rights_on_the_dictionary(
    make_shop: MakeShop, product_id: int | None
) -> None:
    with a_store(make_shop, shape="hidden_id") as (server, shop):
        server.deny("SELECT %Dictionary.CompiledIndex")
        server.insert(ProductId=product_id, Name="Sidamo", Price=9, StockQuantity=4)
        assert "ProductId" in refusal(shop).detail


def test_a_hidden_id_shows_at_the_latest_when_the_first_delivery_comes_in(
    make_shop: MakeShop,
) -> None:
    with a_store(make_shop, shape="hidden_id") as (server, shop):
        server.deny("SELECT %Dictionary.CompiledIndex")
        delivery = Delivery(rows=(bags_of_sidamo(5),))
        with pytest.raises(InventoryMisfit):
            shop.apply(delivery, Note(key="van-1", who="Bruno"))
        wait_until(lambda: not server.rows())
        assert shop.decision("van-1") is None


def test_a_table_that_lacks_a_column_is_refused_with_the_remedy(make_shop: MakeShop) -> None:
    with a_store(make_shop, shape="none") as (server, shop):
        operator = client.connect(Address.from_url(server.url), timeout=10)
        operator.execute("SET OPTION PKEY_IS_IDKEY = TRUE")
        operator.execute(
            "CREATE TABLE coffeeco.Inventory (ProductId INTEGER PRIMARY KEY, Name VARCHAR(50), "
            "Price DOUBLE, StockQuantity INTEGER)"
        )
        operator.close()
        misfit = refusal(shop)
        # The server names the first column that it does not find.
        assert "'DESCRIPTION' NOT FOUND" in misfit.detail.upper()
        assert "setup_inventory" in misfit.remedy


@pytest.mark.parametrize("right", ["%Native_GlobalAccess", "%Native_Concurrency"])
def test_an_account_without_a_right_is_told_so(make_shop: MakeShop, right: str) -> None:
    with a_store(make_shop) as (server, shop):
        stock(server)
        server.deny(right)
        with pytest.raises(InventoryMisfit) as misfit:
            sell(shop, "CC-AMINA001", {SIDAMO: 1})
        assert "PROTECT" in misfit.value.detail
        assert "check_inventory" in misfit.value.remedy
        server.allow()
        sell(shop, "CC-AMINA001", {SIDAMO: 1})


def test_a_store_that_comes_back_in_another_shape_is_refused(make_shop: MakeShop) -> None:
    with a_store(make_shop) as (server, shop):
        stock(server)
        sell(shop, "CC-AMINA001", {SIDAMO: 1})
        server.faults.drop_all()
        operator = client.connect(Address.from_url(server.url), timeout=10)
        operator.execute("DROP TABLE coffeeco.Inventory")
        operator.close()
        server.create_store(shape="hidden_id")
        put(server, SIDAMO)
        assert "ProductId" in refusal(shop).detail
        assert bags_left(server) == {SIDAMO: BAGS}


def test_a_store_that_was_mended_is_used_without_a_restart(make_shop: MakeShop) -> None:
    with a_store(make_shop, shape="none") as (server, shop):
        with pytest.raises(InventoryMisfit):
            shop.version()
        server.create_store()
        stock(server)
        sell(shop, "CC-AMINA001", {SIDAMO: 1})
