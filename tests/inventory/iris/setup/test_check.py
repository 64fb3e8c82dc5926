"""check_inventory: all right on a good server, and a ✗ with its remedy for each defect."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from shop.inventory.iris.check import checks as check
from shop.inventory.iris.check import proofs
from shop.inventory.iris.check import server as check_server
from shop.inventory.iris.check.probe_row import CHECK_ID
from shop.inventory.iris.check.proofs import RUNNING
from shop.inventory.iris.client import Address
from shop.inventory.iris.names import ALERTS, INVENTORY
from tests.inventory.iris.setup.conftest import SIDAMO, MakeServer, Run, everything, stocked_server
from tests.support.superserver import Superserver
from tests.support.superserver.catalog import Column, Table
from tests.support.superserver.classes import object_id, open_id
from tests.support.superserver.messages import Refused
from tests.support.superserver.sessions import Session
from tests.support.superserver.status import load_not_found

GOOD = [
    "server lets the shop in",
    "server version",
    "round trip",
    "clocks agree",
    "commit waits for the disk",
    "journal",
    "table",
    "columns",
    "ID is ProductId",
    "every row can be sold",
    "alert LowStockAlert",
    "alert OutOfStockAlert",
    "right %Native_ClassExecution",
    "right %Native_Transaction",
    "right %Native_Concurrency",
    "right %Native_GlobalAccess",
    "right SELECT",
    "right INSERT",
    "right UPDATE",
    "right DELETE",
    "rollback of a global and a row",
    "%Status is understood",
    "SQL in a transaction",
    "row that is being deleted",
    "lock on a name",
    "exclusive object lock",
    "lock timeout",
    "stale objects",
]
SET_UP = "Run: python manage.py setup_inventory"


def refuse(words: str) -> Any:
    """A method that the server refuses."""

    def refused(session: Session, arguments: list[Any]) -> Any:
        raise Refused(words)

    return refused


# ── a good server ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", ["2025.1", "2024.1"])
def test_a_good_server_passes_every_check(make_server: MakeServer, run: Run, version: str) -> None:
    server = make_server(version=version)
    server.create_store()
    server.insert(**SIDAMO)
    said = run(server, "check_inventory")
    assert (said.code, said.error) == (0, "")
    assert [line.removeprefix("✓ ").split(": ")[0] for line in said.lines] == GOOD


def test_json_holds_every_check(stocked: Superserver, run: Run, hurried: None) -> None:
    told = run(stocked, "check_inventory", "--json").json
    assert [check["name"] for check in told] == GOOD
    assert all(check["ok"] for check in told)
    assert told[0] == {
        "name": "server lets the shop in",
        "ok": True,
        "found": f"shop at 127.0.0.1:{stocked.port}/USER",
        "remedy": "",
    }


def test_what_differs_between_servers_is_told(
    make_server: MakeServer, run: Run, hurried: None
) -> None:
    server = stocked_server(lambda: make_server(version="2024.1"))
    said = run(server, "check_inventory")
    assert "2024.1; pages are cut with ROW_NUMBER" in said.line("✓ server version")
    assert "Price double (inexact: rounded to cents when read)" in said.line("✓ columns")
    assert "SynchCommit is off" in said.line("✓ commit waits for the disk")
    assert "an object shows the old row; read anew by %Reload" in said.line("✓ stale objects")


def test_synch_commit_that_is_on_is_told(stocked: Superserver, run: Run, hurried: None) -> None:
    stocked.define_method("%SYSTEM.Process", "SynchCommit", lambda session, arguments: 1)
    assert run(stocked, "check_inventory").line("✓ commit waits").endswith("SynchCommit is on")


def test_synch_commit_that_cannot_be_read_is_explained(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    stocked.define_method("%SYSTEM.Process", "SynchCommit", refuse("<PROTECT>"))
    said = run(stocked, "check_inventory")
    assert said.code == 0
    assert "can't be read here" in said.line("✓ commit waits for the disk")


def test_a_store_that_insists_on_every_column_is_good_too(
    fresh: Superserver, run: Run, hurried: None
) -> None:
    fresh.create_store(shape="none")
    columns = [
        Column("ProductId", "INTEGER", required=True),
        Column("Name", max_length=50, required=True),
        Column("Price", "DOUBLE", required=True),
        Column("StockQuantity", "INTEGER", required=True),
        Column("CountryOfOrigin", max_length=50, required=True),
        Column("Description", max_length=500, required=True),
    ]
    table = Table(INVENTORY, "coffeeco", "Inventory", columns, "ProductId", "ProductId")
    fresh.instance.storage.create_table(table)
    assert run(fresh, "check_inventory").error == ""


# ── the way in ──────────────────────────────────────────────────────────────────────────────────


def test_a_port_that_refuses(fresh: Superserver, run: Run) -> None:
    fresh.stop()
    said = run(fresh, "check_inventory")
    assert (said.code, said.error) == (2, "The store can't be reached.")
    assert len([line for line in said.lines if line.startswith(("✓", "✗"))]) == 1
    remedy = said.remedy_of("server lets the shop in")
    assert f"listens at 127.0.0.1:{fresh.port}" in remedy


@pytest.mark.parametrize("part", ["pw", "USER", "shop"])
def test_a_wrong_password_namespace_or_user(fresh: Superserver, run: Run, part: str) -> None:
    url = f"wrong{part}".join(fresh.url.rsplit(part, 1))
    said = run(url, "check_inventory")
    assert said.code == 2
    assert "Access Denied" in said.line("✗ server lets the shop in")
    remedy = said.remedy_of("server lets the shop in")
    assert "User, password or namespace in INVENTORY_URL is wrong" in remedy
    assert "pw" not in said.text


def test_a_licence_whose_connections_are_all_taken(fresh: Superserver, run: Run) -> None:
    fresh.faults.limit_connections(1)
    said = run(fresh, "check_inventory")
    assert said.code == 2
    assert "Lower IRIS_CONNECTIONS" in said.remedy_of("server lets the shop in")


def test_a_server_that_is_frozen_from_the_start(
    fresh: Superserver, run: Run, settings: Settings
) -> None:
    settings.INVENTORY_TIMEOUT = 1.0
    fresh.faults.freeze()
    said = run(f"{fresh.url}?", "check_inventory")
    fresh.faults.thaw()
    assert said.code == 2
    assert "is frozen" in said.remedy_of("server lets the shop in")


@pytest.mark.parametrize("moment", ["%ExistsId", "lock", "%OpenId", "%Save"])
def test_a_server_that_freezes_in_the_middle(
    stocked: Superserver, run: Run, settings: Settings, moment: str
) -> None:
    settings.INVENTORY_TIMEOUT = 1.0
    stocked.before(moment, lambda _: stocked.faults.freeze())
    said = run(f"{stocked.url}?", "check_inventory")
    stocked.faults.thaw()
    assert said.code == 1
    assert said.line("✗ server goes on answering").endswith("no answer within 1 seconds")


@pytest.mark.parametrize(
    ("moment", "n"),
    [
        # The second connection's wait for a row that the first one holds: the longest question.
        ("%OpenId", 3),
        ("tRollback", 2),
        ("SELECT", 1),
    ],
)
@pytest.mark.slow
def test_a_frozen_server_is_told_within_ten_seconds(
    stocked: Superserver, run: Run, moment: str, n: int
) -> None:
    stocked.before(moment, lambda _: stocked.faults.freeze(), n=n)
    began = monotonic()
    said = run(stocked, "check_inventory")
    assert monotonic() - began < 10
    stocked.faults.thaw()
    assert said.code == 1
    assert said.lines[-2].startswith(("✗ server goes on answering", "✗ all of it within ten"))


def test_a_server_too_far_away_for_a_whole_check(
    stocked: Superserver, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ALL_SECONDS", 1.0)
    before = everything(stocked)
    stocked.faults.delay(0.03)
    said = run(stocked, "check_inventory")
    assert said.code == 1
    assert said.line("✓ round trip")
    assert "put the shop near its server" in said.remedy_of("all of it within ten seconds")
    assert stocked.wait_for_sessions(0)
    assert everything(stocked) == before


def test_a_password_that_travels_in_the_clear_is_told() -> None:
    address = Address.from_url("iris://shop:pw@iris.example/USER")
    assert "without TLS" in check_server.let_in(address).found
    assert "without TLS" not in check_server.let_in(replace(address, tls="coffeeco")).found
    assert "without TLS" not in check_server.let_in(replace(address, host="localhost")).found


def test_an_address_that_is_none(run: Run) -> None:
    said = run("iris://nobody", "check_inventory")
    assert said.code == 2
    assert "INVENTORY_URL" in said.error


# ── the store ───────────────────────────────────────────────────────────────────────────────────


def test_no_table(fresh: Superserver, run: Run) -> None:
    said = run(fresh, "check_inventory")
    assert said.code == 1
    assert said.line("✗ table: ") == "✗ table: there is no coffeeco.Inventory"
    assert said.remedy_of("table") == SET_UP
    assert "not tried" in said.line("✗ transactions and locks")


def test_an_id_that_is_not_the_product_id(make_server: MakeServer, run: Run) -> None:
    server = stocked_server(make_server, shape="hidden_id")
    before = everything(server)
    said = run(server, "check_inventory")
    assert said.code == 1
    assert "setup_inventory --upgrade" in said.remedy_of("ID is ProductId")
    assert everything(server) == before


def test_a_hidden_id_that_no_row_shows_is_found_by_a_row_of_the_check_s_own(
    make_server: MakeServer, run: Run, hurried: None
) -> None:
    server = make_server()
    server.create_store(shape="hidden_id")
    server.faults.fail_call(kind="SELECT %Dictionary.CompiledIndex", text="<PROTECT>")
    said = run(server, "check_inventory")
    assert said.code == 1
    assert "a new object's ID is not its ProductId" in said.line("✗ rollback of a global and a row")
    assert server.rows() == []


def test_a_missing_column(fresh: Superserver, run: Run) -> None:
    columns = [Column("ProductId", "INTEGER"), Column("Name"), Column("Price", "DOUBLE")]
    fresh.instance.storage.create_table(Table(INVENTORY, "coffeeco", "Inventory", columns))
    said = run(fresh, "check_inventory")
    found = said.line("✗ columns: ")
    assert "there is no StockQuantity" in found
    assert "there is no Description" in found
    assert "setup_inventory --upgrade" in said.remedy_of("columns")


def test_a_column_of_another_type_and_one_too_narrow(fresh: Superserver, run: Run) -> None:
    columns = [
        Column("ProductId", "INTEGER"),
        Column("Name", max_length=20),
        Column("Price", "VARCHAR", max_length=20),
        Column("StockQuantity", "INTEGER"),
        Column("CountryOfOrigin", max_length=50),
        Column("Description", max_length=500),
    ]
    fresh.instance.storage.create_table(Table(INVENTORY, "coffeeco", "Inventory", columns))
    found = run(fresh, "check_inventory").line("✗ columns: ")
    assert "Price is varchar" in found
    assert "Name holds 20 characters, not 50" in found


def test_a_table_whose_class_differs_in_case(stocked: Superserver, run: Run) -> None:
    table = stocked.instance.storage.table(INVENTORY)
    assert table is not None
    table.class_name = "coffeeco.inventory"
    said = run(stocked, "check_inventory")
    assert "its class is called coffeeco.inventory" in said.line("✗ table: ")
    assert "setup_inventory --upgrade" in said.remedy_of("table")


def test_rows_that_cannot_be_sold_are_listed(stocked: Superserver, run: Run, hurried: None) -> None:
    stocked.insert(ProductId=1007, Name="Guji", Price=None, StockQuantity=-2)
    stocked.insert(ProductId=1008, Name=None, Price=9, StockQuantity=1)
    said = run(stocked, "check_inventory")
    assert said.code == 1
    found = said.line("✗ every row can be sold: ")
    assert "1007 Guji (no price, negative stock)" in found
    assert "1008 (no name)" in found
    assert "stock desk: 1007, 1008." in said.remedy_of("every row can be sold")


def test_a_row_that_no_page_of_the_shop_can_mend_has_another_remedy(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    stocked.insert(ProductId=-5, Name="Guji", Price=-9, StockQuantity=2)
    said = run(stocked, "check_inventory")
    found = said.line("✗ every row can be sold: ")
    assert "-5 Guji (price below zero or too large, number below 1)" in found
    remedy = said.remedy_of("every row can be sold")
    assert "another, with the program that wrote them" in remedy
    assert "stock desk" not in remedy


# ── the alerts ──────────────────────────────────────────────────────────────────────────────────


def test_no_alerts_class(make_server: MakeServer, run: Run, hurried: None) -> None:
    said = run(stocked_server(make_server, alerts="none"), "check_inventory")
    assert said.code == 1
    for method in ("LowStockAlert", "OutOfStockAlert"):
        assert f"there is no {ALERTS}.{method}" in said.line(f"✗ alert {method}: ")
        assert said.remedy_of(f"alert {method}").startswith(SET_UP)


def test_one_alert_method_alone(stocked: Superserver, run: Run, hurried: None) -> None:
    del stocked.instance.methods[ALERTS]["LowStockAlert"]
    said = run(stocked, "check_inventory")
    assert said.error == "Checks that failed: alert LowStockAlert."
    remedy = said.remedy_of("alert LowStockAlert")
    assert "add LowStockAlert(id, name) to it there" in remedy
    assert "setup_inventory never touches it" in remedy


def test_an_alerts_class_that_differs_in_case(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    methods = stocked.instance.methods
    methods["coffeeco.alerts"] = methods.pop(ALERTS)
    said = run(stocked, "check_inventory")
    assert "the class is called coffeeco.alerts" in said.line("✗ alert LowStockAlert: ")
    assert "Rename it to coffeeco.Alerts" in said.remedy_of("alert LowStockAlert")


def test_where_the_catalogue_cannot_be_read_the_columns_are_selected(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    stocked.faults.fail_call(1, "SELECT INFORMATION_SCHEMA.COLUMNS", "not privileged", code=99)
    said = run(stocked, "check_inventory")
    assert said.code == 0
    assert "all there (types not known: " in said.line("✓ columns: ")


def test_where_the_dictionary_cannot_be_read_the_alerts_are_called_and_taken_back(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    stocked.instance.behaviour = frozenset()
    stocked.define_method("%Dictionary.CompiledMethod", "%ExistsId", refuse("<PROTECT>"))
    before = everything(stocked)
    said = run(stocked, "check_inventory")
    assert said.code == 0
    assert "rolled back" in said.line("✓ alert LowStockAlert: ")
    assert [call.arguments for call in stocked.alerts()] == [(0, "check_inventory")] * 2
    assert everything(stocked) == before


def test_an_alert_that_undoes_the_callers_transaction_is_told_from_one_that_minds_its_own(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    stocked.instance.behaviour = frozenset()
    stocked.define_method("%Dictionary.CompiledMethod", "%ExistsId", refuse("<PROTECT>"))
    stocked.define_method(ALERTS, "LowStockAlert", lambda session, arguments: session.rollback())
    said = run(stocked, "check_inventory")
    assert "it left $TLEVEL at 0 instead of 1" in said.line("✗ alert LowStockAlert: ")
    assert "TROLLBACK 1" in said.remedy_of("alert LowStockAlert")
    assert said.line("✓ alert OutOfStockAlert: ")


# ── rights ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "resource",
    check_rights_resources := [
        "%Native_ClassExecution",
        "%Native_Transaction",
        "%Native_Concurrency",
        "%Native_GlobalAccess",
    ],
)
def test_a_resource_that_the_account_lacks(stocked: Superserver, run: Run, resource: str) -> None:
    stocked.deny(resource)
    before = everything(stocked)
    said = run(stocked, "check_inventory")
    assert said.code == 1
    remedy = said.remedy_of(f"right {resource}")
    assert f"Give a role of shop the resource {resource} with permission Use" in remedy
    others = [name for name in check_rights_resources if name != resource]
    assert all(said.line(f"✓ right {name}: ") for name in others)
    assert "not tried" in said.line("✗ transactions and locks")
    assert everything(stocked) == before


@pytest.mark.parametrize("verb", ["INSERT", "UPDATE", "DELETE"])
def test_a_sql_privilege_that_the_account_lacks(stocked: Superserver, run: Run, verb: str) -> None:
    stocked.deny(f"{verb} {INVENTORY}")
    said = run(stocked, "check_inventory")
    assert said.code == 1
    wanted = f"As an administrator, in SQL: GRANT {verb} ON {INVENTORY} TO shop"
    assert said.remedy_of(f"right {verb}") == wanted


def test_an_account_that_may_not_even_read(stocked: Superserver, run: Run) -> None:
    stocked.deny(f"SELECT {INVENTORY}")
    said = run(stocked, "check_inventory")
    assert said.code == 1
    assert f"GRANT SELECT ON {INVENTORY}" in said.remedy_of("table")
    assert f"GRANT SELECT ON {INVENTORY}" in said.remedy_of("right SELECT")
    assert said.line("✓ right UPDATE: ")


# ── what the server does ────────────────────────────────────────────────────────────────────────


def test_a_rollback_that_does_not_roll_back(
    stocked: Superserver, run: Run, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "rollback", Session.commit)
    before = stocked.rows()
    said = run(stocked, "check_inventory")
    found = said.line("✗ rollback of a global and a row: ")
    assert "the global and the row stayed after tRollback" in found
    assert "must not sell from this server" in said.remedy_of("rollback of a global and a row")
    assert stocked.rows() == before
    assert "coffeeco.Check" not in stocked.globals()


def test_an_insert_that_a_rollback_leaves(stocked: Superserver, run: Run, hurried: None) -> None:
    # The first INSERT tries the right to; after the second the server commits by itself.
    stocked.after("INSERT", lambda session: session.commit(), n=2)
    said = run(stocked, "check_inventory")
    assert "stayed after tRollback" in said.line("✗ SQL in a transaction: ")


def test_a_server_that_looks_for_a_row_before_it_waits_for_its_lock(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    def look_first(session: Session, arguments: list[Any]) -> Any:
        storage = session.instance.storage
        table = storage.table(INVENTORY)
        assert table is not None
        wanted = object_id(arguments[0])
        assert wanted is not None
        if storage.row(table, wanted) is None:
            if len(arguments) > 2:
                arguments[2].value = load_not_found(INVENTORY, wanted)
            return None
        return open_id(session, table, arguments)

    stocked.define_method(INVENTORY, "%OpenId", look_first)
    said = run(stocked, "check_inventory")
    assert "answers #5809 before the deletion is committed" in said.line("✗ row that is being ")


def test_locks_that_keep_nobody_out(
    stocked: Superserver, run: Run, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "acquire", lambda *_, **__: True)
    said = run(stocked, "check_inventory")
    assert "a second connection got the same" in said.line("✗ lock on a name: ")
    assert "opened the same object at level 4" in said.line("✗ exclusive object lock: ")


@pytest.mark.slow
def test_a_lock_timeout_that_is_not_honoured(stocked: Superserver, run: Run) -> None:
    def forget(session: Session) -> None:
        session.lock_timeout = 3.5

    # The fifth is the one that waits for the row: the proofs before it open four times.
    stocked.before("%OpenId", forget, n=5)
    said = run(stocked, "check_inventory")
    assert "for SET OPTION LOCK_TIMEOUT = 1" in said.line("✗ lock timeout: ")


@pytest.mark.slow
def test_a_lock_timeout_that_is_the_server_s_own_is_not_waited_for(
    stocked: Superserver, run: Run
) -> None:
    def forget(session: Session) -> None:
        session.lock_timeout = 10

    before = everything(stocked)
    stocked.before("%OpenId", forget, n=5)
    said = run(stocked, "check_inventory")
    found = said.line("✗ exclusive object lock: ")
    assert "longer than 4 s for it, in spite of SET OPTION LOCK_TIMEOUT = 1" in found
    assert said.error.endswith("exclusive object lock.")
    assert stocked.wait_for_sessions(0)
    assert everything(stocked) == before


def test_a_clock_that_is_wrong(
    stocked: Superserver, run: Run, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_server, "CLOCKS_MAY_DIFFER", check_server.CLOCKS_MAY_DIFFER * -1)
    said = run(stocked, "check_inventory")
    assert "NTP" in said.remedy_of("clocks agree")


def test_a_server_that_is_too_old(make_server: MakeServer, run: Run, hurried: None) -> None:
    server = stocked_server(lambda: make_server(version="2020.1"))
    said = run(server, "check_inventory")
    assert "2021.1 or later" in said.remedy_of("server version")


# ── traces ──────────────────────────────────────────────────────────────────────────────────────


def test_a_product_with_the_check_s_number_is_left_alone(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    stocked.insert(**(SIDAMO | {"ProductId": CHECK_ID}))
    before = everything(stocked)
    said = run(stocked, "check_inventory")
    assert said.code == 1
    assert f"product {CHECK_ID} is not the check's own" in said.line("✗ transactions and locks")
    assert everything(stocked) == before


def test_what_a_killed_check_left_is_removed_by_the_next(
    stocked: Superserver, run: Run, hurried: None
) -> None:
    before = everything(stocked)
    stocked.insert(ProductId=CHECK_ID, Name="check_inventory was here")
    run(stocked, "check_inventory")
    assert everything(stocked) == before


def test_two_checks_at_once_do_not_meet(stocked: Superserver, run: Run, hurried: None) -> None:
    with stocked.session() as other:
        other.lock(RUNNING, timeout=0)
        said = run(stocked, "check_inventory")
    assert "another check_inventory" in said.line("✗ transactions and locks: ")


@pytest.mark.parametrize("way", ["an error", "a broken link"])
@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_is_left_behind_wherever_it_fails(
    make_server: MakeServer,
    run: Run,
    hurried: None,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    step: int,
) -> None:
    # What is left when the time is over is said and removed by the next check; a busy machine must
    # not make this test one of that.
    monkeypatch.setattr(check, "ALL_SECONDS", 60.0)
    monkeypatch.setattr(check, "TIDY_SECONDS", 60.0)
    monkeypatch.setattr(proofs, "NOTICED_SECONDS", 30)
    server = stocked_server(make_server)
    with server.count() as sent:
        run(server, "check_inventory")
    before = everything(server)
    for place in range(1, sent.total + 1, step):
        if way == "an error":
            server.faults.fail_call(n=place)
        else:
            server.faults.die_at(None, n=place)
        run(server, "check_inventory")
        server.faults.clear()
        assert server.wait_for_sessions(0)
        assert everything(server) == before, f"{way} at message {place}"
