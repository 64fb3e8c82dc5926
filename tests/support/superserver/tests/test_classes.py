"""Class methods, statuses, arguments by reference, alerts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import iris
import pytest

from tests.support.superserver import AlertCall, ByRef, Superserver

from .conftest import MakeServer


def echo(session: Any, arguments: list[Any]) -> Any:
    """A class method that returns its argument."""
    return arguments[0]


@pytest.mark.parametrize(
    "value", [1, -5, 2**40, 1.5, Decimal("9.99"), "text", "pä$$Ω", "x" * 70_000]
)
def test_arguments_and_results_keep_their_types(server: Superserver, db: Any, value: Any) -> None:
    server.define_method("test.Echo", "Echo", echo)
    found = db.classMethodValue("test.Echo", "Echo", value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", [None, "", b""])
def test_nothing_is_nothing_however_it_is_written(server: Superserver, db: Any, value: Any) -> None:
    server.define_method("test.Echo", "Echo", echo)
    assert db.classMethodValue("test.Echo", "Echo", value) is None


def test_results_can_be_asked_for_as_a_type(server: Superserver, db: Any) -> None:
    server.define_method("test.Echo", "Echo", echo)
    assert db.classMethodInteger("test.Echo", "Echo", "42") == 42
    assert db.classMethodString("test.Echo", "Echo", 42) == "42"
    assert db.classMethodBoolean("test.Echo", "Echo", 1) is True
    assert db.classMethodFloat("test.Echo", "Echo", 2.5) == 2.5
    assert db.classMethodDecimal("test.Echo", "Echo", Decimal("2.5")) == Decimal("2.5")
    assert db.classMethodBytes("test.Echo", "Echo", b"ab\xff") == b"ab\xff"


def test_arguments_by_reference_come_back_changed(server: Superserver, db: Any) -> None:
    def swap(session: Any, arguments: list[ByRef]) -> str:
        arguments[0].value, arguments[1].value = arguments[1].value, arguments[0].value
        return "swapped"

    server.define_method("test.Swap", "Swap", swap)
    left, right = iris.IRISReference("left"), iris.IRISReference(7)
    assert db.classMethodValue("test.Swap", "Swap", left, right) == "swapped"
    assert (left.getValue(), right.getValue()) == (7, "left")


def test_arguments_by_reference_come_back_without_a_result_too(
    server: Superserver, db: Any
) -> None:
    def add_one(session: Any, arguments: list[ByRef]) -> None:
        arguments[0].value += 1

    server.define_method("test.Add", "One", add_one)
    number = iris.IRISReference(5)
    db.classMethodVoid("test.Add", "One", number)
    assert number.getValue() == 6


def test_an_object_of_the_clients_becomes_a_reference(server: Superserver, db: Any) -> None:
    server.define_method("test.Any", "Take", lambda session, arguments: str(arguments[0]))
    with server.count() as counted:
        assert db.classMethodString("test.Any", "Take", {"a": 1})
    assert counted.by_kind == {"Y9": 1, "Take": 1}


@pytest.mark.parametrize("name", ["coffeeco.Nothing", "coffeeco.inventory", "coffeeco.alerts"])
def test_unknown_classes_are_named_with_their_case(db: Any, name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"<CLASS DOES NOT EXIST> \*{name}"):
        db.classMethodValue(name, "LowStockAlert", 1, "x")


@pytest.mark.parametrize("name", ["lowstockalert", "Nothing"])
def test_unknown_methods_are_named_with_their_case(db: Any, name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"<METHOD DOES NOT EXIST> \*{name}"):
        db.classMethodValue("coffeeco.Alerts", name, 1, "x")


def test_a_connection_is_in_order_after_an_error(db: Any) -> None:
    with pytest.raises(RuntimeError):
        db.classMethodVoid("coffeeco.Nothing", "Nothing")
    assert db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1001) == 1


@pytest.mark.parametrize("call", ["function", "procedure"])
def test_routines_are_not_there(db: Any, call: str) -> None:
    with pytest.raises(RuntimeError, match="<NOROUTINE>"):
        getattr(db, call)("entry", "routine", 1)


def test_statuses_are_put_into_words_by_the_server(db: Any) -> None:
    status = db.classMethodValue("coffeeco.Inventory", "%DeleteId", 9)
    assert status.startswith("0 ")
    text = db.classMethodString("%SYSTEM.Status", "GetErrorText", status)
    assert text.startswith("ERROR #5810:")
    assert "'9'" in text
    assert db.classMethodValue("%SYSTEM.Status", "IsError", status) == 1
    assert db.classMethodValue("%SYSTEM.Status", "IsOK", status) == 0
    assert db.classMethodString("%SYSTEM.Status", "GetErrorCodes", status) == "5810"
    assert db.classMethodValue("%SYSTEM.Status", "GetErrorText", 1) is None
    assert db.classMethodValue("%SYSTEM.Status", "IsOK", 1) == 1


def test_own_alerts_answer_in_words_and_store_a_row(server: Superserver, db: Any) -> None:
    said = db.classMethodString("coffeeco.Alerts", "LowStockAlert", 1001, "Yirgacheffe")
    assert said == "Low stock: Yirgacheffe (1001)"
    db.classMethodVoid("coffeeco.Alerts", "OutOfStockAlert", 1001, "Yirgacheffe")
    assert server.alerts() == [
        AlertCall("LowStockAlert", (1001, "Yirgacheffe")),
        AlertCall("OutOfStockAlert", (1001, "Yirgacheffe")),
    ]
    assert [row["Kind"] for row in server.rows("coffeeco.AlertLog")] == ["low", "out"]


def test_alert_rows_are_taken_back_with_the_sale(server: Superserver, db: Any) -> None:
    db.tStart()
    db.classMethodVoid("coffeeco.Alerts", "LowStockAlert", 1001, "Yirgacheffe")
    db.tRollback()
    assert server.rows("coffeeco.AlertLog") == []
    assert len(server.alerts()) == 1


def test_alerts_come_in_every_shape(make_server: MakeServer, connect_to: Any) -> None:
    def alert(kind: str) -> Any:
        server = make_server()
        server.create_store(alerts=kind)
        db = iris.createIRIS(connect_to(server))
        return db.classMethodValue("coffeeco.Alerts", "LowStockAlert", 1, "x")

    assert alert("tutorial") is None
    with pytest.raises(RuntimeError, match="<DIVIDE>"):
        alert("failing")
    with pytest.raises(RuntimeError, match="<CLASS DOES NOT EXIST>"):
        alert("none")
