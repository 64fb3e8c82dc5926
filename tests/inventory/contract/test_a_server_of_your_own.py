"""The suite on a server that is there already: what it may touch, and that it leaves nothing.

A stand-in in a process of its own plays the server; the suite knows it by IRIS_TEST_URL alone.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shop.inventory.iris import client
from shop.inventory.iris.client import Address
from shop.inventory.iris.store import ledger
from tests.inventory.contract.acts import coming, deliver, sell, wish
from tests.inventory.contract.alone import MARK, alone_at
from tests.inventory.contract.iris_server_world import server_world
from tests.inventory.contract.world import RawRow
from tests.support.superserver import Superserver
from tests.support.superserver.process import SuperserverProcess
from tests.support.tooling.machine import ROOT, run_manage

SUITES_SECONDS = 300


def remains(server: Superserver) -> tuple[object, ...]:
    """Everything of a shop's on a server."""
    return server.rows(), server.rows("coffeeco.AlertLog"), server.globals()


def open_shop(server: Superserver) -> None:
    """Somebody's coffee is on sale here."""
    server.create_store()
    server.insert(ProductId=1003, Name="Sidamo", Price="12.50", StockQuantity=7)


def test_a_namespace_with_somebody_s_stock_is_refused_and_not_touched() -> None:
    with Superserver() as server:
        open_shop(server)
        before = remains(server)
        refused = pytest.raises(pytest.fail.Exception, match=r"1 rows in coffeeco\.Inventory")
        with refused, alone_at(Address.from_url(server.url)):
            pytest.fail("it was let in")
        assert remains(server) == before


def test_a_namespace_with_somebody_s_ledger_is_refused_and_not_touched() -> None:
    with Superserver() as server:
        server.create_store()
        with server.session() as other:
            other.set("{}", "coffeeco.Decision", "CC-SOMEBODY")
        before = remains(server)
        refused = pytest.raises(pytest.fail.Exception, match=r"the global \^coffeeco\.Decision")
        with refused, alone_at(Address.from_url(server.url)):
            pytest.fail("it was let in")
        assert remains(server) == before


def test_a_mark_that_was_forgotten_gives_no_right_to_a_shop_that_opened_since() -> None:
    with Superserver() as server:
        open_shop(server)
        address = Address.from_url(server.url)
        iris = client.connect(address, timeout=10)
        iris.set("2026-01-01T00:00:00+00:00", MARK)
        iris.close()
        with pytest.raises(pytest.fail.Exception, match="rows"), alone_at(address):
            pytest.fail("it was let in")


def test_what_a_killed_run_left_behind_is_cleared_away() -> None:
    with Superserver() as server:
        server.create_store()
        address = Address.from_url(server.url)
        with alone_at(address) as iris:
            mark = iris.get(MARK)
        assert mark
        server.insert(ProductId=1, Name="Yirgacheffe", StockQuantity=5)
        iris = client.connect(address, timeout=10)
        iris.set(mark, MARK)
        iris.set("{}", ledger.DECISION, "CC-LEFTOVER1")
        iris.close()
        with alone_at(address):
            assert server.rows() == []
            assert "coffeeco.Decision" not in server.globals()


def test_a_namespace_without_the_table_says_what_to_run() -> None:
    with Superserver() as server:
        refused = pytest.raises(pytest.fail.Exception, match="setup_inventory")
        with refused, alone_at(Address.from_url(server.url)):
            pytest.fail("it was let in")


def test_nothing_is_left_behind() -> None:
    with Superserver() as server:
        server.create_store()
        before = remains(server)
        with server_world(Address.from_url(server.url)) as world:
            world.put_row(RawRow(id=1, quantity=3))
            world.put_row(RawRow(id=2, quantity=3))
            sell(world.inventory, wish("CC-TRACES01", {1: 3, 2: 1}))
            assert len(world.alerts()) == 2
            deliver(world.inventory, coming(2, 5))
            assert world.inventory.deliveries(limit=1)
            assert remains(server) != before
        assert remains(server) == before


@pytest.mark.slow
def test_suites_pass_on_an_iris_server_that_setup_inventory_made_ready(tmp_path: Path) -> None:
    with SuperserverProcess("--store", "none") as server:
        settings = {"INVENTORY_URL": server.url, "DATABASE_URL": f"sqlite:///{tmp_path}/s.sqlite3"}
        made = run_manage("setup_inventory", settings=settings)
        assert made.returncode == 0, made.stdout + made.stderr
        # The whole suite runs on the stand-in anyhow. These files show that it does by address too:
        # a sale, a delivery, locks and a race, and that each test clears away what it wrote.
        suites = [
            "tests/inventory/contract/test_selling.py",
            "tests/inventory/contract/test_deliveries.py",
            "tests/inventory/contract/test_locks.py",
            "tests/inventory/races/test_last_bags.py",
            "-k",
            "iris_server",
            "-m",
            "not slow",
        ]
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites],
            cwd=ROOT,
            env=os.environ | {"IRIS_TEST_URL": server.url},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SUITES_SECONDS,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = re.search(r"on the server of IRIS_TEST_URL: (\d+)", ran.stdout)
    assert told is not None, ran.stdout
    assert int(told[1]) > 40
