"""Deliveries that are undone, and several counts that are written together."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

import pytest

from shop.inventory import undo_of
from shop.inventory.contract import (
    ChangeRefused,
    Correction,
    Counts,
    Details,
    DetailsChanged,
    NewDetails,
    PriceList,
    Shelf,
    UndoDelivery,
    UnknownProduct,
    Withdrawal,
)
from tests.inventory.contract.acts import (
    apply,
    chain_is_whole,
    coming,
    deliver,
    everything,
    known,
    left,
    sell,
    steps,
    wish,
)
from tests.inventory.contract.world import PRICE, RawRow, World

KEY = "delivery-of-friday"
UNDO = UndoDelivery(delivery=KEY)


def test_an_undo_takes_back_what_is_there_and_says_so_once(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    deliver(world.inventory, coming(1, 6), coming(2, 3), key=KEY)
    sell(world.inventory, wish("CC-MEANWHLE", {1: 5, 2: 1}))
    done = apply(world.inventory, UNDO, "first press")
    assert [(result.before, result.quantity, result.after) for result in done.results] == [
        (3, -3, 0),
        (2, -2, 0),
    ]
    assert known(world.inventory, 2).shelf is Shelf.WITHDRAWN, "it was new, and none is left"
    assert (known(world.inventory).shelf, left(world.inventory, 1)) == (Shelf.ON_SALE, 0)
    before = everything(world.inventory)
    assert apply(world.inventory, UNDO, "second press") == done
    assert apply(world.inventory, UNDO, "first press") == done
    assert everything(world.inventory) == before
    assert undo_of(world.inventory, KEY) == done
    assert all(chain_is_whole(world.inventory.movements(id_)) for id_ in (1, 2))


def test_an_undo_puts_back_the_details_that_nobody_changed_since(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    old = known(world.inventory)
    dearer = coming(1, 6, name="Sidamo", origin="Sidama", price=Decimal("99.00"), take_details=True)
    deliver(world.inventory, dearer, key=KEY)
    again = known(world.inventory).details | {"origin": "Kaffa"}
    apply(world.inventory, NewDetails(product_id=1, **again))
    apply(world.inventory, UNDO)
    now = known(world.inventory)
    assert (now.name, now.price, now.origin, now.quantity) == (old.name, PRICE, "Kaffa", 2)


def test_an_undo_withdraws_again_what_the_delivery_put_back(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=4))
    apply(world.inventory, Withdrawal(product_id=1))
    deliver(world.inventory, coming(1, 6, shown=Shelf.WITHDRAWN), key=KEY)
    apply(world.inventory, UNDO)
    product = known(world.inventory)
    assert (product.shelf, product.quantity) == (Shelf.WITHDRAWN, 4)
    assert steps(world.inventory, 1)[-2:] == [("correction", -6, 4), ("withdrawal", -4, 0)]


def test_an_undo_finds_the_bags_of_a_coffee_that_was_withdrawn_since(world: World) -> None:
    deliver(world.inventory, coming(1, 6), key=KEY)
    deliver(world.inventory, coming(1, 2))
    apply(world.inventory, Withdrawal(product_id=1))
    apply(world.inventory, UNDO)
    product = known(world.inventory)
    assert (product.shelf, product.quantity) == (Shelf.WITHDRAWN, 2)
    assert chain_is_whole(world.inventory.movements(1))


def test_what_is_no_delivery_cannot_be_undone(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=4))
    apply(world.inventory, Withdrawal(product_id=1), "no delivery")
    before = everything(world.inventory)
    for key in ("no delivery", "never heard of"):
        with pytest.raises(UnknownProduct):
            apply(world.inventory, UndoDelivery(delivery=key))
    assert everything(world.inventory) == before


def test_counts_are_written_together_or_not_at_all(world: World) -> None:
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=10))
    sell(world.inventory, wish("CC-MEANWHLE", {1: 3}))
    counted = Correction(product_id=2, shown=10, counted=12)
    too_few = Correction(product_id=1, shown=10, counted=1)
    before = everything(world.inventory)
    with pytest.raises(ChangeRefused):
        apply(world.inventory, Counts(rows=(counted, too_few)))
    assert everything(world.inventory) == before
    change = Counts(rows=(counted, Correction(product_id=1, shown=10, counted=9)))
    for _ in range(2):
        apply(world.inventory, change, "stocktake")
    assert (left(world.inventory, 1), left(world.inventory, 2)) == (6, 12)


def test_a_price_list_is_written_whole_or_not_at_all(world: World) -> None:
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=10))
    words = Details(name="Yirgacheffe", price=PRICE, origin="Ethiopia", description="Jasmine")
    cheaper, dearer = PRICE - 1, PRICE + 1
    change = PriceList(
        rows=tuple(
            NewDetails(product_id=id_, **{**asdict(words), "price": dearer}, shown=words)
            for id_ in (2, 1)
        )
    )
    other = NewDetails(product_id=1, **{**asdict(words), "price": cheaper})
    apply(world.inventory, other)
    before = everything(world.inventory)
    with pytest.raises(DetailsChanged):
        apply(world.inventory, change)
    assert everything(world.inventory) == before
    apply(world.inventory, NewDetails(product_id=1, **asdict(words)))
    for _ in range(2):
        apply(world.inventory, change, "dearer")
    assert [known(world.inventory, id_).price for id_ in (1, 2)] == [dearer, dearer]
