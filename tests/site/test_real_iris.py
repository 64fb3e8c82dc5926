"""A real IRIS server, where ``IRIS_TEST_URL`` names one; the shop's own checks are asked of it."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from shop.inventory.iris.client import Address
from tests.inventory.contract.alone import alone_at
from tests.tooling.machine import run_manage

URL = os.environ.get("IRIS_TEST_URL", "")


@pytest.mark.skipif(not URL, reason="IRIS_TEST_URL names no server")
def test_the_real_server_is_one_that_the_shop_can_work_with(
    tmp_path: os.PathLike[str], record_property: Callable[[str, object], None]
) -> None:
    record_property("inventory", "iris_server")
    settings = {"INVENTORY_URL": URL, "DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3"}
    assert run_manage("migrate", "--verbosity=0", settings=settings).returncode == 0
    # The check has a row of its own for a moment, which the contract's suite must not meet.
    with alone_at(Address.from_url(URL)):
        checked = run_manage("check_inventory", settings=settings)
    assert checked.returncode == 0, checked.stdout + checked.stderr
