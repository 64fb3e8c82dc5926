"""The superserver as a program: its options, and what survives a kill."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import iris
import pytest

from tests.support.superserver import Superserver, SuperserverProcess
from tests.support.superserver.process import ROOT

from .conftest import PASSWORD, USER, YIRGA, Connect, MakeServer

ACCOUNT = ("--user", USER, "--password", PASSWORD, "--namespace", "USER")


def test_it_is_served_by_hand_frozen_and_thawed(connect_to: Connect) -> None:
    with SuperserverProcess(*ACCOUNT, "--store", "product_id_is_id") as process:
        assert process.url == f"iris://shop:secret@127.0.0.1:{process.port}/USER"
        db = iris.createIRIS(connect_to(process))
        db.set("v", "^node")
        process.freeze()
        with pytest.raises(RuntimeError, match="timed out"):
            connect_to(process, timeout=1)
        process.thaw()
        assert db.get("^node") == "v"


def test_the_process_stops_itself_before_it_serves_a_message(connect_to: Connect) -> None:
    with SuperserverProcess(*ACCOUNT, "--stop", "2:set") as process, ThreadPoolExecutor(1) as pool:
        db = iris.createIRIS(connect_to(process))
        db.set("first", "^node")
        second = pool.submit(db.set, "second", "^node")
        process.wait_until_stopped()
        assert not second.done()
        process.thaw()
        second.result(timeout=10)
        assert db.get("^node") == "second"


def test_committed_data_survives_a_kill_and_nothing_else(
    tmp_path: Path, connect_to: Connect
) -> None:
    options = (*ACCOUNT, "--store", "product_id_is_id", "--data", str(tmp_path / "data"))
    with SuperserverProcess(*options) as process:
        connection = connect_to(process, autoCommit=True)
        db, cursor = iris.createIRIS(connection), connection.cursor()
        db.tStart()
        cursor.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1001, 'x')")
        db.set(Decimal("9.99"), "^node", "a", 1)
        db.tStart()
        db.set("kept", "^node", "b")
        db.tCommit()
        db.tCommit()
        db.tStart()
        cursor.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1002, 'y')")
        cursor.execute("UPDATE coffeeco.Inventory SET Name = 'z' WHERE ProductId = 1001")
        db.kill("^node", "a")
        assert db.increment(1, "^count") == 1
        process.kill()
        process.start()
        connection = connect_to(process)
        db, cursor = iris.createIRIS(connection), connection.cursor()
        cursor.execute("SELECT ProductId, Name FROM coffeeco.Inventory")
        assert cursor.fetchall() == ((1001, "x"),)
        assert db.get("^node", "a", 1) == Decimal("9.99")
        assert db.get("^node", "b") == "kept"
        assert db.get("^count") == 1


@pytest.mark.parametrize(("when", "survives"), [("before", False), ("after", True)])
def test_the_process_can_die_in_the_commit(
    tmp_path: Path, connect_to: Connect, when: str, survives: bool
) -> None:
    data = ("--data", str(tmp_path / "data"))
    with SuperserverProcess(*ACCOUNT, *data, "--die-at", f"tCommit:{when}:process") as process:
        db = iris.createIRIS(connect_to(process))
        db.tStart()
        db.set("v", "^node")
        with pytest.raises(RuntimeError, match=r"^<COMMUNICATION"):
            db.tCommit()
        assert process.wait() == 1
    with Superserver(user=USER, password=PASSWORD, data=tmp_path / "data") as server:
        assert bool(server.globals()) is survives


def test_a_file_keeps_tables_and_compiled_classes(
    tmp_path: Path, make_server: MakeServer, connect_to: Connect
) -> None:
    path = tmp_path / "data"
    with Superserver(user=USER, password=PASSWORD, data=path) as server:
        server.create_store(price="NUMERIC", minval=True)
        server.insert(**YIRGA)
        connection = connect_to(server, autoCommit=True)
        cursor, db = connection.cursor(), iris.createIRIS(connection)
        cursor.execute("CREATE TABLE coffeeco.Other (A INTEGER)")
        cursor.execute("CREATE TABLE coffeeco.Gone (A INTEGER)")
        cursor.execute("INSERT INTO coffeeco.Gone (A) VALUES (1)")
        cursor.execute("DROP TABLE coffeeco.Gone")
        stream = db.classMethodObject("%Stream.GlobalCharacter", "%New")
        stream.invoke("Write", "Class a.B Extends %RegisteredObject {\nClassMethod M() { Quit }\n}")
        assert db.classMethodValue("%SYSTEM.OBJ", "LoadStream", stream, "ck") == 1
        tables = {
            name: table.definition() for name, table in server.instance.storage.tables.items()
        }
    with Superserver(user=USER, password=PASSWORD, data=path) as again:
        assert again.rows() == [YIRGA | {"Price": Decimal("9.99")}]
        assert {
            name: table.definition() for name, table in again.instance.storage.tables.items()
        } == tables
        column = again.instance.storage.tables["coffeeco.inventory"].column("StockQuantity")
        assert column is not None
        assert column.minimum == 0
        assert "M" in again.instance.methods["a.B"]


def test_faults_are_switched_on_by_options(connect_to: Connect) -> None:
    options = ("--fail", "1:get:<DISKHARD>", "--delay", "0.01:set", "--drop", "2:get")
    with SuperserverProcess(*ACCOUNT, *options, "--limit-connections", "1") as process:
        db = iris.createIRIS(connect_to(process))
        with pytest.raises(RuntimeError, match="LICENSE"):
            connect_to(process)
        with pytest.raises(RuntimeError, match="<DISKHARD>"):
            db.get("^node")
        db.set("v", "^node")
        with pytest.raises(RuntimeError, match=r"^<COMMUNICATION"):
            db.get("^node")


def test_a_refused_login_is_an_option(connect_to: Connect) -> None:
    options = ("--refuse-login", "Password change required", "--deny", "%Native_GlobalAccess")
    with (
        SuperserverProcess(*ACCOUNT, *options) as process,
        pytest.raises(RuntimeError, match="Password change required"),
    ):
        connect_to(process)


def test_the_trace_is_printed(connect_to: Connect) -> None:
    with SuperserverProcess(*ACCOUNT, "--trace") as process:
        connect_to(process)
        assert "HS" in process.output_line()


def test_the_help_names_every_fault() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.superserver", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--freeze", "--drop", "--delay", "--fail", "--die-at", "--refuse-login"):
        assert option in done.stdout
