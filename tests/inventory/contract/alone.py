"""A namespace of a real server, for the suite alone and empty, and empty again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from shop.inventory.iris import client
from shop.inventory.iris.client import Address, Iris, LockTimeout, SqlError
from shop.inventory.iris.store import ledger

GLOBALS = (
    ledger.DECISION,
    ledger.DELIVERY_AT,
    ledger.MOVEMENT,
    ledger.ON_SALE,
    ledger.SOLD_OUT,
    ledger.SOLD_OUT_AT,
    ledger.SOLD_OUT_LAST,
    ledger.WITHDRAWN,
    ledger.VERSION,
)
TABLES = ("coffeeco.Inventory", "coffeeco.AlertLog")
# Set while the namespace is the suite's, and left behind by a run that was killed. It holds the
# time, so that one that was forgotten gives nobody the right to empty a shop that opened since.
MARK = "^coffeeco.TestSuite"
MARK_IS_GOOD_FOR = timedelta(days=1)
NO_SUCH_TABLE = 30
PATIENCE = 300
"""Seconds that tests of other processes may have the namespace before this one."""
SETTLING = 30
"""Seconds in which a server has undone what a lost connection began."""


@contextmanager
def alone_at(address: Address) -> Iterator[Iris]:
    """A connection to a namespace that is empty at first, and emptied at the end.

    The test fails, and nothing is touched, when others have something in it. Tests of other
    processes wait for their turn.
    """
    iris = client.connect(address, timeout=10)
    try:
        iris.lock(MARK, timeout=PATIENCE)
        _refuse_what_is_not_ours(iris, address)
        empty(iris)
        iris.set(datetime.now(UTC).isoformat(), MARK)
        try:
            yield iris
        finally:
            empty(iris)
            iris.kill(MARK)
    finally:
        iris.close()


def empty(iris: Iris) -> None:
    """Remove every row and every node of the shop's, once nobody decides anything any more."""
    settle(iris)
    for table in TABLES:
        try:
            iris.change(f"DELETE FROM {table}")
        except SqlError as error:
            if error.code != NO_SUCH_TABLE:
                raise
    for name in GLOBALS:
        iris.kill(name)


def settle(iris: Iris) -> None:
    """Return when no transaction of the shop's is open: each holds the lock of its decision."""
    try:
        iris.lock(ledger.DECISION, timeout=SETTLING)
    except LockTimeout:
        pytest.fail(f"after {SETTLING} seconds a transaction was still open on the server")
    iris.unlock_now(ledger.DECISION)


def _refuse_what_is_not_ours(iris: Iris, address: Address) -> None:
    mark = iris.get(MARK)
    if mark and datetime.now(UTC) - datetime.fromisoformat(mark) < MARK_IS_GOOD_FOR:
        return
    held = [f"{rows} rows in {table}" for table in TABLES if (rows := _rows(iris, table))]
    held += [f"the global {name}" for name in GLOBALS if _is_defined(iris, name)]
    if held:
        pytest.fail(
            f"IRIS_TEST_URL names {address}, which holds {', '.join(held)}. These tests empty the "
            "namespace they run in, so they only run in one that holds nothing of a shop: make "
            "another for them, or, if nobody needs what is there, empty it.",
            pytrace=False,
        )


def _rows(iris: Iris, table: str) -> int:
    try:
        ((rows,),) = iris.select(f"SELECT COUNT(*) FROM {table}")
    except SqlError as error:
        if error.code != NO_SUCH_TABLE:
            raise
        if table == "coffeeco.Inventory":
            pytest.fail(
                "The namespace of IRIS_TEST_URL has no table coffeeco.Inventory: run "
                "manage.py setup_inventory there first, with its address in INVENTORY_URL.",
                pytrace=False,
            )
        return 0
    return int(rows)


def _is_defined(iris: Iris, name: str) -> bool:
    return bool(iris.get(name)) or any(True for _ in iris.children(name))
