"""Baskets with the same coffees in opposite order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from time import monotonic, sleep

import pytest
from django.db import connection

from shop.inventory.contract import Decision, InventoryBusy, InventoryError
from shop.inventory.database import sql
from shop.inventory.database.inventory import DatabaseInventory
from tests.inventory.contract.acts import chain_is_whole, left, sell, wish
from tests.inventory.contract.elsewhere import PATIENCE, in_thread, kept_open
from tests.inventory.contract.world import RawRow, World
from tests.inventory.races.controls import locking_in_basket_order
from tests.inventory.races.crowd import all_at_once, decisions, patiently

SHOPPERS = 24
DEADLOCK = "40P01"


def is_deadlock(error: BaseException | None) -> bool:
    """True when a database ended a circle of waiting."""
    while error is not None:
        if getattr(error, "sqlstate", "") == DEADLOCK:
            return True
        error = error.__cause__
    return False


def test_baskets_in_opposite_order_all_get_their_coffee(
    world: World, tell: Callable[[str], None]
) -> None:
    for id_ in (1, 2, 3):
        world.put_row(RawRow(id=id_, quantity=SHOPPERS))
    busy: list[InventoryError] = []

    def shopper(number: int) -> Callable[[], Decision]:
        ids = (1, 2, 3) if number % 2 else (3, 2, 1)
        request = wish(f"CC-CROSS{number:03}", dict.fromkeys(ids, 1), token=f"shopper {number}")
        return lambda: patiently(lambda: sell(world.inventory, request), busy)

    answers = all_at_once(world, [shopper(number) for number in range(SHOPPERS)])
    circles = sum(map(is_deadlock, busy))
    tell(f"{SHOPPERS} baskets of 3 in opposite order: {len(decisions(answers))} sold, "
         f"{circles} deadlocks, {len(busy)} times busy and tried again")  # fmt: skip
    assert len(decisions(answers)) == SHOPPERS
    assert circles == 0
    for id_ in (1, 2, 3):
        assert left(world.inventory, id_) == 0
        assert chain_is_whole(world.inventory.movements(id_))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_basket_order", [False, True], ids=["product", "control"])
def test_two_opposite_baskets_behind_a_held_row(
    database_world: World, tell: Callable[[str], None], in_basket_order: bool
) -> None:
    """While somebody holds product 2, Amina (1, 2, 3) and Bruno (3, 2, 1) both come to wait."""
    world, inventory = database_world, database_world.inventory
    if not world.locks_rows:
        pytest.skip("SQLite has one lock for everything, and nothing to close a circle with")
    assert isinstance(inventory, DatabaseInventory)
    inventory.lock_wait = PATIENCE
    for id_ in (1, 2, 3):
        world.put_row(RawRow(id=id_, quantity=10))
    requests = [
        wish("CC-AMINA001", dict.fromkeys((1, 2, 3), 1), token="Amina"),
        wish("CC-BRUNO001", dict.fromkeys((3, 2, 1), 1), token="Bruno"),
    ]
    with (
        locking_in_basket_order() if in_basket_order else nullcontext(),
        ThreadPoolExecutor(2) as pool,
    ):
        with world.hold(2):
            begun = [
                in_thread(world, lambda wanted=wanted: sell(inventory, wanted), pool)  # type: ignore[misc]
                for wanted in requests
            ]
            wait_for_waiting(2)
        errors = [each.exception(PATIENCE) for each in begun]
    circles = sum(map(is_deadlock, errors))
    sold = errors.count(None)
    how = "in basket order" if in_basket_order else "in id order"
    tell(f"2 opposite baskets, rows locked {how}: {sold} sold, {circles} deadlocks")
    assert (sold, circles) == ((1, 1) if in_basket_order else (2, 0))
    assert all(error is None or isinstance(error, InventoryBusy) for error in errors)
    assert {left(inventory, id_) for id_ in (1, 2, 3)} == {10 - sold}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rows", [sql.VERSION_ROWS, 1], ids=["product", "control"])
def test_a_sale_that_is_not_yet_committed_holds_up_no_sale_of_another_coffee(
    database_world: World, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    world, inventory = database_world, database_world.inventory
    if not world.locks_rows:
        pytest.skip("SQLite has one writer at a time, whatever it writes")
    assert isinstance(inventory, DatabaseInventory)
    monkeypatch.setattr(sql, "VERSION_ROWS", rows)
    inventory.lock_wait = 0.2
    world.put_row(RawRow(id=1, quantity=10))

    @contextmanager
    def before_its_commit() -> Iterator[None]:
        with inventory._transaction("CC-AMINA001"):
            sql.write_version("CC-AMINA001", "new")
            yield
        connection.close()

    with kept_open(before_its_commit):
        # Another of the 64 rows; which one a reference names never changes.
        bruno = wish("CC-BRUNO001", {1: 1}, token="Bruno")
        with nullcontext() if rows > 1 else pytest.raises(InventoryBusy):
            sell(inventory, bruno)


def wait_for_waiting(sessions: int) -> None:
    """Until so many sessions of this database wait for a lock."""
    question = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    give_up = monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while monotonic() < give_up:
            cursor.execute(question)
            if cursor.fetchone() == (sessions,):
                return
            sleep(0.01)
    pytest.fail(f"{sessions} sessions never came to wait")
