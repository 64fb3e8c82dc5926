"""Giving up and committing exclude each other, whoever comes first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from shop.inventory.iris.store.transaction import Fate

from shop.inventory.contract import InventoryTimeout
from shop.inventory.iris.client import Iris
from shop.inventory.iris.client.driver_socket import DriverSocket
from shop.inventory.iris.store import ledger
from tests.iris.shop import (
    BAGS,
    PLENTY,
    SIDAMO,
    MakeShop,
    bags_left,
    in_a_hurry,
    sell,
    threads_of_connections,
    wait_until,
)
from tests.superserver import Superserver


def test_one_of_two_who_come_together_wins() -> None:
    for _ in range(300):
        fate = Fate()
        together = threading.Barrier(2)

        def first(fate: Fate = fate, together: threading.Barrier = together) -> bool:
            together.wait(PLENTY)
            return fate.commit()

        with ThreadPoolExecutor(1) as pool:
            may_commit = pool.submit(first)
            together.wait(PLENTY)
            given_up = fate.give_up()
            assert may_commit.result(PLENTY) is not given_up


def test_what_was_decided_stays_decided() -> None:
    fate = Fate()
    assert fate.give_up()
    assert not fate.commit()
    fate = Fate()
    assert fate.commit()
    assert not fate.give_up()


@pytest.mark.parametrize("flag", [True, False], ids=["whole", "without the flag"])
def test_a_thread_that_is_late_does_not_commit_what_its_shopper_has_given_up(
    make_shop: MakeShop, server: Superserver, monkeypatch: pytest.MonkeyPatch, *, flag: bool
) -> None:
    """The link is left open here, so that the flag alone stands between thread and commit."""
    shop = make_shop(connections=1)
    shop.version()
    told = threading.Event()
    write_version = ledger.write_version

    def dawdle(iris: Iris) -> None:
        write_version(iris)
        assert told.wait(PLENTY)

    monkeypatch.setattr(ledger, "write_version", dawdle)
    monkeypatch.setattr(DriverSocket, "shut", lambda _: None)
    if not flag:
        monkeypatch.setattr(Fate, "commit", lambda _: True)
    with in_a_hurry(shop), pytest.raises(InventoryTimeout):
        sell(shop, "CC-AMINA001", {SIDAMO: 1})
    told.set()
    wait_until(lambda: not threads_of_connections())
    assert server.wait_for_sessions(0)
    assert (server.messages.by_kind["tCommit"] == 0) is flag
    assert (bags_left(server)[SIDAMO] == BAGS) is flag
