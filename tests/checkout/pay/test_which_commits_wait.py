"""Which commits of Pay wait for the disk, as the connection itself is set when they are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import Error, connection

from checkout.models import Order, OrderState
from shop.transactions import committed
from tests.checkout.inventories import EventfulInventory
from tests.support.cast import HARBOUR_LIGHT, Shopper, stock
from tests.support.inventory import OverrideInventory

pytestmark = pytest.mark.django_db(transaction=True)

# The tests' own connections wait for no disk; here they are set as in a shop.
SET, SHOW, WAITING, RELAXED = {
    "sqlite": ("PRAGMA synchronous = FULL", "PRAGMA synchronous", 2, 1),
    # A new connection of the tests' server has "off" as well.
    "postgresql": ("SET synchronous_commit = on", "SHOW synchronous_commit", "on", None),
}[connection.vendor]


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SHOW)
        return bool(cursor.fetchone()[0] == WAITING)


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Whether each commit of this thread waits, as they come."""
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(SET)
    found: list[bool] = []
    commit = connection._commit  # type: ignore[attr-defined]

    def committing() -> None:
        found.append(waits())
        commit()

    monkeypatch.setattr(connection, "_commit", committing, raising=False)
    yield found
    monkeypatch.undo()
    connection.close()


@pytest.mark.parametrize(
    ("one_log", "expected"), [(True, [False, True, False]), (False, [True, True, False])]
)
def test_the_sale_waits_and_the_order_only_if_the_stock_has_another_log(
    commits: list[bool],
    override_inventory: OverrideInventory,
    one_log: bool,
    expected: list[bool],
) -> None:
    override_inventory(EventfulInventory()).shares_database_log = one_log
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.open("/checkout/")
    commits.clear()
    ana.press("Pay now")
    assert commits == expected, "the order, the sale, the confirmation with the emptied basket"
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert ana.basket() == {}
    assert waits()


@pytest.mark.parametrize("fails", [False, True])
def test_after_a_relaxed_transaction_commits_wait_again(commits: list[bool], fails: bool) -> None:
    with suppress(ZeroDivisionError), committed(waits=False):
        assert not waits()
        commits.append(1 // (not fails) == 0)
    assert waits()
    assert commits == ([] if fails else [False, False])


@pytest.mark.usefixtures("commits")
def test_a_connection_that_went_away_takes_the_relaxed_setting_with_it() -> None:
    def lose_it() -> None:
        connection.connection.close()
        waits()

    with pytest.raises(Error, match="closed"), committed(waits=False):
        lose_it()
    with connection.cursor() as cursor:
        cursor.execute(SHOW)
        assert cursor.fetchone()[0] != RELAXED
