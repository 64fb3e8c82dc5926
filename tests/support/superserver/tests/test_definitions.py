"""Tables made in SQL, and what the catalogue says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver

from .conftest import Connect, MakeServer

CREATE = (
    "CREATE TABLE {} coffeeco.Inventory (ProductId INTEGER NOT NULL PRIMARY KEY, "
    "Name VARCHAR(50), Price NUMERIC(10,2), StockQuantity INT, CountryOfOrigin VARCHAR(50), "
    "Description VARCHAR(500))"
)


@pytest.fixture
def server(make_server: MakeServer) -> Superserver:
    """Return a server without a store."""
    return make_server()


def rows(cursor: Any, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    cursor.execute(text, list(values))
    return list(cursor.fetchall() or ())


def test_a_primary_key_is_not_the_id_by_default(server: Superserver, cursor: Any, db: Any) -> None:
    cursor.execute(CREATE.format(""))
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1001, 'x')")
    assert db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1001) == 0
    assert db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1) == 1


def test_an_option_of_the_whole_server_makes_the_key_the_id(
    server: Superserver, cursor: Any, db: Any, connect: Connect
) -> None:
    cursor.execute("SET OPTION PKEY_IS_IDKEY = TRUE")
    connect(autoCommit=True).cursor().execute(CREATE.format(""))
    cursor.execute("SET OPTION PKEY_IS_IDKEY = FALSE")
    assert server.instance.primary_key_is_id is False
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId, Name) VALUES (1001, 'x')")
    assert db.classMethodValue("coffeeco.Inventory", "%ExistsId", 1001) == 1


def test_the_option_needs_a_privilege(server: Superserver, cursor: Any) -> None:
    server.deny("%Admin_Manage")
    with pytest.raises(Exception, match="SQLCODE: <-99>"):
        cursor.execute("SET OPTION PKEY_IS_IDKEY = TRUE")


def test_a_table_is_made_once(server: Superserver, cursor: Any) -> None:
    cursor.execute(CREATE.format("IF NOT EXISTS"))
    cursor.execute(CREATE.format("IF NOT EXISTS"))
    with pytest.raises(Exception, match="SQLCODE: <-201>"):
        cursor.execute(CREATE.format(""))


def test_a_table_is_dropped_with_its_rows(server: Superserver, cursor: Any) -> None:
    cursor.execute(CREATE.format(""))
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (1)")
    cursor.execute("DROP TABLE coffeeco.Inventory")
    cursor.execute("DROP TABLE IF EXISTS coffeeco.Inventory")
    with pytest.raises(Exception, match="SQLCODE: <-30>"):
        cursor.execute("DROP TABLE coffeeco.Inventory")
    cursor.execute(CREATE.format(""))
    assert server.rows() == []


def test_columns_can_be_added(server: Superserver, cursor: Any) -> None:
    cursor.execute(CREATE.format(""))
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (1)")
    cursor.execute("ALTER TABLE coffeeco.Inventory ADD COLUMN Roast VARCHAR(10)")
    cursor.execute("ALTER TABLE coffeeco.Inventory ADD Bags INTEGER")
    cursor.execute("UPDATE coffeeco.Inventory SET Roast = 'dark'")
    assert rows(cursor, "SELECT Roast, Bags FROM coffeeco.Inventory") == [("dark", None)]
    with pytest.raises(Exception, match="SQLCODE: <-306>"):
        cursor.execute("ALTER TABLE coffeeco.Inventory ADD Bags INTEGER")


def test_checks_are_not_supported(cursor: Any) -> None:
    with pytest.raises(Exception, match="CHECK"):
        cursor.execute("CREATE TABLE coffeeco.Other (A INTEGER, CHECK (A > 0))")


def test_a_table_can_be_emptied(server: Superserver, cursor: Any) -> None:
    cursor.execute(CREATE.format(""))
    cursor.execute("INSERT INTO coffeeco.Inventory (ProductId) VALUES (1)")
    cursor.execute("TRUNCATE TABLE coffeeco.Inventory")
    assert server.rows() == []


def test_the_lock_timeout_is_an_option_of_the_session(server: Superserver, cursor: Any) -> None:
    cursor.execute("SET OPTION LOCK_TIMEOUT = 2")
    assert [session.lock_timeout for session in server.sessions()] == [2]


def test_tables_and_columns_are_in_the_information_schema(server: Superserver, cursor: Any) -> None:
    cursor.execute(CREATE.format(""))
    assert rows(
        cursor,
        "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
        "COFFEECO",
        "inventory",
    ) == [("coffeeco", "Inventory", "BASE TABLE")]
    found = rows(
        cursor,
        "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, IS_IDENTITY, "
        "PRIMARY_KEY FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA = 'coffeeco' AND TABLE_NAME = 'Inventory' ORDER BY ORDINAL_POSITION",
    )
    assert found[:3] == [
        ("ID", "bigint", "NO", None, "YES", "NO"),
        ("ProductId", "integer", "NO", None, "NO", "YES"),
        ("Name", "varchar", "YES", 50, "NO", "NO"),
    ]
    assert rows(
        cursor,
        "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE "
        "WHERE CONSTRAINT_TYPE = 'PRIMARY KEY' AND TABLE_NAME = 'Inventory'",
    ) == [("ProductId",)]


@pytest.mark.parametrize(
    ("shape", "keys"), [("product_id_is_id", [("ProductId",)]), ("hidden_id", []), ("none", [])]
)
def test_the_class_dictionary_tells_the_id_key(
    server: Superserver, cursor: Any, shape: str, keys: list[tuple[str]]
) -> None:
    server.create_store(shape)
    text = "SELECT Properties FROM %Dictionary.CompiledIndex WHERE parent = ? AND IdKey = 1"
    assert rows(cursor, text, "coffeeco.Inventory") == keys


def test_the_class_dictionary_tells_methods(server: Superserver, cursor: Any, db: Any) -> None:
    text = (
        "SELECT Name, ClassMethod FROM %Dictionary.CompiledMethod "
        "WHERE parent = 'coffeeco.Alerts' ORDER BY Name"
    )
    assert rows(cursor, text) == []
    server.create_store(alerts="tutorial")
    assert rows(cursor, text) == [("LowStockAlert", 1), ("OutOfStockAlert", 1)]
    for name, there in (
        ("coffeeco.Alerts||LowStockAlert", 1),
        ("coffeeco.Alerts||lowstockalert", 0),
    ):
        assert db.classMethodValue("%Dictionary.CompiledMethod", "%ExistsId", name) == there
    assert db.classMethodValue("%Dictionary.CompiledClass", "%ExistsId", "coffeeco.Alerts") == 1
    assert db.classMethodValue("%Dictionary.CompiledClass", "%ExistsId", "coffeeco.alerts") == 0
    found = rows(cursor, "SELECT SqlTableName FROM %Dictionary.CompiledClass WHERE Name [ 'Inv'")
    assert found == [("Inventory",)]


def test_properties_are_in_the_class_dictionary(server: Superserver, cursor: Any) -> None:
    server.create_store(price="NUMERIC")
    text = "SELECT Type FROM %Dictionary.CompiledProperty WHERE ID = ?"
    assert rows(cursor, text, "coffeeco.Inventory||Price") == [("%Library.Numeric",)]


def test_objects_work_on_tables_made_in_sql(server: Superserver, cursor: Any, db: Any) -> None:
    cursor.execute("SET OPTION PKEY_IS_IDKEY = TRUE")
    cursor.execute(CREATE.format(""))
    made = db.classMethodObject("coffeeco.Inventory", "%New")
    assert isinstance(made, iris.IRISObject)
    made.set("ProductId", 1001)
    assert made.invoke("%Save") == 1
    assert [row["ProductId"] for row in server.rows()] == [1001]


def test_a_known_statement_follows_when_the_table_changes(server: Superserver, cursor: Any) -> None:
    server.create_store()
    server.insert(ProductId=1001, Name="x")
    text = "SELECT * FROM coffeeco.Inventory"
    assert len(rows(cursor, text)[0]) == 6
    with server.session() as other:
        other.execute("ALTER TABLE coffeeco.Inventory ADD Roast VARCHAR(10)")
    with server.count() as counted:
        assert len(rows(cursor, text)[0]) == 7
    assert counted.by_kind == {"PQ": 1, "DQ": 1}


def test_a_definition_that_makes_no_sense_is_an_error(cursor: Any) -> None:
    with pytest.raises(Exception, match="SQLCODE"):
        cursor.execute("CREATE TABLE coffeeco.Other (A INTEGER, A INTEGER)")


def test_the_dictionary_can_be_closed_to_an_account(
    server: Superserver, cursor: Any, db: Any
) -> None:
    server.create_store()
    server.deny("SELECT %Dictionary")
    with pytest.raises(Exception, match="SQLCODE: <-99>"):
        cursor.execute("SELECT Name FROM %Dictionary.CompiledClass")
    assert db.classMethodValue("%Dictionary.CompiledClass", "%ExistsId", "coffeeco.Alerts") == 1


def test_the_server_tells_its_clock_and_its_durability(
    server: Superserver, cursor: Any, db: Any
) -> None:
    told = datetime.fromisoformat(str(rows(cursor, "SELECT GETUTCDATE()")[0][0]))
    assert abs(told.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert db.classMethodValue("%SYSTEM.Process", "SynchCommit") == 0
    server.instance.synch_commit = True
    assert db.classMethodValue("%SYSTEM.Process", "SynchCommit") == 1
