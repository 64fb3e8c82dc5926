"""Deliveries as IRIS sees them: which locks they take, and that they are all or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shop.inventory.contract import Correction, Delivery, InventoryBusy, Note
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.store.changes import MANY
from shop.inventory.iris.store.ledger import DELIVERY_AT
from tests.inventory.iris.shop import BAGS, PLENTY, SIDAMO, bags_left, bags_of_sidamo, sell
from tests.support.superserver import Superserver
from tests.support.superserver.sessions import Session


def van(sorts: int) -> Delivery:
    """Five bags of each of so many sorts, Sidamo among them."""
    return Delivery(
        rows=tuple(replace(bags_of_sidamo(5), product_id=SIDAMO + n) for n in range(sorts))
    )


@pytest.mark.parametrize(("sorts", "names"), [(MANY, MANY), (MANY + 1, 1)])
def test_a_big_delivery_locks_one_name_above_all_others(
    inventory: IrisInventory, server: Superserver, sorts: int, names: int
) -> None:
    held: list[int] = []

    def look(session: Session) -> None:
        held.append(sum(lock.name[0] == "coffeeco.Product" for lock in server.locks()))

    server.before("tCommit", look)
    inventory.apply(van(sorts), Note(key="van-1", who="Bruno"))
    assert held == [names]
    assert server.locks() == []
    assert bags_left(server)[SIDAMO] == BAGS + 5
    assert len(bags_left(server)) == sorts


@pytest.mark.parametrize("sorts", [1, MANY + 1])
def test_while_a_delivery_comes_in_its_products_are_busy_for_others(
    inventory: IrisInventory, server: Superserver, sorts: int
) -> None:
    others: list[type[BaseException] | None] = []
    correction = Correction(product_id=SIDAMO, shown=BAGS, counted=1)

    def meanwhile(session: Session) -> None:
        with ThreadPoolExecutor(1) as pool:
            for act in (
                pool.submit(inventory.apply, correction, Note(key="count", who="Dora")),
                pool.submit(sell, inventory, "CC-AMINA001", {SIDAMO: 1}),
            ):
                error = act.exception(PLENTY)
                others.append(type(error) if error else None)

    server.before("tCommit", meanwhile)
    inventory.apply(van(sorts), Note(key="van-1", who="Bruno"))
    assert others == [InventoryBusy, InventoryBusy]
    sell(inventory, "CC-AMINA001", {SIDAMO: 1})
    assert bags_left(server)[SIDAMO] == BAGS + 4


def test_a_row_that_another_program_inserts_meanwhile_is_busy_and_nothing_is_changed(
    inventory: IrisInventory, server: Superserver
) -> None:
    def meanwhile(session: Session) -> None:
        server.insert(ProductId=SIDAMO + 4, Name="Kenya AA", Price=9.9, StockQuantity=2)

    # Three coffees are there, two are new; this is the second new one.
    server.before("%Save", meanwhile, n=5)
    with pytest.raises(InventoryBusy) as busy:
        inventory.apply(van(5), Note(key="van-1", who="Bruno"))
    assert busy.value.product_id == SIDAMO + 4
    assert bags_left(server)[SIDAMO] == BAGS
    assert SIDAMO + 3 not in bags_left(server)
    inventory.apply(van(5), Note(key="van-1", who="Bruno"))
    assert bags_left(server)[SIDAMO + 4] == 7


def test_a_delivery_that_still_comes_in_is_not_listed_and_keeps_nobody_waiting(
    inventory: IrisInventory, server: Superserver
) -> None:
    listed: list[list[str]] = []

    def look(session: Session) -> None:
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(inventory.deliveries, limit=5).result(PLENTY)
            listed.append([delivery.key for delivery in found])

    inventory.apply(van(1), Note(key="van-1", who="Bruno"))
    server.before("tCommit", look)
    inventory.apply(van(2), Note(key="van-2", who="Bruno"))
    look(server.sessions()[0])
    assert listed == [["van-1"], ["van-2", "van-1"]]


def test_deliveries_from_before_there_was_a_list_are_not_listed_and_still_are_decided(
    inventory: IrisInventory, server: Superserver
) -> None:
    first = inventory.apply(van(1), Note(key="van-1", who="Bruno"))
    inventory._read(lambda iris: iris.kill(DELIVERY_AT))
    assert inventory.deliveries(limit=5) == ()
    inventory.apply(van(2), Note(key="van-2", who="Bruno"))
    assert [delivery.key for delivery in inventory.deliveries(limit=5)] == ["van-2"]
    assert inventory.deliveries(limit=5, before="van-1") == ()
    assert inventory.decision("van-1") == first
