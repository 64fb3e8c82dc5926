"""What is read of a store: products wherever they stand, figures, problems."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shop.inventory.contract import BesideList, Inventory, RowProblem, Shelf, Withdrawal
from tests.inventory.contract.acts import (
    apply,
    coming,
    decided,
    deliver,
    known,
    on_sale,
    sell,
    wish,
)
from tests.inventory.contract.world import PRICE, RawRow, World


def test_an_empty_store_answers_every_question(inventory: Inventory) -> None:
    assert on_sale(inventory) == ()
    assert inventory.beside_list(version="") == BesideList(origins=(), sold_out=())
    assert inventory.products([1, 2]) == {}
    assert inventory.product(1) is None
    assert inventory.sold_out(limit=5) == ()
    assert inventory.withdrawn() == ()
    assert inventory.problems() == ()
    assert (inventory.totals().products, inventory.totals().bags) == (0, 0)
    assert inventory.totals().value == Decimal("0.00")
    assert list(inventory.all_movements()) == []
    assert list(inventory.decisions()) == []
    assert inventory.decision("CC-NOTHING1") is None


def test_a_product_on_sale_is_told_as_its_row_says(world: World) -> None:
    world.put_row(
        RawRow(
            id=1001,
            name="Café do Sítio",
            price=Decimal("9.90"),
            quantity=7,
            origin="São Tomé",
            description="“Sweet” & round — 100 % <arabica>\nsecond line",
        )
    )
    product = known(world.inventory, 1001)
    assert product.name == "Café do Sítio"
    assert product.price == Decimal("9.90")
    assert product.quantity == product.left == 7
    assert product.origin == "São Tomé"
    assert product.description == "“Sweet” & round — 100 % <arabica>\nsecond line"
    assert product.shelf is Shelf.ON_SALE
    assert product.since is None
    assert not product.is_sold_out


def test_the_longest_texts_that_the_store_allows_come_back_whole(world: World) -> None:
    row = RawRow(id=1, name="ñ" * 50, origin="é" * 50, description="ü" * 500)
    world.put_row(row)
    product = known(world.inventory, 1)
    assert (product.name, product.origin, product.description) == (
        row.name,
        row.origin,
        row.description,
    )


def test_origin_and_description_may_be_missing(world: World) -> None:
    world.put_row(RawRow(id=1, origin=None, description=None))
    product = known(world.inventory, 1)
    assert (product.origin, product.description) == ("", "")
    assert world.inventory.problems() == ()


@pytest.mark.parametrize(
    "price", ["0.01", "0.10", "0.29", "1.10", "2.30", "8.70", "19.99", "1234.57", "99999.99"]
)
def test_a_price_comes_back_to_the_cent(world: World, price: str) -> None:
    world.put_row(RawRow(id=1, price=Decimal(price)))
    product = known(world.inventory, 1)
    assert str(product.price) == price


def test_a_price_is_delivered_sold_and_remembered_to_the_cent(inventory: Inventory) -> None:
    price = Decimal("0.29")
    deliver(inventory, coming(1, 3, price=price))
    decision = sell(inventory, wish("CC-PRICES01", {1: 3}, prices={1: price}))
    assert [str(line.unit_price) for line in decision.lines] == ["0.29"]
    kept = decided(inventory, "CC-PRICES01")
    assert [str(line.unit_price) for line in kept.lines] == ["0.29"]
    sold_out = known(inventory, 1)
    assert str(sold_out.price) == "0.29"


def test_products_are_known_on_sale_sold_out_and_withdrawn(world: World) -> None:
    inventory = world.inventory
    for id_ in (1, 2, 3):
        world.put_row(RawRow(id=id_, quantity=2))
    sell(inventory, wish("CC-LASTBAGS", {2: 2}))
    apply(inventory, Withdrawal(product_id=3))
    known = inventory.products([1, 2, 3, 4])
    assert {id_: product.shelf for id_, product in known.items()} == {
        1: Shelf.ON_SALE,
        2: Shelf.SOLD_OUT,
        3: Shelf.WITHDRAWN,
    }
    assert {id_: product.left for id_, product in known.items()} == {1: 2, 2: 0, 3: 0}
    assert known[3].quantity == 2
    assert known[2].since is not None
    assert known[3].since is not None
    assert all(known[id_].name == "Yirgacheffe" for id_ in (1, 2, 3))
    assert [product.is_sold_out for product in known.values()].count(True) == 2


def test_ids_that_no_store_could_have_are_unknown_not_an_error(world: World) -> None:
    world.put_row(RawRow(id=1))
    strange = [0, -1, 2**31, 2**53, 2**63, 10**30]
    assert list(world.inventory.products([*strange, 1])) == [1]
    assert world.inventory.product(10**30) is None


def test_the_same_id_asked_for_twice_is_answered_once(world: World) -> None:
    world.put_row(RawRow(id=1))
    assert list(world.inventory.products(iter([1, 1, 1]))) == [1]
    assert world.inventory.products([]) == {}


def test_an_empty_row_is_on_sale_with_nothing_left(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=0))
    product = known(world.inventory, 1)
    assert product.shelf is Shelf.ON_SALE
    assert product.is_sold_out
    assert [row.id for row in on_sale(world.inventory)] == [1]


def beside_list(world: World) -> BesideList:
    """What stands beside a list, as of now."""
    return world.inventory.beside_list(version=world.inventory.version())


def test_origins_are_listed_once_as_spelled_in_alphabetical_order(world: World) -> None:
    for id_, origin in enumerate(["Peru", "Brazil", "kenya", "Peru", None, "Ethiopia"], start=1):
        world.put_row(RawRow(id=id_, origin=origin))
    world.put_row(RawRow(id=90, origin="Nowhere", price=None))
    assert beside_list(world).origins == ("Brazil", "Ethiopia", "kenya", "Peru")


def test_an_origin_goes_with_its_last_product_on_sale(world: World) -> None:
    world.put_row(RawRow(id=1, origin="Peru", quantity=1))
    world.put_row(RawRow(id=2, origin="Kenya", quantity=1))
    sell(world.inventory, wish("CC-LASTPERU", {1: 1}))
    assert beside_list(world).origins == ("Kenya",)


def test_what_sold_out_last_is_listed_first(world: World) -> None:
    inventory = world.inventory
    for id_ in (1, 2, 3, 4):
        world.put_row(RawRow(id=id_, quantity=1))
    for id_ in (3, 1, 4):
        sell(inventory, wish(f"CC-SELLS{id_}", {id_: 1}))
    assert [product.id for product in inventory.sold_out(limit=10)] == [4, 1, 3]
    assert [product.id for product in inventory.sold_out(limit=2)] == [4, 1]
    assert beside_list(world).sold_out == inventory.sold_out(limit=10)
    assert all(product.shelf is Shelf.SOLD_OUT for product in inventory.sold_out(limit=10))
    assert all(product.left == product.quantity == 0 for product in inventory.sold_out(limit=10))


def test_a_sold_out_product_that_another_program_brings_back_is_on_sale_only(world: World) -> None:
    inventory = world.inventory
    world.put_row(RawRow(id=1, quantity=1))
    sell(inventory, wish("CC-LASTBAG1", {1: 1}))
    world.put_row(RawRow(id=1, quantity=6, name="Yirgacheffe, new crop"))
    product = known(inventory, 1)
    assert (product.shelf, product.left) == (Shelf.ON_SALE, 6)
    assert inventory.sold_out(limit=5) == beside_list(world).sold_out == ()


def test_withdrawn_products_are_listed_by_id(world: World) -> None:
    for id_ in (1, 2, 3):
        world.put_row(RawRow(id=id_, quantity=id_))
    for id_ in (3, 1):
        apply(world.inventory, Withdrawal(product_id=id_))
    withdrawn = world.inventory.withdrawn()
    assert [(product.id, product.quantity) for product in withdrawn] == [(1, 1), (3, 3)]
    assert world.inventory.sold_out(limit=5) == ()


def test_rows_that_cannot_be_sold_are_listed_and_never_offered(world: World) -> None:
    inventory = world.inventory
    world.put_row(RawRow(id=5))
    world.put_row(RawRow(id=3, name=None))
    world.put_row(RawRow(id=2, price=None))
    world.put_row(RawRow(id=1, quantity=None))
    world.put_row(RawRow(id=4, name=None, price=None, quantity=None))
    world.put_row(RawRow(id=6, price=Decimal("-0.01")))
    world.put_row(RawRow(id=0))
    found = {row.id: row.problems for row in inventory.problems()}
    assert list(found) == [0, 1, 2, 3, 4, 6]
    assert found == {
        0: (RowProblem.WRONG_ID,),
        1: (RowProblem.NO_QUANTITY,),
        2: (RowProblem.NO_PRICE,),
        3: (RowProblem.NO_NAME,),
        4: (RowProblem.NO_NAME, RowProblem.NO_PRICE, RowProblem.NO_QUANTITY),
        6: (RowProblem.WRONG_PRICE,),
    }
    assert [row.name for row in inventory.problems() if not row.name] == ["", ""]
    assert [product.id for product in on_sale(inventory)] == [5]
    assert list(inventory.products([0, 1, 2, 3, 4, 5, 6])) == [5]
    assert inventory.product(3) is None


def test_a_negative_row_is_a_problem(world: World) -> None:
    if not world.can_hold_negative_stock:
        pytest.skip("this store refuses a negative quantity, whoever writes it")
    world.put_row(RawRow(id=1, quantity=-2))
    assert [row.problems for row in world.inventory.problems()] == [(RowProblem.NEGATIVE_STOCK,)]
    assert on_sale(world.inventory) == ()
    assert world.inventory.product(1) is None


def test_totals_are_those_of_the_products_on_sale(world: World) -> None:
    world.put_row(RawRow(id=1, price=Decimal("0.10"), quantity=3))
    world.put_row(RawRow(id=2, price=Decimal("0.20"), quantity=2))
    world.put_row(RawRow(id=3, price=Decimal("19.99"), quantity=100))
    world.put_row(RawRow(id=4, price=PRICE, quantity=0))
    world.put_row(RawRow(id=5, price=None, quantity=50))
    world.put_row(RawRow(id=6, name=None, quantity=50))
    world.put_row(RawRow(id=7, quantity=None))
    totals = world.inventory.totals()
    assert (totals.products, totals.bags, totals.low) == (4, 105, 2)
    assert str(totals.value) == "1999.70"


def test_what_another_program_writes_is_read_at_once(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    assert world.inventory.products([1])[1].left == 5
    world.put_row(RawRow(id=1, quantity=4, price=Decimal("13.00")))
    assert world.inventory.products([1])[1].left == 4
    assert world.inventory.products([1])[1].price == Decimal("13.00")
    world.delete_row(1)
    assert world.inventory.products([1]) == {}


def test_the_store_says_what_it_is(inventory: Inventory) -> None:
    assert inventory.describe()
