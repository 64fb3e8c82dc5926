"""The ledger: numbered movements, decisions, balances, the version, and the store's own check."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shop.inventory.contract import (
    AcceptOutside,
    AlertKind,
    Delivery,
    Inventory,
    PutBack,
    Return,
    Withdrawal,
)
from shop.inventory.records import movement_from_json, result_from_json, sold_line_from_json
from tests.inventory.contract.acts import (
    ACTS,
    KEY,
    apply,
    chain_is_whole,
    coming,
    correct,
    deliver,
    hashed,
    note,
    sell,
    wish,
)
from tests.inventory.contract.elsewhere import PATIENCE, in_thread
from tests.inventory.contract.world import RawRow, World


def a_busy_day(world: World) -> None:
    """Product 1 goes through everything that can happen to a product; 2 and 10 a little."""
    inventory = world.inventory
    world.put_row(RawRow(id=1, quantity=5))
    sell(inventory, wish("CC-DAY00001", {1: 2}))
    deliver(inventory, coming(1, 4), coming(2, 3), coming(10, 1))
    correct(inventory, 1, shown=7, counted=6)
    world.put_row(RawRow(id=1, quantity=9))
    apply(inventory, AcceptOutside(product_id=1))
    apply(inventory, Withdrawal(product_id=1))
    apply(inventory, PutBack(product_id=1))
    sell(inventory, wish("CC-DAY00002", {1: 9}))
    apply(inventory, Return(sale="CC-DAY00001"))
    inventory.void("CC-DAY00003", hashed("t"), {"abandoned": "late"})


def test_movements_are_numbered_from_one_and_add_up(world: World) -> None:
    a_busy_day(world)
    movements = world.inventory.movements(1)
    assert [move.kind.value for move in movements] == [
        "opening",
        "sale",
        "delivery",
        "correction",
        "changed outside the shop",
        "withdrawal",
        "put back",
        "sale",
        "return",
    ]
    assert chain_is_whole(movements)
    assert movements[-1].after == 2


def test_movements_can_be_read_from_either_end_and_in_part(world: World) -> None:
    a_busy_day(world)
    inventory = world.inventory
    whole = inventory.movements(1)
    assert inventory.movements(1, newest_first=True) == whole[::-1]
    assert inventory.movements(1, limit=3) == whole[:3]
    assert inventory.movements(1, newest_first=True, limit=2) == whole[:-3:-1]
    assert inventory.movements(1, limit=99) == whole
    assert inventory.movements(404) == ()


def test_all_movements_are_told_by_product_and_number(world: World) -> None:
    a_busy_day(world)
    every = list(world.inventory.all_movements())
    assert [(move.product_id, move.number) for move in every] == [
        *((1, number) for number in range(1, 10)),
        (2, 1),
        (10, 1),
    ]
    assert tuple(move for move in every if move.product_id == 1) == world.inventory.movements(1)


def test_decisions_are_the_sales_and_voids_by_reference(world: World) -> None:
    a_busy_day(world)
    decisions = list(world.inventory.decisions())
    assert [(d.reference, d.kind.value) for d in decisions] == [
        ("CC-DAY00001", "sale"),
        ("CC-DAY00002", "sale"),
        ("CC-DAY00003", "void"),
    ]
    assert all(world.inventory.decision(d.reference) == d for d in decisions)


def test_a_long_ledger_is_told_whole_while_the_shop_goes_on_selling(world: World) -> None:
    inventory = world.inventory
    deliver(inventory, *(coming(id_, 5) for id_ in range(1, 1201)))
    read = 0
    with ThreadPoolExecutor(1) as pool:
        for movement in inventory.all_movements():
            read += 1
            if movement.product_id in (1, 1100) and movement.number == 1:
                request = wish(f"CC-WHILE{movement.product_id}", {1200: 1})
                there = world.second()
                in_thread(world, lambda: sell(there, request), pool).result(PATIENCE)  # noqa: B023
                assert inventory.balance(1200).drift == 0
                correct(inventory, 3, shown=5, counted=5)
    assert read >= 1200


def test_reading_the_decisions_does_not_keep_the_reader_from_writing(world: World) -> None:
    inventory = world.inventory
    world.put_row(RawRow(id=1, quantity=10))
    for number in range(3):
        sell(inventory, wish(f"CC-FIRST{number}", {1: 1}))
    decisions = inventory.decisions()
    next(decisions)
    there = world.second()
    with ThreadPoolExecutor(1) as pool:
        in_thread(world, lambda: sell(there, wish("CC-MEANWHLE", {1: 1})), pool).result(PATIENCE)
    assert inventory.balance(1).in_stock == 6
    correct(inventory, 1, shown=6, counted=6)
    assert len(list(decisions)) >= 2


def test_a_balance_compares_stock_and_ledger(world: World) -> None:
    inventory = world.inventory
    world.put_row(RawRow(id=1, quantity=5))
    untouched = inventory.balance(1)
    assert (untouched.in_stock, untouched.in_ledger, untouched.drift) == (5, None, 0)
    correct(inventory, 1, shown=5, counted=6)
    agreed = inventory.balance(1)
    assert (agreed.product_id, agreed.in_stock, agreed.in_ledger, agreed.drift) == (1, 6, 6, 0)
    world.put_row(RawRow(id=1, quantity=2))
    assert inventory.balance(1).drift == -4
    world.delete_row(1)
    assert (inventory.balance(1).in_stock, inventory.balance(1).drift) == (0, -6)


def test_the_balance_of_a_product_off_sale_is_none_in_stock_and_no_drift(world: World) -> None:
    inventory = world.inventory
    for id_ in (1, 2):
        world.put_row(RawRow(id=id_, quantity=2))
    sell(inventory, wish("CC-LASTBAG1", {1: 2}))
    apply(inventory, Withdrawal(product_id=2))
    for id_ in (1, 2):
        balance = inventory.balance(id_)
        assert (balance.in_stock, balance.in_ledger, balance.drift) == (0, 0, 0)
    nothing = inventory.balance(404)
    assert (nothing.in_stock, nothing.in_ledger) == (0, None)


def test_a_balance_leaves_the_store_as_it_was(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    correct(world.inventory, 1, shown=5, counted=5)
    before = world.inventory.version()
    world.inventory.balance(1)
    assert world.inventory.version() == before


# the version

COMMITS = ACTS | {"last bags": lambda i: sell(i, wish(KEY, {1: 10}))}


@pytest.mark.parametrize("name", COMMITS)
def test_every_committed_change_makes_a_new_version(shop_of_three: World, name: str) -> None:
    inventory, there = shop_of_three.inventory, shop_of_three.second()
    before = inventory.version()
    assert before == there.version() == inventory.version()
    COMMITS[name](inventory)
    assert inventory.version() != before
    assert there.version() == inventory.version()


def test_no_version_comes_twice(inventory: Inventory) -> None:
    seen = {inventory.version()}
    for number in range(20):
        inventory.apply(Delivery(rows=(coming(1, 1),), again=True), note(f"delivery {number}"))
        seen.add(inventory.version())
    assert len(seen) == 21


def test_readers_who_take_the_version_first_never_take_older_rows(world: World) -> None:
    """The rows may be newer than the version; if they are older, the version was written early."""
    inventory = world.inventory
    world.put_row(RawRow(id=1, quantity=200))
    figures = {inventory.version(): 200}
    read: list[tuple[str, int]] = []

    def sell_on() -> None:
        there = world.second()
        for number in range(30):
            sell(there, wish(f"CC-STEADY{number:02}", {1: 1}))
            figures[there.version()] = 200 - number - 1

    with ThreadPoolExecutor(1) as pool:
        selling = in_thread(world, sell_on, pool)
        while not selling.done():
            version = inventory.version()
            read.append((version, inventory.products([1])[1].left))
        selling.result(PATIENCE)
    assert all(rows <= figures[version] for version, rows in read)


# the store looks at itself


def test_a_good_store_finds_nothing_wrong_with_itself(world: World) -> None:
    a_busy_day(world)
    before = world.inventory.version()
    checks = list(world.inventory.check())
    assert checks
    assert [check.name for check in checks if not check.ok] == []
    assert all(check.name and check.found and not check.remedy for check in checks)
    assert world.inventory.version() == before


def test_movements_and_results_of_version_0_1_are_read() -> None:
    movement = {"kind": "sale", "change": -1, "after": 4, "at": "2026-01-02T03:04:05+00:00"}
    movement |= {"who": "", "why": "", "reference": "CC-OLD00001"}
    assert movement_from_json(7, 2, movement).price is None
    result = {"id": 7, "name": "Sidamo", "before": 4, "change": 6, "after": 10, "new": False}
    read = result_from_json(result)
    assert (read.quantity, read.kept, read.details) == (6, None, "")


def test_an_entry_that_holds_an_alerts_answer_as_it_once_did_is_read() -> None:
    line = {"id": 7, "name": "Sidamo", "origin": "", "quantity": 1, "unit_price": "9.90", "left": 2}
    answered = {"kind": "low", "answer": "Low stock: Sidamo (7)", "error": ""}
    assert sold_line_from_json({**line, "alert": answered}).alert is AlertKind.LOW
    assert sold_line_from_json({**line, "alert": None}).alert is None
