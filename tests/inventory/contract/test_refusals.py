"""An order that cannot be sold as shown: everything in its way is named, nothing is changed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shop.inventory.contract import Inventory, PriceChange, SaleRefused, Shortage, Withdrawal
from tests.inventory.contract.acts import apply, everything, left, sell, wish
from tests.inventory.contract.world import PRICE, RawRow, World


def refusal(inventory: Inventory, bags: dict[int, int], **shown: str) -> SaleRefused:
    """Try to buy; the refusal, having made sure that it changed nothing."""
    before = everything(inventory)
    prices = {int(id_.removeprefix("p")): Decimal(price) for id_, price in shown.items()}
    with pytest.raises(SaleRefused) as refused:
        sell(inventory, wish("CC-REFUSED1", bags, prices=prices))
    assert everything(inventory) == before
    assert inventory.decision("CC-REFUSED1") is None
    return refused.value


def test_one_bag_too_many_is_a_shortage_that_says_what_is_left(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=3))
    refused = refusal(world.inventory, {1: 4})
    assert refused.shortages == (Shortage(product_id=1, name="Yirgacheffe", wanted=4, left=3),)
    assert refused.price_changes == ()


def test_a_product_that_nobody_ever_had_is_short_with_none_left(inventory: Inventory) -> None:
    refused = refusal(inventory, {404: 1})
    assert refused.shortages == (Shortage(product_id=404, name="", wanted=1, left=0),)


@pytest.mark.parametrize("id_", [2**31, 2**53 - 1, 2**63, 10**30])
def test_a_number_that_no_product_can_have_is_a_shortage_like_any_other(
    world: World, id_: int
) -> None:
    world.put_row(RawRow(id=1, quantity=3))
    refused = refusal(world.inventory, {1: 1, id_: 1})
    assert refused.shortages == (Shortage(product_id=id_, name="", wanted=1, left=0),)


def test_a_sold_out_product_keeps_its_name_in_the_shortage(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=1))
    sell(world.inventory, wish("CC-LASTBAG1", {1: 1}, token="Carlos's basket"))
    refused = refusal(world.inventory, {1: 1})
    assert refused.shortages == (Shortage(product_id=1, name="Yirgacheffe", wanted=1, left=0),)


def test_a_withdrawn_product_cannot_be_bought(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=9))
    apply(world.inventory, Withdrawal(product_id=1))
    refused = refusal(world.inventory, {1: 1})
    assert refused.shortages == (Shortage(product_id=1, name="Yirgacheffe", wanted=1, left=0),)


def test_an_empty_row_cannot_be_bought(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=0))
    assert [short.left for short in refusal(world.inventory, {1: 1}).shortages] == [0]


@pytest.mark.parametrize(
    "row",
    [RawRow(id=1, name=None), RawRow(id=1, price=None), RawRow(id=1, quantity=None)],
    ids=["no name", "no price", "no quantity"],
)
def test_a_row_that_cannot_be_sold_is_short_and_breaks_nothing(world: World, row: RawRow) -> None:
    world.put_row(row)
    refused = refusal(world.inventory, {1: 1})
    assert [(short.product_id, short.left) for short in refused.shortages] == [(1, 0)]
    assert refused.price_changes == ()


def test_a_changed_price_is_refused_with_both_prices(world: World) -> None:
    world.put_row(RawRow(id=1, price=Decimal("13.00")))
    refused = refusal(world.inventory, {1: 2}, p1="12.50")
    assert refused.shortages == ()
    assert refused.price_changes == (
        PriceChange(
            product_id=1,
            name="Yirgacheffe",
            quantity=2,
            shown=Decimal("12.50"),
            now=Decimal("13.00"),
        ),
    )


@pytest.mark.parametrize("shown", ["12.49", "12.51", "0.00", "12.500001"])
def test_a_price_is_compared_to_the_cent_up_and_down(world: World, shown: str) -> None:
    world.put_row(RawRow(id=1, price=PRICE))
    assert len(refusal(world.inventory, {1: 1}, p1=shown).price_changes) == 1


def test_the_same_price_written_otherwise_is_the_same(world: World) -> None:
    world.put_row(RawRow(id=1, price=Decimal("12.50")))
    sell(world.inventory, wish("CC-SAMEPRICE", {1: 1}, prices={1: Decimal("12.5")}))
    assert left(world.inventory, 1) == 9


def test_every_short_line_and_every_changed_price_is_named(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    world.put_row(RawRow(id=2, quantity=9))
    world.put_row(RawRow(id=3, quantity=9, price=Decimal("8.00")))
    world.put_row(RawRow(id=4, quantity=1, price=Decimal("9.00")))
    refused = refusal(world.inventory, {4: 2, 3: 1, 2: 1, 1: 5, 5: 1})
    assert {(short.product_id, short.wanted, short.left) for short in refused.shortages} == {
        (1, 5, 2),
        (4, 2, 1),
        (5, 1, 0),
    }
    assert {(change.product_id, change.now) for change in refused.price_changes} == {
        (3, Decimal("8.00")),
        (4, Decimal("9.00")),
    }


def test_a_refused_order_raises_no_alert_and_may_be_tried_again(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=1))
    world.put_row(RawRow(id=2, quantity=1))
    refusal(world.inventory, {1: 1, 2: 2})
    assert world.alerts() == []
    world.put_row(RawRow(id=2, quantity=2))
    sell(world.inventory, wish("CC-REFUSED1", {1: 1, 2: 2}))
    assert [left(world.inventory, id_) for id_ in (1, 2)] == [0, 0]
