"""Class texts: loaded through a stream, compiled, used."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.superserver import Superserver
from tests.support.superserver.class_text import ClassTextError, read_class

from .conftest import MakeServer

INVENTORY = """
/// The coffee on sale { not a brace }.
Class coffeeco.Inventory Extends (%Persistent, %Populate) [ SqlTableName = Inventory ]
{

Property ProductId As %Integer [ Required ];

Property Name As %String(MAXLEN = 50) [ Required ];

Property Price As %Library.Numeric(SCALE = 2);

Property StockQuantity As %Integer(MINVAL = 0);

/* Property Old As %String; */
Property Description As %String(MAXLEN = "");

Property Code As %String;

Index ProductIdIndex On ProductId [ IdKey, PrimaryKey, Unique ];

Index CodeIndex On Code [ Unique ];

Index NameIndex On Name;

}
"""

ALERTS = """Class coffeeco.Alerts Extends %RegisteredObject
{
ClassMethod LowStockAlert(id As %Integer, name As %String) As %String
{
    Quit "low"
}
ClassMethod OutOfStockAlert(id As %Integer, name As %String) As %String { Quit "out" }
ClassMethod Other() { Quit }
}
"""


@pytest.fixture
def server(make_server: MakeServer) -> Superserver:
    """Return a server without a store."""
    return make_server()


def load(db: Any, text: str, flags: str = "-d") -> Any:
    """Send a class text in pieces, as an installer does; return the status."""
    stream = db.classMethodObject("%Stream.GlobalCharacter", "%New")
    for start in range(0, len(text), 100):
        assert stream.invoke("Write", text[start : start + 100]) == 1
    assert stream.get("Size") == len(text)
    assert stream.invoke("Rewind") == 1
    return db.classMethodValue("%SYSTEM.OBJ", "LoadStream", stream, flags)


def words(db: Any, status: Any) -> str:
    """Return a status in words."""
    return str(db.classMethodString("%SYSTEM.Status", "GetErrorText", status))


def test_a_stream_is_read_back(db: Any) -> None:
    stream = db.classMethodObject("%Stream.GlobalCharacter", "%New")
    stream.invoke("Write", "one")
    stream.invoke("WriteLine", "two")
    assert stream.invoke("Read", 4) == "onet"
    assert stream.get("AtEnd") == 0
    assert stream.invoke("Read") == "wo\r\n"
    assert stream.get("AtEnd") == 1
    stream.invoke("Rewind")
    assert stream.invoke("Read") == "onetwo\r\n"
    assert stream.invoke("Clear") == 1
    assert stream.get("Size") == 0


def test_compiled_classes_can_be_used(server: Superserver, db: Any, cursor: Any) -> None:
    assert load(db, INVENTORY) == 1
    assert load(db, ALERTS) == 1
    with pytest.raises(RuntimeError, match="<CLASS DOES NOT EXIST>"):
        db.classMethodValue("coffeeco.Alerts", "LowStockAlert", 1, "x")
    status = db.classMethodValue(
        "%SYSTEM.OBJ", "CompileList", "coffeeco.Inventory.cls,coffeeco.Alerts.cls", "ck-d"
    )
    assert status == 1
    made = db.classMethodObject("coffeeco.Inventory", "%New")
    made.set("ProductId", 1001)
    made.set("Name", "x")
    made.set("Price", Decimal("9.999"))
    made.set("StockQuantity", -1)
    assert "MINVAL" in words(db, made.invoke("%Save"))
    made.set("StockQuantity", 0)
    assert made.invoke("%Save") == 1
    cursor.execute("SELECT ProductId, Price, StockQuantity FROM coffeeco.Inventory")
    assert cursor.fetchall() == ((1001, 10, 0),)
    said = db.classMethodString("coffeeco.Alerts", "LowStockAlert", 1001, "x")
    assert said.startswith("Low stock: x (1001) [not stored:")
    with pytest.raises(RuntimeError, match="<UNIMPLEMENTED>"):
        db.classMethodVoid("coffeeco.Alerts", "Other")


def test_loading_can_compile_at_once(server: Superserver, db: Any) -> None:
    assert load(db, INVENTORY, "ck-d") == 1
    assert server.instance.storage.table("coffeeco.Inventory") is not None


def test_compiling_again_keeps_the_rows_and_adds_columns(server: Superserver, db: Any) -> None:
    load(db, INVENTORY, "ck-d")
    with server.session() as other:
        other.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1, 'x')")
    more = INVENTORY.replace("Property Code", "Property Roast As %String;\nProperty Code")
    assert load(db, more, "ck-d") == 1
    assert server.rows()[0]["Name"] == "x"
    assert server.rows()[0]["Roast"] is None


def test_bad_texts_are_bad_statuses(db: Any) -> None:
    assert "could not be parsed" in words(db, load(db, "no class at all"))
    assert load(db, ALERTS.rstrip().rstrip("}")) == 1
    status = db.classMethodValue("%SYSTEM.OBJ", "CompileList", "coffeeco.Alerts", "ck")
    assert "braces" in words(db, status)
    status = db.classMethodValue("%SYSTEM.OBJ", "CompileList", "coffeeco.Nothing", "ck")
    assert "does not exist" in words(db, status)


def test_compiling_needs_a_privilege(server: Superserver, db: Any) -> None:
    server.deny("%Development")
    with pytest.raises(RuntimeError, match="<PROTECT>"):
        load(db, ALERTS)


def test_a_method_can_be_given_a_body_before_it_is_compiled(server: Superserver, db: Any) -> None:
    server.define_method("coffeeco.Alerts", "Other", lambda session, arguments: "mine")
    load(db, ALERTS, "ck")
    assert db.classMethodValue("coffeeco.Alerts", "Other") == "mine"


def test_class_texts_are_read_as_far_as_needed() -> None:
    table = read_class(INVENTORY).table
    assert table is not None
    columns = {column.name: column for column in table.columns}
    assert list(columns) == [
        "ProductId",
        "Name",
        "Price",
        "StockQuantity",
        "Description",
        "Code",
    ]
    assert columns["Price"].kind == "NUMERIC"
    assert columns["StockQuantity"].minimum == 0
    assert columns["Name"].required
    assert (columns["Description"].max_length, columns["Code"].max_length) == (None, 50)
    assert (table.id_column, table.primary_key) == ("ProductId", "ProductId")
    assert table.unique == {"CodeIndex": ["Code"]}
    assert read_class(ALERTS).methods == ["LowStockAlert", "OutOfStockAlert", "Other"]
    with pytest.raises(ClassTextError):
        read_class("Class without a body")
