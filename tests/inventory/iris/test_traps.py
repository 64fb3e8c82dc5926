"""Two traps of a connection that is used again: objects in the server's memory, and their locks.

The server keeps an object in memory until the driver has gathered a hundred to release. While it
counts as open at level 4, the next %OpenId of its id returns it unread, and takes no lock. Each
test has a control that leaves out the one line that prevents this, and must then see it happen.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.inventory.contract import Correction, Inventory, NewDetails, Note, SaleRefused
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Item
from tests.inventory.iris.shop import (
    BAGS,
    PRICE,
    ROW_LOCK,
    SIDAMO,
    MakeShop,
    bags_left,
    put,
    sell,
    wish,
)
from tests.support.superserver import Superserver

NOTHING_LEFT_OUT = "whole"
LEFT_OUT = "without %DowngradeConcurrency"


@pytest.fixture
def one_connection(make_shop: MakeShop) -> IrisInventory:
    """A shop whose every sale is on the same connection."""
    return make_shop(connections=1)


@pytest.fixture(params=[NOTHING_LEFT_OUT, LEFT_OUT])
def is_whole(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the shop gives its objects back, or (the control) only its locks."""
    if request.param == LEFT_OUT:
        invoke = Item.invoke

        def without(item: Item, method: str, *arguments: object) -> object:
            return 1 if method == "%DowngradeConcurrency" else invoke(item, method, *arguments)

        monkeypatch.setattr(Item, "invoke", without)
    return bool(request.param == NOTHING_LEFT_OUT)


def test_what_another_program_wrote_between_two_sales_is_not_written_over(
    one_connection: IrisInventory, server: Superserver, *, is_whole: bool
) -> None:
    sell(one_connection, "CC-FIRST001", {SIDAMO: 1})
    put(server, SIDAMO, Name="Sidamo, new crop", StockQuantity=10)
    sell(one_connection, "CC-SECOND01", {SIDAMO: 1})
    (row,) = [row for row in server.rows() if row["ProductId"] == SIDAMO]
    assert row["StockQuantity"] == 9
    assert (row["Name"] == "Sidamo, new crop") is is_whole


def test_every_sale_on_a_connection_takes_the_locks_of_its_rows(
    one_connection: IrisInventory, server: Superserver, *, is_whole: bool
) -> None:
    sell(one_connection, "CC-FIRST001", {SIDAMO: 1})
    with (
        server.session() as somebody,
        one_connection.sale(wish("CC-SECOND01", {SIDAMO: 1})) as sale,
    ):
        assert somebody.lock(ROW_LOCK, SIDAMO, timeout=0) is not is_whole
        somebody.release_all_locks()
        sale.sell(SIDAMO)


def test_two_shops_cannot_both_sell_the_last_bags_on_connections_used_before(
    make_shop: MakeShop, server: Superserver
) -> None:
    here, there = make_shop(connections=1), make_shop(connections=1)
    sell(here, "CC-HERE0001", {SIDAMO: 1})
    sell(there, "CC-THERE001", {SIDAMO: 1})
    sell(here, "CC-HERE0002", {SIDAMO: BAGS - 4})
    with pytest.raises(SaleRefused) as refused:
        sell(there, "CC-THERE002", {SIDAMO: 3})
    assert refused.value.shortages[0].left == 2
    sell(there, "CC-THERE003", {SIDAMO: 2})
    assert SIDAMO not in bags_left(server)


def _sold(inventory: Inventory) -> None:
    sell(inventory, "CC-DONE0001", {SIDAMO: 1})


def _refused(inventory: Inventory) -> None:
    with pytest.raises(SaleRefused):
        sell(inventory, "CC-DONE0001", {SIDAMO: BAGS + 1, 404: 1})


def _left(inventory: Inventory) -> None:
    def change_her_mind() -> None:
        with inventory.sale(wish("CC-DONE0001", {SIDAMO: 1})) as sale:
            sale.sell(SIDAMO)
            raise KeyError

    with pytest.raises(KeyError):
        change_her_mind()


def _voided(inventory: Inventory) -> None:
    inventory.void("CC-DONE0001", "token", {})


def _counted(inventory: Inventory) -> None:
    inventory.apply(Correction(product_id=SIDAMO, shown=1, counted=2), Note(key="k", who="Bo"))


def _described(inventory: Inventory) -> None:
    details = NewDetails(product_id=SIDAMO, name="S", price=PRICE, origin="", description="")
    inventory.apply(details, Note(key="k", who="Bo"))


def _balanced(inventory: Inventory) -> None:
    inventory.balance(SIDAMO)


@pytest.mark.parametrize("act", [_sold, _refused, _left, _voided, _counted, _described, _balanced])
def test_nothing_stays_locked_and_the_connection_stays(
    one_connection: IrisInventory, server: Superserver, act: Callable[[Inventory], None]
) -> None:
    one_connection.version()
    (before,) = server.sessions()
    act(one_connection)
    assert server.locks() == []
    assert before.level == 0
    assert server.sessions() == [before]
    put(server, SIDAMO, StockQuantity=2)
    sell(one_connection, "CC-AFTER001", {SIDAMO: 2})


def test_control_a_connection_that_gives_nothing_back_keeps_others_out(
    one_connection: IrisInventory, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "shop.inventory.iris.client.transaction.Transaction.let_go", lambda transaction: None
    )
    sell(one_connection, "CC-FIRST001", {SIDAMO: 1})
    held = {lock.name for lock in server.locks()}
    assert held == {("coffeeco.Decision", "CC-FIRST001"), (ROW_LOCK, str(SIDAMO))}
