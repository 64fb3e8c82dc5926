"""docs/iris.md says what the commands say, and knows every global."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from coffeeco_site import iris_server
from shop.inventory.iris.check import probe_row as check_row
from shop.inventory.iris.check.rights import NATIVE, STATEMENTS
from shop.inventory.iris.setup import classes as class_files
from shop.inventory.iris.store import ledger
from tests.inventory.iris.setup.conftest import Run
from tests.support.superserver import Superserver

MANUAL = (settings.BASE_DIR / "docs" / "iris.md").read_text(encoding="utf-8")
GRANT = MANUAL[MANUAL.index("\nGRANT ") :].partition(" ON ")[0]


def test_the_manual_shows_every_check_and_no_other(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    said = run(stocked, "check_inventory")
    names = [line.split(": ")[0] for line in said.lines]
    assert re.findall(r"^(✓ [^:]+): ", MANUAL, re.MULTILINE) == names


def test_the_manual_shows_what_setting_up_says(fresh: Superserver, run: Run) -> None:
    said = run(fresh, "setup_inventory")
    assert "\n".join(said.lines[1:]) in MANUAL


@pytest.mark.parametrize(
    "name",
    [
        ledger.DECISION,
        ledger.DELIVERY_AT,
        ledger.MOVEMENT,
        ledger.ON_SALE,
        ledger.SOLD_OUT,
        ledger.SOLD_OUT_AT,
        ledger.SOLD_OUT_LAST,
        ledger.WITHDRAWN,
        ledger.VERSION,
        ledger.PRODUCT,
        class_files.SETUP,
        check_row.CHECK_GLOBAL,
    ],
)
def test_the_manual_knows_every_global(name: str) -> None:
    assert re.search(rf"`{re.escape(name)}[(`]", MANUAL)


def test_a_sale_is_read_in_the_lines_that_the_manual_promises() -> None:
    inventory = settings.BASE_DIR / "shop" / "inventory"
    files = ("iris/store/sale.py", "decisions.py", "iris/client/transaction.py")
    sale, decisions, transaction = ((inventory / name).read_text("utf-8") for name in files)
    read = (sale, decisions[decisions.index("def held_lines(") :], transaction)
    promised = re.search(r"in at most (\d+) lines: `shop/inventory/iris/store/sale.py`", MANUAL)
    assert promised
    assert sum(len(text.splitlines()) for text in read) <= int(promised[1])


@pytest.mark.parametrize("right", [*NATIVE, *STATEMENTS])
def test_the_account_that_is_made_by_hand_or_by_make_run_iris_has_every_right(right: str) -> None:
    merge = (settings.BASE_DIR / "deploy" / "iris" / "merge.cpf").read_text("utf-8")
    roles = (merge.partition("CreateRole:")[2], MANUAL.partition("Set resources = ")[2])
    if right in NATIVE:
        assert all(f"{right}:U" in role.partition("\n")[0] for role in roles)
    else:
        assert right in GRANT
        assert right in iris_server.GRANT
