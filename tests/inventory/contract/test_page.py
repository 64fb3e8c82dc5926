"""A page of products: what it matches, in what order, which stretch."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shop.inventory.contract import Inventory, ProductQuery, Sort, Withdrawal
from tests.inventory.contract.acts import apply, sell, wish
from tests.inventory.contract.world import RawRow, World

SHELF = [
    RawRow(id=1, name="Mocha Sidamo", origin="Ethiopia", price=Decimal("12.00"), quantity=4),
    RawRow(id=2, name="antigua", origin="Guatemala", price=Decimal("9.50"), quantity=0),
    RawRow(id=3, name="Bourbon", origin="Brazil", price=Decimal("12.00"), quantity=12,
           description="Chocolate, 100% washed"),
    RawRow(id=4, name="Harrar", origin="Ethiopia", price=Decimal("10.00"), quantity=2,
           description="A wild mocha from the east"),
    RawRow(id=5, name="BOURBON", origin="Réunion", price=Decimal("120.00"), quantity=2,
           description="Pointu_rare"),
]  # fmt: skip


@pytest.fixture
def stocked(world: World) -> Inventory:
    """Five coffees whose names, prices and quantities tie here and there."""
    for row in SHELF:
        world.put_row(row)
    return world.inventory


def ids(inventory: Inventory, query: ProductQuery) -> list[int]:
    return [product.id for product in inventory.page(query).products]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NAME, [2, 3, 5, 4, 1]),
        (Sort.PRICE, [2, 4, 1, 3, 5]),
        (Sort.PRICE_DOWN, [5, 1, 3, 4, 2]),
        (Sort.QUANTITY, [2, 4, 5, 1, 3]),
        (Sort.ID, [1, 2, 3, 4, 5]),
    ],
)
def test_every_order_with_ties_by_id(stocked: Inventory, sort: Sort, expected: list[int]) -> None:
    assert ids(stocked, ProductQuery(sort=sort)) == expected
    assert list(stocked.quantities(ProductQuery(sort=sort, offset=2, limit=1))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MOCHA", [1, 4]),  # in a name and in a description
        ("ethiop", [1, 4]),  # in an origin
        ("bourbon", [3, 5]),
        ("  bourbon  ", [3, 5]),
        ("réunion", [5]),
        ("", [1, 2, 3, 4, 5]),
        ("   ", [1, 2, 3, 4, 5]),
        ("100%", [3]),  # not a wildcard
        ("%", [3]),
        ("_", [5]),
        ("'; DROP TABLE", []),
        ("\\", []),
        ("robusta", []),
        ("“Mocha” SIDAMO,", [1]),  # the marks around words
        ("sidamo mocha", [1]),  # in any order
        ("sidamo-mocha", [1]),
        ("3", [3]),  # a number, as a whole
        ("No. 3", [3]),
        ("#5", [5]),
        ("mocha\N{NO-BREAK SPACE}east", [4]),
    ],
)
def test_text_is_looked_for_in_name_origin_and_description_whatever_its_case(
    stocked: Inventory, text: str, expected: list[int]
) -> None:
    assert ids(stocked, ProductQuery(text=text, sort=Sort.ID)) == expected


@pytest.mark.parametrize("text", ["RÉUNION", "réunion", "RéUnIoN"])
def test_letters_with_accents_have_no_case_either(stocked: Inventory, text: str) -> None:
    assert ids(stocked, ProductQuery(text=text)) == [5]


def test_accents_and_apostrophes_do_not_count_in_django_s_database(world: World) -> None:
    if world.inventory.outside_changes:
        pytest.skip("the shop does not change the table in IRIS")
    shelf = ["Árvore", "zebra", "éclair", "Acai\N{COMBINING ACUTE ACCENT}", "Keeper’s Reserve"]
    for number, name in enumerate(shelf, start=1):
        world.put_row(RawRow(id=number, name=name))
    for text, found in {"arvore": 1, "ECLAIR": 3, "açaí": 4, "keeper's": 5, "“keeper`s": 5}.items():
        assert ids(world.inventory, ProductQuery(text=text)) == [found], text
    assert ids(world.inventory, ProductQuery()) == [4, 1, 3, 5, 2]


def test_a_word_may_stand_for_origins_as_well(stocked: Inventory) -> None:
    meant = (("etiopia", ("Ethiopia",)),)
    assert ids(stocked, ProductQuery(text="etiopia mocha", meant=meant, sort=Sort.ID)) == [1, 4]


def test_several_origins_are_asked_for_at_once(stocked: Inventory) -> None:
    query = ProductQuery(origins=("Ethiopia", "Réunion"), sort=Sort.ID)
    assert ids(stocked, query) == [1, 4, 5]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("Ethiopia", [1, 4]), ("ethiopia", []), ("Ethio", []), ("Réunion", [5])],
)
def test_an_origin_is_exact(stocked: Inventory, origin: str, expected: list[int]) -> None:
    assert ids(stocked, ProductQuery(origins=(origin,), sort=Sort.ID)) == expected


def test_only_what_is_in_stock(stocked: Inventory) -> None:
    assert ids(stocked, ProductQuery(in_stock=True, sort=Sort.ID)) == [1, 3, 4, 5]


@pytest.mark.parametrize(
    ("below", "expected"), [(0, []), (1, [2]), (3, [2, 4, 5]), (5, [1, 2, 4, 5])]
)
def test_fewer_bags_than_that(stocked: Inventory, below: int, expected: list[int]) -> None:
    assert ids(stocked, ProductQuery(below=below, sort=Sort.ID)) == expected


def test_conditions_hold_together(stocked: Inventory) -> None:
    query = ProductQuery(text="mocha", origins=("Ethiopia",), in_stock=True, below=3)
    assert ids(stocked, query) == [4]
    assert stocked.page(query).total == 1
    assert stocked.quantities(query) == {4: 2}


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [(0, 2, [1, 2]), (2, 2, [3, 4]), (4, 2, [5]), (5, 2, []), (50, 2, []), (0, 5, [1, 2, 3, 4, 5]),
     (0, 6, [1, 2, 3, 4, 5])],
)  # fmt: skip
def test_every_stretch_knows_the_total(
    stocked: Inventory, offset: int, limit: int, expected: list[int]
) -> None:
    page = stocked.page(ProductQuery(sort=Sort.ID, offset=offset, limit=limit))
    assert [product.id for product in page.products] == expected
    assert page.total == 5


def test_the_total_counts_matches_only(stocked: Inventory) -> None:
    page = stocked.page(ProductQuery(origins=("Ethiopia",), limit=1))
    assert (len(page.products), page.total) == (1, 2)


def test_stretches_laid_end_to_end_show_every_product_once(stocked: Inventory) -> None:
    for sort in Sort:
        stretches = [ids(stocked, ProductQuery(sort=sort, offset=n, limit=1)) for n in range(5)]
        assert [id_ for stretch in stretches for id_ in stretch] == ids(
            stocked, ProductQuery(sort=sort)
        )


def test_rows_that_cannot_be_sold_are_left_out_and_not_counted(world: World) -> None:
    world.put_row(RawRow(id=1))
    world.put_row(RawRow(id=2, name=None))
    world.put_row(RawRow(id=3, price=None))
    world.put_row(RawRow(id=4, quantity=None))
    for sort in Sort:
        page = world.inventory.page(ProductQuery(sort=sort))
        assert [product.id for product in page.products] == [1]
        assert page.total == 1
    assert world.inventory.page(ProductQuery(sort=Sort.ID, limit=1)).total == 1


def test_only_products_on_sale_are_on_a_page(stocked: Inventory) -> None:
    price = {4: Decimal("10.00")}
    sell(stocked, wish("CC-HARRAR01", {4: 2}, prices=price))
    apply(stocked, Withdrawal(product_id=5))
    page = stocked.page(ProductQuery(sort=Sort.ID))
    assert [product.id for product in page.products] == [1, 2, 3]
    assert page.total == 3
