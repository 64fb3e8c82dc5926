"""setup_inventory on servers that have nothing, something, or no rights to give."""

from __future__ import annotations

import pytest

from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.setup import classes as class_files
from shop.inventory.iris.setup.classes import ALERT_LOG, ALERTS, CLASSES, SETUP, digest
from tests.inventory.iris.setup.conftest import MakeServer, Run, everything, stocked_server
from tests.support.superserver import Superserver

DEVELOPMENT, MANAGE = "%Development", "%Admin_Manage"


def test_a_fresh_server_gets_the_table_and_both_classes(fresh: Superserver, run: Run) -> None:
    said = run(fresh, "setup_inventory")
    assert said.code == 0
    assert said.text == (
        f"InterSystems IRIS at 127.0.0.1:{fresh.port}/USER\n"
        "There was:  nothing of the shop's\n"
        "Made:       coffeeco.Inventory, class and table\n"
        "            coffeeco.AlertLog and coffeeco.Alerts, classes\n"
        "Next:       python manage.py check_inventory"
    )
    assert run(fresh, "check_inventory").code == 0
    table = fresh.instance.storage.table(INVENTORY)
    assert table is not None
    assert table.id_column == "ProductId"
    assert table.column("StockQuantity").minimum == 0  # type: ignore[union-attr]


def test_a_second_time_changes_nothing(fresh: Superserver, run: Run) -> None:
    run(fresh, "setup_inventory")
    before = everything(fresh)
    with fresh.count() as sent:
        said = run(fresh, "setup_inventory")
    assert said.code == 0
    assert "Made:" not in said.text
    assert everything(fresh) == before
    assert not sent.by_kind["CompileList"]


def test_a_store_of_the_public_tutorial_is_left_as_it_is(make_server: MakeServer, run: Run) -> None:
    server = stocked_server(make_server, alerts="tutorial")
    before = everything(server)
    said = run(server, "setup_inventory", "--upgrade")
    assert said.code == 0
    assert "coffeeco.Inventory, 2 rows" in said.text
    assert "Made:" not in said.text
    assert everything(server) == before


def test_a_dry_run_says_it_all_and_does_nothing(fresh: Superserver, run: Run) -> None:
    said = run(fresh, "setup_inventory", "--dry-run")
    assert said.code == 0
    assert "Would make: coffeeco.Inventory, class and table" in said.text
    assert "Next:       the same without --dry-run" in said.text
    assert fresh.globals() == {}
    assert not fresh.instance.storage.tables


def test_the_result_can_be_had_as_json(fresh: Superserver, run: Run) -> None:
    assert run(fresh, "setup_inventory", "--json").json == {
        "dry_run": False,
        "there": [],
        "made": [
            "coffeeco.Inventory, class and table",
            "coffeeco.AlertLog and coffeeco.Alerts, classes",
        ],
        "left": [],
        "wrong": [],
    }


def test_django_s_own_database_needs_nothing(run: Run) -> None:
    said = run("database://", "setup_inventory")
    assert said.code == 0
    assert "Nothing is to be set up: python manage.py migrate makes the tables." in said.text


def test_a_server_that_is_away_is_named(fresh: Superserver, run: Run) -> None:
    fresh.stop()
    said = run(fresh, "setup_inventory")
    assert said.code == 1
    assert said.error.startswith("The stock cannot be reached: ")
    assert "pw" not in said.error


def test_an_address_that_is_none_is_named(run: Run) -> None:
    said = run("iris://nobody", "setup_inventory")
    assert said.code == 1
    assert "INVENTORY_URL" in said.error


def test_two_operators_do_not_set_up_at_once(fresh: Superserver, run: Run) -> None:
    with fresh.session() as other:
        other.lock(SETUP, timeout=0)
        said = run(fresh, "setup_inventory")
    assert said.code == 1
    assert "Another setup_inventory is at work on this server" in said.text
    assert not fresh.instance.storage.tables


# ── the alerts class ────────────────────────────────────────────────────────────────────────────


def test_an_older_alerts_class_of_the_shop_waits_for_upgrade(
    fresh: Superserver, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(fresh, "setup_inventory")
    newer = class_files.source(ALERTS).replace("Low stock", "Few bags left")
    sources = {name: class_files.source(name) for name in CLASSES} | {ALERTS: newer}
    monkeypatch.setattr(class_files, "source", sources.__getitem__)

    said = run(fresh, "setup_inventory")
    assert said.code == 0
    assert "--upgrade compiles this one's." in said.line("Left:")
    assert fresh.instance.sources[ALERTS] != newer

    said = run(fresh, "setup_inventory", "--upgrade")
    assert said.line("Made:").endswith("coffeeco.Alerts, class")
    assert fresh.instance.sources[ALERTS] == newer
    assert fresh.globals()["coffeeco.Setup"]["class", ALERTS] == digest(ALERTS)


def test_an_alert_log_that_somebody_dropped_is_made_again(fresh: Superserver, run: Run) -> None:
    run(fresh, "setup_inventory")
    log = fresh.instance.storage.table(ALERT_LOG)
    assert log is not None
    fresh.instance.storage.drop_table(log)
    del fresh.instance.methods[ALERT_LOG]
    said = run(fresh, "setup_inventory")
    assert said.line("Made:").endswith("coffeeco.AlertLog, class")
    assert fresh.instance.storage.table(ALERT_LOG) is not None


def test_an_alerts_class_of_the_server_s_own_is_never_touched(
    make_server: MakeServer, run: Run
) -> None:
    server = stocked_server(make_server, alerts="tutorial")
    methods = server.instance.methods[ALERTS]
    for arguments in ([], ["--upgrade"]):
        said = run(server, "setup_inventory", *arguments)
        assert said.code == 0
        assert "coffeeco.Alerts is the server's own" in said.line("Left:")
    assert server.instance.methods[ALERTS] is methods


def test_an_alerts_class_that_lacks_a_method_is_named_and_left(
    make_server: MakeServer, run: Run
) -> None:
    server = stocked_server(make_server, alerts="tutorial")
    del server.instance.methods[ALERTS]["OutOfStockAlert"]
    said = run(server, "setup_inventory", "--upgrade")
    assert said.code == 1
    assert "has no OutOfStockAlert(id, name)" in said.line("Wrong:")
    assert ALERT_LOG not in said.text


def test_a_class_that_does_not_compile_is_told_in_the_server_s_words(
    fresh: Superserver, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_files, "source", lambda name: "no class at all")
    said = run(fresh, "setup_inventory")
    assert said.code == 1
    assert "could not be parsed" in said.line("Wrong:")


# ── rights ──────────────────────────────────────────────────────────────────────────────────────


def test_without_the_right_to_compile_the_table_is_made_with_sql(
    fresh: Superserver, run: Run
) -> None:
    fresh.deny(DEVELOPMENT)
    said = run(fresh, "setup_inventory")
    assert said.code == 1
    assert "coffeeco.Inventory, table, by CREATE TABLE" in said.line("Made:")
    assert "coffeeco.Alerts not made: to compile, the account needs %Development:U" in said.text
    table = fresh.instance.storage.table(INVENTORY)
    assert table is not None
    assert table.id_column == "ProductId"


@pytest.mark.parametrize("before", [False, True])
def test_the_server_wide_option_is_put_back_as_it_was(
    fresh: Superserver, run: Run, before: bool
) -> None:
    fresh.deny(DEVELOPMENT)
    instance = fresh.instance
    instance.primary_key_is_id = before
    fresh.define_method(
        "%SYSTEM.SQL.Util", "GetOption", lambda session, _: int(not instance.primary_key_is_id)
    )
    while_creating: list[bool] = []
    fresh.before("CREATE", lambda _: while_creating.append(instance.primary_key_is_id))
    run(fresh, "setup_inventory")
    assert while_creating == [True]
    assert instance.primary_key_is_id is before
    assert instance.storage.table(INVENTORY) is not None


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_option_is_put_back_by_the_next_run_when_the_link_breaks(
    fresh: Superserver, run: Run, moment: str
) -> None:
    fresh.deny(DEVELOPMENT)
    fresh.faults.die_at("CREATE", moment)
    is_switched = []
    said = []
    for arguments in ([], ["--dry-run"], [], []):
        said.append(run(fresh, "setup_inventory", *arguments).text)
        is_switched.append(fresh.instance.primary_key_is_id)
    assert "Run this again" in said[0]
    assert is_switched == [True, True, False, False]
    put_back = "the server's option PKEY_IS_IDKEY put back to FALSE"
    assert [put_back in text for text in said] == [False, True, True, False]
    assert fresh.instance.storage.table(INVENTORY) is not None


def test_the_option_is_put_back_when_the_table_is_refused(fresh: Superserver, run: Run) -> None:
    fresh.deny(DEVELOPMENT, "CREATE TABLE")
    said = run(fresh, "setup_inventory")
    assert said.code == 1
    assert fresh.instance.primary_key_is_id is False
    assert "%CREATE_TABLE" in said.line("Wrong:")


def test_an_account_without_any_of_the_rights_hears_which(fresh: Superserver, run: Run) -> None:
    fresh.deny(DEVELOPMENT, MANAGE)
    said = run(fresh, "setup_inventory")
    assert said.code == 1
    wrong = said.line("Wrong:")
    assert "%Development:U" in wrong
    assert "%Admin_Manage:U" in wrong
    assert "Run this once with an administrator's account in INVENTORY_URL" in wrong
    assert not fresh.instance.storage.tables
    assert "coffeeco.Setup" not in fresh.globals()


@pytest.mark.parametrize(
    "right",
    ["%Native_ClassExecution", "%Native_GlobalAccess", "%Native_Concurrency"],
)
def test_a_missing_right_of_the_native_api_is_told(
    fresh: Superserver, run: Run, right: str
) -> None:
    fresh.deny(right)
    said = run(fresh, "setup_inventory")
    assert said.code == 1
    assert right in said.line("Wrong:")
