"""A row that one transaction has taken away, and not yet for good, while another asks for it.

%OpenId waits for the row's lock before it says that there is no row. check_inventory proves that
of the user's own server; these tests show that nothing more is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest

from shop.inventory.contract import (
    Decision,
    Delivery,
    InventoryUnavailable,
    NewDetails,
    Note,
    Shelf,
    ShelfChanged,
    Withdrawal,
)
from shop.inventory.iris import IrisInventory
from tests.inventory.contract.acts import chain_is_whole
from tests.inventory.iris.shop import (
    BAGS,
    HUILA,
    PLENTY,
    PRICE,
    SIDAMO,
    MakeShop,
    bags_left,
    bags_of_sidamo,
    sell,
)
from tests.support.superserver import Superserver
from tests.support.superserver.sessions import Session

DETAILS = NewDetails(
    product_id=SIDAMO, name="Sidamo, washed", price=PRICE, origin="Ethiopia", description=""
)
DELIVERY = Delivery(rows=(bags_of_sidamo(5),))


@pytest.fixture
def shop(make_shop: MakeShop) -> IrisInventory:
    """A shop that waits for locks as long as it takes."""
    return make_shop(connections=3, lock_wait=PLENTY / 2)


def amina_takes_the_last_bags(
    shop: IrisInventory,
    server: Superserver,
    meanwhile: Callable[[], Any],
    *,
    kept: bool,
) -> Future[Any]:
    """Her sale has deleted the row when somebody else begins; then it is committed, or undone."""
    with ThreadPoolExecutor(1) as pool:
        begun: list[Future[Any]] = []

        def begin(session: Session) -> None:
            begun.append(pool.submit(meanwhile))
            assert server.wait_for_waiters(1)
            if not kept:
                server.faults.fail_call(1, "set", "<DISK HARD>")

        server.after("%DeleteId", begin)
        with nullcontext() if kept else pytest.raises(InventoryUnavailable):
            sell(shop, "CC-AMINA001", {SIDAMO: BAGS})
        return begun[0]


def make(shop: IrisInventory, change: Any) -> Callable[[], Decision]:
    """Bruno changes stock."""
    return lambda: shop.apply(change, Note(key="bruno-1", who="Bruno"))


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "undone"])
@pytest.mark.parametrize("change", [DELIVERY, DETAILS], ids=["delivery", "details"])
def test_a_change_waits_for_the_sale_that_has_taken_the_row(
    shop: IrisInventory, server: Superserver, change: Any, *, kept: bool
) -> None:
    bruno = amina_takes_the_last_bags(shop, server, make(shop, change), kept=kept)
    bruno.result(PLENTY)
    assert chain_is_whole(shop.movements(SIDAMO))
    assert shop.balance(SIDAMO).drift == 0
    stock = (0 if kept else BAGS) + (5 if change is DELIVERY else 0)
    assert bags_left(server).get(SIDAMO, 0) == stock
    product = shop.product(SIDAMO)
    assert product is not None
    assert product.left == stock
    assert (product.name == "Sidamo, washed") is (change is DETAILS)


def test_a_sale_waits_for_the_sale_that_has_taken_the_row(
    shop: IrisInventory, server: Superserver
) -> None:
    def carlos() -> Decision:
        return sell(shop, "CC-CARLOS01", {SIDAMO: 1})

    sold = amina_takes_the_last_bags(shop, server, carlos, kept=False)
    sold.result(PLENTY)
    assert bags_left(server)[SIDAMO] == BAGS - 1
    assert chain_is_whole(shop.movements(SIDAMO))
    assert shop.balance(SIDAMO).drift == 0


def test_last_bags_of_two_coffees_at_once_are_both_listed_as_sold_out(
    shop: IrisInventory, server: Superserver
) -> None:
    with ThreadPoolExecutor(1) as pool:
        begun: list[Future[Decision]] = []

        def begin(session: Session) -> None:
            begun.append(pool.submit(sell, shop, "CC-BRUNO001", {HUILA: BAGS}))
            assert server.wait_for_waiters(1)

        server.before("tCommit", begin)
        sell(shop, "CC-AMINA001", {SIDAMO: BAGS})
        begun[0].result(PLENTY)
    beside_list = shop.beside_list(version=shop.version())
    assert [product.id for product in beside_list.sold_out] == [HUILA, SIDAMO]


def test_a_change_waits_for_the_change_that_has_taken_the_row(
    shop: IrisInventory, server: Superserver
) -> None:
    with ThreadPoolExecutor(2) as pool:
        # Dora withdraws the coffee; just before her commit Bruno's delivery of it begins.
        begun: list[Future[Decision]] = []

        def begin(session: Session) -> None:
            begun.append(pool.submit(make(shop, DELIVERY)))
            assert server.wait_for_waiters(1)

        server.before("tCommit", begin)
        withdrawal = Withdrawal(product_id=SIDAMO)
        pool.submit(shop.apply, withdrawal, Note(key="dora-1", who="Dora")).result(PLENTY)
        with pytest.raises(ShelfChanged) as changed:
            begun[0].result(PLENTY)
    # Bruno saw it on sale; only who saw that it is withdrawn may put it back.
    assert (changed.value.product_id, changed.value.now) == (SIDAMO, Shelf.WITHDRAWN)
    assert SIDAMO not in bags_left(server)
    assert chain_is_whole(shop.movements(SIDAMO))
    assert shop.balance(SIDAMO).drift == 0
