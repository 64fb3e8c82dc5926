"""Bags that come in: onto rows, back from the shelf, and never twice by accident."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from shop.inventory.contract import (
    ChangeRefused,
    ChangeResult,
    Correction,
    DecisionKind,
    Delivery,
    DeliveryRepeated,
    Inventory,
    MovementKind,
    PastDelivery,
    ReferenceTaken,
    Shelf,
    ShelfChanged,
    Withdrawal,
)
from shop.inventory.records import decision_from_json, past_delivery
from tests.inventory.contract.acts import (
    apply,
    coming,
    correct,
    deliver,
    everything,
    known,
    left,
    note,
    sell,
    steps,
    wish,
)
from tests.inventory.contract.world import PRICE, RawRow, World

NEW_WORDS = {
    "name": "Sidamo",
    "price": Decimal("14.00"),
    "origin": "Sidama",
    "description": "Peach",
}


def words(inventory: Inventory, product_id: int) -> tuple[str, Decimal, str, str]:
    product = known(inventory, product_id)
    return product.name, product.price, product.origin, product.description


def test_a_new_product_comes_with_all_its_details(inventory: Inventory) -> None:
    decision = deliver(inventory, coming(1, 12, name="Café São João", price=Decimal("9.90")))
    assert words(inventory, 1) == (
        "Café São João",
        Decimal("9.90"),
        "Ethiopia",
        "Jasmine and lemon",
    )
    assert left(inventory, 1) == 12
    assert decision.results == (
        ChangeResult(
            product_id=1,
            name="Café São João",
            before=0,
            change=12,
            after=12,
            is_new=True,
            quantity=12,
        ),
    )
    assert steps(inventory, 1) == [("delivery", 12, 12)]


def test_several_products_come_in_one_delivery(world: World) -> None:
    world.put_row(RawRow(id=2, quantity=5))
    decision = deliver(world.inventory, coming(3, 1), coming(1, 4), coming(2, 6))
    assert {result.product_id: result.after for result in decision.results} == {1: 4, 2: 11, 3: 1}
    assert {result.product_id: result.is_new for result in decision.results} == {
        1: True,
        2: False,
        3: True,
    }
    assert [left(world.inventory, id_) for id_ in (1, 2, 3)] == [4, 11, 1]


def test_a_top_up_keeps_price_and_words(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    before = words(world.inventory, 1)
    decision = deliver(world.inventory, coming(1, 7, **NEW_WORDS))  # type: ignore[arg-type]
    assert words(world.inventory, 1) == before
    assert left(world.inventory, 1) == 12
    assert [(r.before, r.change, r.after, r.is_new) for r in decision.results] == [
        (5, 7, 12, False)
    ]
    assert steps(world.inventory, 1) == [("opening", 5, 5), ("delivery", 7, 12)]


def test_a_top_up_takes_price_and_words_when_it_is_told_to(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    deliver(world.inventory, coming(1, 7, take_details=True, **NEW_WORDS))  # type: ignore[arg-type]
    assert words(world.inventory, 1) == ("Sidamo", Decimal("14.00"), "Sidama", "Peach")
    assert left(world.inventory, 1) == 12


@pytest.mark.parametrize("take", [False, True])
def test_a_sold_out_product_comes_back(world: World, take: bool) -> None:
    world.put_row(RawRow(id=1, quantity=2))
    sell(world.inventory, wish("CC-LASTBAG1", {1: 2}))
    decision = deliver(world.inventory, coming(1, 6, take_details=take, **NEW_WORDS))  # type: ignore[arg-type]
    product = known(world.inventory, 1)
    assert (product.shelf, product.left, product.since) == (Shelf.ON_SALE, 6, None)
    assert product.name == ("Sidamo" if take else "Yirgacheffe")
    assert product.price == (Decimal("14.00") if take else PRICE)
    assert world.inventory.sold_out(limit=5) == ()
    assert [result.is_new for result in decision.results] == [False]
    taken = [("details", 0, 0)] if take else []
    before = [("opening", 2, 2), ("sale", -2, 0)]
    assert steps(world.inventory, 1) == [*before, *taken, ("delivery", 6, 6)]


def test_a_withdrawn_product_comes_back_with_the_bags_it_had(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=4))
    apply(world.inventory, Withdrawal(product_id=1))
    row = coming(1, 6, shown=Shelf.WITHDRAWN, **NEW_WORDS)  # type: ignore[arg-type]
    decision = deliver(world.inventory, row, key="monday")
    product = known(world.inventory, 1)
    assert (product.shelf, product.left, product.name) == (Shelf.ON_SALE, 10, "Yirgacheffe")
    (result,) = decision.results
    assert (result.quantity, result.put_back, result.change, result.kept) == (6, 4, 10, None)
    assert [delivery.bags for delivery in world.inventory.deliveries(limit=1)] == [6]
    assert world.inventory.withdrawn() == ()
    assert steps(world.inventory, 1) == [
        ("opening", 4, 4),
        ("withdrawal", -4, 0),
        ("put back", 4, 4),
        ("delivery", 6, 10),
    ]


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (Shelf.WITHDRAWN, None),
        (Shelf.WITHDRAWN, Shelf.ON_SALE),
        (Shelf.WITHDRAWN, Shelf.SOLD_OUT),
        (Shelf.SOLD_OUT, Shelf.ON_SALE),
        (Shelf.SOLD_OUT, Shelf.WITHDRAWN),
        (Shelf.ON_SALE, Shelf.SOLD_OUT),
        (Shelf.ON_SALE, Shelf.WITHDRAWN),
        (None, Shelf.ON_SALE),
    ],
)
def test_a_product_that_is_not_where_it_was_shown_takes_no_bags(
    world: World, now: Shelf | None, shown: Shelf | None
) -> None:
    """And so doesn't any other of the same delivery."""
    inventory = world.inventory
    if now:
        world.put_row(RawRow(id=2, quantity=4))
    if now is Shelf.WITHDRAWN:
        apply(inventory, Withdrawal(product_id=2))
    if now is Shelf.SOLD_OUT:
        sell(inventory, wish("CC-LASTBAG1", {2: 4}))
    before = everything(inventory)
    rows = (coming(1, 5), coming(2, 6, shown=shown))
    with pytest.raises(ShelfChanged) as changed:
        deliver(inventory, *rows, key="monday", again=False)
    error = changed.value
    assert (error.product_id, error.shown, error.now) == (2, shown, now)
    assert everything(inventory) == before
    assert inventory.decision("monday") is None
    deliver(inventory, *(replace(row, shown=now) for row in rows[1:]), key="monday", again=False)
    assert left(inventory, 2) == 6 if now in (None, Shelf.SOLD_OUT) else 10


@pytest.mark.parametrize(
    "row",
    [
        RawRow(id=1, name=None, quantity=3),
        RawRow(id=1, price=None, quantity=3),
        RawRow(id=1, quantity=None),
    ],
    ids=["no name", "no price", "no quantity"],
)
def test_a_delivery_mends_what_another_program_left_out(world: World, row: RawRow) -> None:
    world.put_row(row)
    deliver(world.inventory, coming(1, 6))
    assert words(world.inventory, 1) == ("Yirgacheffe", PRICE, "Ethiopia", "Jasmine and lemon")
    assert left(world.inventory, 1) == (row.quantity or 0) + 6
    assert world.inventory.problems() == ()


def test_the_same_key_for_another_delivery_is_taken(inventory: Inventory) -> None:
    inventory.apply(Delivery(rows=(coming(1, 6),)), note("one-key"))
    before = everything(inventory)
    with pytest.raises(ReferenceTaken) as taken:
        inventory.apply(Delivery(rows=(coming(1, 7),)), note("one-key"))
    assert taken.value.reference == "one-key"
    assert everything(inventory) == before


SAME = {
    "in another order": (coming(2, 4), coming(1, 6)),
    "with a box ticked": (coming(1, 6, take_details=True), coming(2, 4)),
    "shown where they are by now": (coming(1, 6, shown=Shelf.ON_SALE), coming(2, 4)),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_rows_again_are_refused_and_the_first_time_is_named(
    inventory: Inventory, name: str
) -> None:
    first = deliver(inventory, coming(1, 6), coming(2, 4), key="monday", again=False)
    before = everything(inventory)
    with pytest.raises(DeliveryRepeated) as repeated:
        deliver(inventory, *SAME[name], key="tuesday", again=False)
    assert repeated.value.earlier == first
    assert everything(inventory) == before
    assert inventory.decision("tuesday") is None
    apply(inventory, Withdrawal(product_id=1))
    assert deliver(inventory, *SAME[name], key="monday", again=False) == first


def test_the_same_rows_again_are_taken_when_that_is_meant(inventory: Inventory) -> None:
    rows = (coming(1, 6),)
    first = inventory.apply(Delivery(rows=rows, again=True), note("monday"))
    assert inventory.apply(Delivery(rows=rows), note("monday")) == first
    inventory.apply(Delivery(rows=rows, again=True), note("tuesday"))
    assert left(inventory, 1) == 12
    with pytest.raises(DeliveryRepeated) as repeated:
        inventory.apply(Delivery(rows=rows), note("wednesday"))
    assert repeated.value.earlier == first
    assert left(inventory, 1) == 12


@pytest.mark.parametrize("row", [coming(1, 7), coming(2, 6), coming(1, 6, price=Decimal("9.00"))])
def test_other_rows_are_another_delivery(inventory: Inventory, row: object) -> None:
    inventory.apply(Delivery(rows=(coming(1, 6),)), note("monday"))
    inventory.apply(Delivery(rows=(row,)), note("tuesday"))  # type: ignore[arg-type]
    assert inventory.decision("tuesday") is not None


def test_a_refused_delivery_is_not_remembered(world: World) -> None:
    rows = (coming(1, -6),)
    with pytest.raises(ChangeRefused):
        world.inventory.apply(Delivery(rows=rows), note("monday"))
    world.put_row(RawRow(id=1, quantity=6))
    world.inventory.apply(Delivery(rows=rows), note("tuesday"))
    assert left(world.inventory, 1) == 0


def test_one_row_that_cannot_be_taken_leaves_the_whole_delivery_out(world: World) -> None:
    world.put_row(RawRow(id=2, quantity=3))
    before = everything(world.inventory)
    with pytest.raises(ChangeRefused) as refused:
        deliver(world.inventory, coming(1, 5), coming(2, -4), coming(3, 5))
    error = refused.value
    assert (error.product_id, error.in_stock, error.change) == (2, 3, -4)
    assert everything(world.inventory) == before


def test_who_brought_it_and_why_is_kept(inventory: Inventory) -> None:
    decision = inventory.apply(
        Delivery(rows=(coming(1, 6),)), note("key-1", who="Bruno", why="Weekly lorry, gate 4")
    )
    assert decision.kind is DecisionKind.CHANGE
    assert decision.reason["change"] == "delivery"
    assert (decision.reason["who"], decision.reason["why"]) == ("Bruno", "Weekly lorry, gate 4")
    assert inventory.decision("key-1") == decision
    (movement,) = inventory.movements(1)
    assert movement.kind is MovementKind.DELIVERY
    assert (movement.who, movement.why, movement.reference) == (
        "Bruno",
        "Weekly lorry, gate 4",
        "key-1",
    )
    assert movement.at == decision.at


def test_a_large_delivery_comes_in_whole(inventory: Inventory) -> None:
    deliver(inventory, *(coming(id_, id_, name=f"Coffee {id_}") for id_ in range(1, 1201)))
    totals = inventory.totals()
    assert (totals.products, totals.bags) == (1200, 1200 * 1201 // 2)
    correct(inventory, 1200, shown=1200, counted=1199)
    deliver(inventory, *(coming(id_, 1) for id_ in range(1, 1201)))
    assert inventory.totals().bags == 1200 * 1201 // 2 - 1 + 1200


# ── the list of deliveries ──────────────────────────────────────────────────────────────────────


def keys(inventory: Inventory, *, limit: int = 10, before: str = "") -> list[str]:
    return [delivery.key for delivery in inventory.deliveries(limit=limit, before=before)]


def test_a_shop_that_received_nothing_lists_no_deliveries(inventory: Inventory) -> None:
    assert inventory.deliveries(limit=10) == ()


def test_a_delivery_is_listed_with_who_when_and_how_much(world: World) -> None:
    world.put_row(RawRow(id=2, quantity=5))
    decision = deliver(world.inventory, coming(1, 4), coming(2, 6), coming(3, 1), key="monday")
    assert world.inventory.deliveries(limit=10) == (
        PastDelivery(key="monday", at=decision.at, who="Bruno", products=3, bags=11, new=2),
    )
    assert world.second().deliveries(limit=10) == world.inventory.deliveries(limit=10)


def test_a_delivery_of_version_0_1_is_read_as_it_was_written() -> None:
    result = {"id": 1, "name": "Sidamo", "before": 5, "change": 6, "after": 11, "new": False}
    entry = {
        "kind": "change",
        "token_hash": "",
        "at": "2026-01-02T10:00:00+00:00",
        "reason": {"change": "delivery", "who": "Bruno", "why": ""},
        "lines": [],
        "results": [result],
    }
    decision = decision_from_json("monday", entry)
    assert [(one.quantity, one.kept) for one in decision.results] == [(6, None)]
    assert past_delivery("monday", entry).bags == 6


def test_the_latest_delivery_comes_first_and_no_more_than_asked_for(inventory: Inventory) -> None:
    for key in ("monday", "tuesday", "wednesday", "thursday"):
        deliver(inventory, coming(1, 1), key=key)
    assert keys(inventory) == ["thursday", "wednesday", "tuesday", "monday"]
    assert keys(inventory, limit=2) == ["thursday", "wednesday"]
    assert keys(inventory, limit=2, before="wednesday") == ["tuesday", "monday"]
    assert keys(inventory, before="monday") == []


def test_before_what_is_no_delivery_there_is_none(inventory: Inventory) -> None:
    deliver(inventory, coming(1, 9), key="monday")
    inventory.apply(Correction(product_id=1, shown=9, counted=8), note("count"))
    sell(inventory, wish("CC-AMINA001", {1: 1}))
    for before in ("nobody", "count", "CC-AMINA001", f"delivery:{'0' * 64}"):
        assert keys(inventory, before=before) == []


def test_only_deliveries_are_listed_each_once(world: World) -> None:
    inventory = world.inventory
    change = Delivery(rows=(coming(1, 9), coming(2, 1)))
    for _ in range(2):
        inventory.apply(change, note("monday"))
    with pytest.raises(DeliveryRepeated):
        inventory.apply(change, note("tuesday"))
    with pytest.raises(ChangeRefused):
        deliver(inventory, coming(3, 1), coming(4, -1), key="wednesday")
    correct(inventory, 1, shown=9, counted=8)
    sell(inventory, wish("CC-AMINA001", {1: 1}))
    apply(inventory, Withdrawal(product_id=2))
    inventory.void("CC-LEFT0001", "t", {})
    assert keys(inventory) == ["monday"]
