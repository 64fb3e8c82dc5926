"""The connections of a process: few, its own, dropped after any surprise, back by themselves."""

from __future__ import annotations

import os
import re
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from shop.inventory.contract import (
    Delivery,
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    Note,
    ProductQuery,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Deadline, Iris, IrisError, pool
from shop.inventory.iris.client.driver_socket import DriverSocket, sockets
from tests.inventory.iris.shop import (
    BAGS,
    HUILA,
    PLENTY,
    SIDAMO,
    MakeShop,
    answers,
    bags_left,
    bags_of_sidamo,
    descriptors,
    in_a_hurry,
    no_longer_than,
    nothing_is_held,
    sell,
    the_connection,
    threads_of_connections,
    wait_until,
    wish,
)
from tests.support.superserver import Superserver
from tests.support.superserver.process import SuperserverProcess

AMPLE = 8.0
A_MINUTE = 60.0
"""For many buyers of one coffee: on a busy machine the last one waits long."""

# ── few, and in turn ────────────────────────────────────────────────────────────────────────────


def test_nothing_is_opened_before_it_is_needed(
    inventory: IrisInventory, server: Superserver
) -> None:
    assert inventory.describe() == f"InterSystems IRIS at 127.0.0.1:{server.port}/USER"
    assert server.messages.total == 0


def test_one_shopper_after_the_other_uses_the_same_connection(
    inventory: IrisInventory, server: Superserver
) -> None:
    for _ in range(5):
        inventory.page(ProductQuery())
    assert len(server.sessions()) == 1


def test_a_crowd_shares_few_connections_each_spoken_to_by_one_thread_alone(
    make_shop: MakeShop, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Iris.asking
    threads: dict[Iris, set[threading.Thread]] = {}
    most: list[int] = []

    def noted(iris: Iris) -> AbstractContextManager[None]:
        threads.setdefault(iris, set()).add(threading.current_thread())
        return asking(iris)

    monkeypatch.setattr(Iris, "asking", noted)
    shop = make_shop(connections=3, timeout=A_MINUTE, lock_wait=A_MINUTE, low_stock=BAGS)
    server.define_method(
        "coffeeco.Alerts", "LowStockAlert", lambda *_: most.append(len(server.sessions()))
    )
    with ThreadPoolExecutor(12) as shoppers:
        sales = [
            shoppers.submit(sell, shop, f"CC-SHOP{number:04}", {SIDAMO: 1}) for number in range(12)
        ]
    for sale in sales:
        sale.result()
    assert bags_left(server)[SIDAMO] == BAGS - 12
    assert max(most) <= 3
    assert len(shop.pool.connections) <= 3
    assert {len(those) for those in threads.values()} == {1}
    assert len(set().union(*threads.values())) == len(threads)


def test_shoppers_who_wait_are_served_in_turn(make_shop: MakeShop, server: Superserver) -> None:
    shop = make_shop(connections=1)
    served: list[int] = []
    orders: list[Future[None]] = []
    with ThreadPoolExecutor(4) as shoppers:
        with shop.sale(wish("CC-AMINA001", {HUILA: 1})) as sale:
            for number in range(4):
                orders.append(shoppers.submit(_sell_and_note, shop, number, served))
                wait_until(lambda: shop.pool.waiting == len(orders))
            sale.sell(HUILA)
        for order in orders:
            order.result(PLENTY)
    assert served == [0, 1, 2, 3]


def _sell_and_note(shop: IrisInventory, number: int, served: list[int]) -> None:
    sell(shop, f"CC-SHOP{number:04}", {SIDAMO: 1})
    served.append(number)


def test_when_every_connection_is_taken_a_sale_is_busy_and_a_page_is_late(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1)
    shop.version()
    unload = threading.Event()
    server.before("%OpenId", lambda session: unload.wait(PLENTY))
    delivery = Delivery(rows=(bags_of_sidamo(5),))
    with ThreadPoolExecutor(1) as back_door:
        delivered = back_door.submit(shop.apply, delivery, Note(key="van-1", who="Bruno"))
        assert server.wait_for_messages("%OpenId")
        with in_a_hurry(shop):
            with pytest.raises(InventoryTimeout):
                shop.page(ProductQuery())
            with pytest.raises(InventoryBusy):
                sell(shop, "CC-AMINA001", {SIDAMO: 1})
        unload.set()
        delivered.result(PLENTY)
    sell(shop, "CC-AMINA001", {SIDAMO: 1})
    assert bags_left(server)[SIDAMO] == BAGS + 4


def test_who_asks_on_a_connection_that_is_shut_in_that_very_moment_hears_of_it_at_once(
    make_shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(connections=1)
    shop.version()
    connection = the_connection(shop)
    jobs = connection._jobs

    class ShutBefore:
        def put(self, job: Any) -> None:
            jobs.put(None)
            jobs.put(job)

        def empty(self) -> bool:
            return bool(jobs.empty())

        def get(self) -> Any:
            return jobs.get()

    monkeypatch.setattr(connection, "_jobs", ShutBefore())
    with pytest.raises(IrisError), no_longer_than(AMPLE):
        connection.call(connection.iris.t_level, Deadline(PLENTY))


# ── back by themselves ──────────────────────────────────────────────────────────────────────────


def test_a_link_that_was_cut_while_idle_is_replaced_unnoticed(
    inventory: IrisInventory, server: Superserver
) -> None:
    inventory.version()
    for number in range(3):
        server.faults.drop_all()
        wait_until(lambda: the_connection(inventory).is_cut)
        sell(inventory, f"CC-AMINA{number:03}", {SIDAMO: 1})
    assert bags_left(server)[SIDAMO] == BAGS - 3


def test_a_server_that_was_started_again_is_found_by_the_next_request(
    inventory: IrisInventory, server: Superserver
) -> None:
    sell(inventory, "CC-BEFORE01", {SIDAMO: 1})
    server.stop()
    server.start()
    assert inventory.page(ProductQuery()).total == 3
    sell(inventory, "CC-AFTER001", {SIDAMO: 1})


def test_a_link_that_somebody_forgot_is_looked_at_before_it_is_used(
    make_shop: MakeShop, server: Superserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LOOK_AGAIN_SECONDS", 0.0)
    shop = make_shop(connections=2, timeout=6.0)
    shop.version()
    with server.count() as counted:
        shop.version()
    assert counted.by_kind == {"getTLevel": 1, "get": 1}
    # From here on this session says nothing any more, as when a firewall has forgotten the link.
    server.faults.die_at("getTLevel", silent=True)
    sell(shop, "CC-AMINA001", {SIDAMO: 1})
    assert bags_left(server)[SIDAMO] == BAGS - 1


def test_a_slow_server_that_was_taken_for_frozen_is_trusted_again(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1, timeout=3.0)
    shop.version()
    server.faults.freeze()
    with pytest.raises(InventoryTimeout):
        shop.version()
    server.faults.thaw()
    # Every answer takes longer than a wary reader waits, but it comes.
    server.faults.delay(0.6, "get")
    wait_until(lambda: answers(shop))
    assert answers(shop)


def test_a_process_that_is_stopped_and_goes_on(make_shop: MakeShop) -> None:
    with SuperserverProcess("--store", "product_id_is_id") as process:
        shop = make_shop(url=process.url, connections=1)
        shop.version()
        process.freeze()
        with in_a_hurry(shop):
            with pytest.raises(InventoryTimeout), no_longer_than(AMPLE):
                shop.version()
            with pytest.raises(InventoryTimeout), no_longer_than(AMPLE):
                shop.void("CC-AMINA001", "token", {})
        process.thaw()
        wait_until(lambda: answers(shop))
        wait_until(lambda: shop.decision("CC-AMINA001") is None)
        shop.void("CC-AMINA001", "token", {})


def test_a_process_that_is_killed_and_started_again(make_shop: MakeShop) -> None:
    with SuperserverProcess("--store", "product_id_is_id") as process:
        shop = make_shop(url=process.url)
        shop.version()
        process.kill()
        with pytest.raises(InventoryUnavailable):
            shop.version()
        process.start()
        assert shop.version() == ""


# ── nothing is left behind ──────────────────────────────────────────────────────────────────────


def test_closing_leaves_no_thread_descriptor_or_session(
    make_shop: MakeShop, server: Superserver
) -> None:
    before = descriptors()
    shop = make_shop(connections=4)
    with ThreadPoolExecutor(4) as shoppers:
        for number in range(8):
            shoppers.submit(sell, shop, f"CC-SHOP{number:04}", {SIDAMO: 1})
    assert threads_of_connections(server)
    shop.close()
    assert server.wait_for_sessions(0)
    wait_until(lambda: not threads_of_connections(server))
    wait_until(lambda: descriptors() <= before)
    assert shop.version() != ""


def test_a_silent_connection_is_given_up_whole_and_no_other_socket_is_shut(
    make_shop: MakeShop, server: Superserver
) -> None:
    shop = make_shop(connections=1)
    with socket.create_connection(("127.0.0.1", server.port)) as other:
        shop.version()
        server.faults.freeze()
        with in_a_hurry(shop), pytest.raises(InventoryTimeout):
            sell(shop, "CC-AMINA001", {SIDAMO: 1})
        # It counts until its thread is gone.
        wait_until(lambda: not threads_of_connections(server))
        assert shop.pool.connections == ()
        other.sendall(b"still here")
        assert other.getpeername()[1] == server.port
    server.faults.thaw()
    assert server.wait_for_sessions(0)
    assert nothing_is_held(server)


def test_a_descriptor_number_that_is_used_again_is_not_shut() -> None:
    one, other = socket.socketpair()
    with one, other:
        number = one.fileno()
        (known,) = [found for found in sockets() if found.descriptor == number]
        assert DriverSocket(number, known.inode + 1) != known
        DriverSocket(number, known.inode + 1).shut()
        one.sendall(b"whole")
        assert other.recv(5) == b"whole"
        known.shut()
        assert other.recv(5) == b""


def test_a_forked_child_has_connections_of_its_own_and_leaves_those_of_its_parent(
    inventory: IrisInventory, server: Superserver
) -> None:
    sell(inventory, "CC-PARENT01", {SIDAMO: 1})
    (session,) = server.sessions()
    with inventory.sale(wish("CC-PARENT02", {HUILA: 2})) as sale:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                sell(inventory, "CC-CHILD001", {SIDAMO: 1})
                inventory.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        sale.sell(HUILA)
    sell(inventory, "CC-PARENT03", {SIDAMO: 1})
    assert bags_left(server)[SIDAMO] == BAGS - 3
    assert bags_left(server)[HUILA] == BAGS - 2
    assert server.wait_for_sessions(1)
    assert server.sessions() == [session]


def test_a_process_with_open_connections_ends_well(server: Superserver) -> None:
    import subprocess
    import sys

    script = (
        "import django; django.setup()\n"
        "from tests.inventory.iris.shop import a_shop\n"
        f"shop = a_shop({server.url!r}); print(len(shop.products([1001])))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "1\n")
    assert re.fullmatch(r".* Connected to .*: process \d+ there\n", ended.stderr)
    assert server.wait_for_sessions(0)
