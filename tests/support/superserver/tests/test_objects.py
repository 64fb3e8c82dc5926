"""Persistent objects: opening, properties, saving, deleting, and how they go stale."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver, Traps

from .conftest import YIRGA, Connect, MakeServer

INVENTORY = "coffeeco.Inventory"


def open_product(db: Any, product_id: Any = 1001, concurrency: int = -1) -> Any:
    return db.classMethodObject(INVENTORY, "%OpenId", product_id, concurrency)


def open_with_status(db: Any, product_id: Any, concurrency: int) -> tuple[Any, str]:
    status = iris.IRISReference(1)
    found = db.classMethodObject(INVENTORY, "%OpenId", product_id, concurrency, status)
    words = db.classMethodString("%SYSTEM.Status", "GetErrorText", status.getValue())
    return found, words


def elsewhere(server: Superserver, quantity: int) -> None:
    """Let another program change the stock."""
    with server.session() as other:
        other.execute(
            "UPDATE coffeeco.Inventory SET StockQuantity = ? WHERE ProductId = 1001", quantity
        )


# --- reading and writing ---


def test_an_object_has_the_rows_values(db: Any) -> None:
    found = open_product(db)
    assert {name: found.get(name) for name in YIRGA} == YIRGA
    assert found.invoke("%Id") == "1001"
    assert found.invoke("%ClassName", 1) == INVENTORY


@pytest.mark.parametrize("product_id", ["1001", 1001])
def test_ids_may_be_text(db: Any, product_id: Any) -> None:
    assert open_product(db, product_id).get("Name") == "Yirgacheffe"


@pytest.mark.parametrize("product_id", [7, "Yirgacheffe", "", None])
def test_missing_rows_open_as_none_with_a_status(db: Any, product_id: Any) -> None:
    found, words = open_with_status(db, product_id, 0)
    assert found is None
    assert words.startswith("ERROR #5809:")


def test_every_access_is_one_message(server: Superserver, db: Any) -> None:
    with server.count() as counted:
        found = open_product(db)
        found.get("Name")
        found.get("Name")
        found.set("StockQuantity", 4)
        found.invokeVoid("%Save")
    assert counted.by_kind == {"%OpenId": 1, "getProperty": 2, "setProperty": 1, "%Save": 1}


def test_saving_writes_the_row(server: Superserver, db: Any) -> None:
    found = open_product(db)
    found.set("StockQuantity", 4)
    assert server.rows()[0]["StockQuantity"] == 5
    assert found.invoke("%Save") == 1
    assert server.rows()[0]["StockQuantity"] == 4


def test_saving_writes_stale_values_over_newer_ones(server: Superserver, db: Any) -> None:
    found = open_product(db)
    elsewhere(server, 77)
    found.set("Name", "Renamed")
    assert found.invoke("%Save") == 1
    assert server.rows()[0]["StockQuantity"] == 5


def test_a_new_object_is_inserted_under_its_key(server: Superserver, db: Any) -> None:
    made = db.classMethodObject(INVENTORY, "%New")
    made.set("ProductId", 1002)
    made.set("Name", "Sidamo")
    assert made.invoke("%Save") == 1
    assert made.invoke("%Id") == "1002"
    assert [row["Name"] for row in server.rows()] == ["Yirgacheffe", "Sidamo"]


def test_a_key_that_is_taken_is_a_bad_status(db: Any) -> None:
    made = db.classMethodObject(INVENTORY, "%New")
    made.set("ProductId", 1001)
    assert made.invoke("%Save").startswith("0 ")


def test_the_key_of_a_saved_object_cannot_change(db: Any) -> None:
    found = open_product(db)
    found.set("ProductId", 1002)
    assert found.invoke("%Save").startswith("0 ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ProductId", None), ("Name", "x" * 51), ("StockQuantity", "many"), ("Price", "dear")],
)
def test_values_that_the_class_forbids_are_a_bad_status(db: Any, name: str, value: Any) -> None:
    found = open_product(db)
    found.set(name, value)
    status = found.invoke("%Save")
    assert "ERROR #5802" in db.classMethodString("%SYSTEM.Status", "GetErrorText", status)


def test_negative_stock_is_for_the_class_to_refuse(
    make_server: MakeServer, connect_to: Connect
) -> None:
    for minval, good in ((True, False), (False, True)):
        server = make_server()
        server.create_store(minval=minval)
        server.insert(**YIRGA)
        found = open_product(iris.createIRIS(connect_to(server)))
        found.set("StockQuantity", -1)
        assert (found.invoke("%Save") == 1) is good


def test_unknown_properties_and_methods_raise(db: Any) -> None:
    found = open_product(db)
    with pytest.raises(RuntimeError, match="<PROPERTY DOES NOT EXIST>"):
        found.get("stockquantity")
    with pytest.raises(RuntimeError, match="<PROPERTY DOES NOT EXIST>"):
        found.set("Nothing", 1)
    with pytest.raises(RuntimeError, match="<METHOD DOES NOT EXIST>"):
        found.invoke("%save")


def test_deleting_removes_the_row_once(server: Superserver, db: Any) -> None:
    assert db.classMethodValue(INVENTORY, "%ExistsId", 1001) == 1
    assert db.classMethodValue(INVENTORY, "%DeleteId", 1001) == 1
    assert server.rows() == []
    assert db.classMethodValue(INVENTORY, "%ExistsId", 1001) == 0
    assert db.classMethodValue(INVENTORY, "%DeleteId", 1001).startswith("0 ")
    assert db.classMethodValue(INVENTORY, "%DeleteId", "x").startswith("0 ")


def test_nulls_are_none_and_sqls_empty_text_is_the_character_zero(
    server: Superserver, db: Any
) -> None:
    server.insert(ProductId=1002, Name="", Price=None)
    found = open_product(db, 1002)
    assert found.get("Price") in (None, "")
    assert found.get("Name") == "\0"
    found.set("Description", "")
    assert found.invoke("%Save") == 1
    assert server.rows()[1]["Description"] is None
    assert server.rows()[1]["Name"] == ""


@pytest.mark.parametrize(
    ("kind", "price", "expected"),
    [
        ("DOUBLE", 16.0, 16.0),
        ("NUMERIC", "16.00", 16),
        ("NUMERIC", "9.90", Decimal("9.9")),
        ("NUMERIC", "9.995", Decimal(10)),
    ],
)
def test_prices_arrive_as_their_column_type_has_them(
    make_server: MakeServer, connect_to: Connect, kind: str, price: Any, expected: Any
) -> None:
    server = make_server()
    server.create_store(price=kind)
    server.insert(ProductId=1, Name="x", Price=price)
    found = open_product(iris.createIRIS(connect_to(server)), 1).get("Price")
    assert found == expected
    assert isinstance(found, type(expected) if kind == "DOUBLE" else int | Decimal)


def test_with_a_hidden_id_product_ids_open_nothing(
    make_server: MakeServer, connect_to: Connect
) -> None:
    server = make_server()
    server.create_store("hidden_id")
    assert server.insert(**YIRGA) == 1
    db = iris.createIRIS(connect_to(server))
    assert open_product(db, 1001) is None
    assert open_product(db, 1).get("ProductId") == 1001


def test_without_a_store_there_is_no_class(make_server: MakeServer, connect_to: Connect) -> None:
    server = make_server()
    server.create_store("none", alerts="none")
    with pytest.raises(RuntimeError, match="<CLASS DOES NOT EXIST>"):
        open_product(iris.createIRIS(connect_to(server)))


# --- one process, one object ---


def test_opening_again_returns_the_same_object_unread(server: Superserver, db: Any) -> None:
    first = open_product(db)
    elsewhere(server, 77)
    again = open_product(db)
    assert again.getOREF() == first.getOREF()
    assert again.get("StockQuantity") == 5


def test_reload_reads_anew(server: Superserver, db: Any) -> None:
    found = open_product(db)
    elsewhere(server, 77)
    assert found.invoke("%Reload") == 1
    assert found.get("StockQuantity") == 77


def test_reload_of_a_deleted_row_is_a_bad_status(server: Superserver, db: Any) -> None:
    found = open_product(db)
    with server.session() as other:
        other.execute("DELETE FROM coffeeco.Inventory WHERE ProductId = 1001")
    assert found.invoke("%Reload").startswith("0 ")


def test_rising_to_level_four_reads_anew_and_locks(server: Superserver, db: Any) -> None:
    open_product(db)
    elsewhere(server, 77)
    assert open_product(db, concurrency=4).get("StockQuantity") == 77
    assert [lock.name for lock in server.locks()] == [("coffeeco.InventoryD", "1001")]


def test_a_dropped_object_is_still_open_on_the_server(server: Superserver, db: Any) -> None:
    found = open_product(db)
    found.close()
    elsewhere(server, 77)
    assert open_product(db).get("StockQuantity") == 5


def test_a_fresh_connection_reads_anew(server: Superserver, db: Any, connect: Connect) -> None:
    open_product(db)
    elsewhere(server, 77)
    assert open_product(iris.createIRIS(connect())).get("StockQuantity") == 77


def test_a_hundred_dropped_objects_are_released_in_one_message(
    server: Superserver, db: Any
) -> None:
    for number in range(2000, 2101):
        server.insert(ProductId=number, Name="x")
        open_product(db, number).close()
    (session,) = server.sessions()
    with server.count() as counted:
        db.getTLevel()
    kinds = server.messages.by_kind
    assert kinds["%ReleaseObjects"] == 1
    assert counted.total - counted.by_kind["%ReleaseObjects"] == 1
    assert len(session.objects) < 10


def test_references_are_counted_so_that_an_object_in_use_stays(
    server: Superserver, db: Any
) -> None:
    kept = open_product(db)
    for number in range(2000, 2120):
        server.insert(ProductId=number, Name="x")
        open_product(db, number).close()
        open_product(db).close()
    assert server.messages.by_kind["%ReleaseObjects"] >= 1
    del kept


def test_a_reference_that_was_released_is_invalid(server: Superserver, db: Any) -> None:
    found = open_product(db)
    db.classMethodVoid("%Net.Remote.Gateway", "%ReleaseObjects", f",{found.getOREF()}")
    with pytest.raises(RuntimeError, match="<INVALID OREF>"):
        found.get("Name")


def test_saving_what_was_deleted_meanwhile_brings_it_back(server: Superserver, db: Any) -> None:
    found = open_product(db)
    with server.session() as other:
        other.execute("DELETE FROM coffeeco.Inventory WHERE ProductId = 1001")
    assert found.invoke("%Save") == 1
    assert len(server.rows()) == 1


def test_each_trap_can_be_switched_off(make_server: MakeServer, connect_to: Connect) -> None:
    server = make_server(
        traps=Traps(
            stale_objects=False,
            save_resurrects=False,
            narrowed_numbers=False,
            null_text_in_objects=False,
        )
    )
    server.create_store(price="NUMERIC")
    server.insert(**YIRGA | {"Price": 16, "Description": ""})
    db = iris.createIRIS(connect_to(server))
    found = open_product(db)
    elsewhere(server, 77)
    assert open_product(db).get("StockQuantity") == 77
    assert str(found.get("Price")) == "16.00"
    assert found.get("Description") in (None, "")
    with server.session() as other:
        other.execute("DELETE FROM coffeeco.Inventory WHERE ProductId = 1001")
    assert found.invoke("%Save").startswith("0 ")


# --- level 4 ---


def test_level_four_excludes_others_until_the_connection_ends(
    server: Superserver, db: Any, connection: Any, connect: Connect
) -> None:
    open_product(db, concurrency=4)
    with server.session() as other:
        other.lock_timeout = 0
        assert other.open(1001, 4) is None
        connection.close()
        assert server.wait_for_sessions(0)
        assert other.open(1001, 4) is not None


def test_a_lock_that_is_not_obtained_is_told_by_the_status(server: Superserver, db: Any) -> None:
    with server.session() as other:
        other.lock("^coffeeco.InventoryD", 1001)
        server.sessions()[0].lock_timeout = 0
        found, words = open_with_status(db, 1001, 4)
        assert found is None
        assert words.startswith("ERROR #5803:")
        found, words = open_with_status(db, 1001, 3)
        assert found is None
        assert words.startswith("ERROR #5804:")


def test_saving_does_not_release_the_lock(server: Superserver, db: Any) -> None:
    found = open_product(db, concurrency=4)
    assert found.invoke("%Save") == 1
    assert len(server.locks()) == 1


def test_downgrading_releases_the_lock(server: Superserver, db: Any) -> None:
    found = open_product(db, concurrency=4)
    assert found.invoke("%DowngradeConcurrency", 0) == 1
    assert server.locks() == []
    elsewhere(server, 77)
    assert open_product(db, concurrency=4).get("StockQuantity") == 77


def test_level_two_locks_only_while_loading(server: Superserver, db: Any) -> None:
    assert open_product(db, concurrency=2) is not None
    assert server.locks() == []


def test_level_three_is_shared_and_kept(server: Superserver, db: Any) -> None:
    open_product(db, concurrency=3)
    with server.session() as other:
        other.lock_timeout = 0
        assert other.open(1001, 3) is not None
        other.objects.clear()
        assert other.open(1001, 4) is None


def test_after_release_all_locks_the_next_open_neither_reads_nor_locks(
    server: Superserver, db: Any
) -> None:
    open_product(db, concurrency=4)
    db.releaseAllLocks()
    elsewhere(server, 77)
    assert open_product(db, concurrency=4).get("StockQuantity") == 5
    assert server.locks() == []


def test_the_phantom_lock_can_be_switched_off(make_server: MakeServer, connect_to: Connect) -> None:
    server = make_server(traps=Traps(phantom_locks=False))
    server.create_store()
    server.insert(**YIRGA)
    db = iris.createIRIS(connect_to(server))
    open_product(db, concurrency=4)
    db.releaseAllLocks()
    elsewhere(server, 77)
    assert open_product(db, concurrency=4).get("StockQuantity") == 77


def test_a_save_waits_for_the_lock_of_another(server: Superserver, db: Any) -> None:
    found = open_product(db)
    with server.session() as other:
        other.lock("^coffeeco.InventoryD", 1001)
        server.sessions()[0].lock_timeout = 0
        status = found.invoke("%Save")
    assert "5803" in db.classMethodString("%SYSTEM.Status", "GetErrorText", status)


@pytest.mark.parametrize("outlives", [True, False])
def test_a_commit_may_or_may_not_end_the_lock_of_an_open_object(
    make_server: MakeServer, connect_to: Connect, outlives: bool
) -> None:
    server = make_server(traps=Traps(object_locks_outlive_commit=outlives))
    server.create_store()
    server.insert(**YIRGA)
    db = iris.createIRIS(connect_to(server))
    db.tStart()
    found = open_product(db, concurrency=4)
    db.tCommit()
    assert bool(server.locks()) is outlives
    assert found.invoke("%DowngradeConcurrency", 0) == 1
    assert server.locks() == []
