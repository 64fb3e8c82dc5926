"""The shop's own classes and table, in the shapes that sites have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .catalog import Column, Table, inventory_table
from .codec import plain
from .instance import ClassMethod, Instance
from .messages import Refused

if TYPE_CHECKING:
    from .sessions import Session

ALERTS_CLASS = "coffeeco.Alerts"
INVENTORY = "coffeeco.Inventory"
ALERT_LOG = "coffeeco.AlertLog"
SHAPES = ("product_id_is_id", "hidden_id", "none")
ALERTS = ("own", "tutorial", "none", "failing")
ALERT_WORDS = {"LowStockAlert": "Low stock", "OutOfStockAlert": "Out of stock"}
ALERT_KINDS = {"LowStockAlert": "low", "OutOfStockAlert": "out"}


def create_store(
    instance: Instance, *, shape: str, price: str, alerts: str, minval: bool = False
) -> None:
    """Make the table and the alerts class; see Superserver.create_store."""
    if shape not in SHAPES or alerts not in ALERTS:
        raise ValueError(f"shape is one of {SHAPES}, alerts one of {ALERTS}")
    if shape != "none":
        table = inventory_table(
            id_is_product_id=shape == "product_id_is_id",
            price=price,
            minimum=Decimal(0) if minval else None,
        )
        instance.storage.redefine(table)
    if alerts == "own":
        instance.storage.redefine(alert_log_table())
    if alerts != "none":
        instance.methods[ALERTS_CLASS] = alert_methods(alerts)


def alert_log_table() -> Table:
    """Return the table that the shop's own alerts class writes to."""
    return Table(
        class_name=ALERT_LOG,
        schema="coffeeco",
        name="AlertLog",
        columns=[
            Column("ProductId", "INTEGER"),
            Column("Name", max_length=50),
            Column("Kind", max_length=10),
            Column("RaisedAt", "TIMESTAMP"),
        ],
    )


def alert_methods(kind: str) -> dict[str, ClassMethod]:
    """Return the two methods of an alerts class: "own", "tutorial" or "failing"."""
    maker = {"own": _own_alert, "tutorial": _silent_alert, "failing": _failing_alert}[kind]
    return {method: maker(method) for method in ALERT_WORDS}


def _own_alert(method: str) -> ClassMethod:
    """Make a method that writes a row to the log table and returns a text."""

    def alert(session: Session, arguments: list[Any]) -> str:
        product_id, name = (plain(argument) for argument in arguments[:2])
        text = f"{ALERT_WORDS[method]}: {name} ({product_id})"
        storage = session.instance.storage
        table = storage.table(ALERT_LOG)
        if table is None:
            return f"{text} [not stored: <CLASS DOES NOT EXIST> *{ALERT_LOG}]"
        row = {
            "ProductId": product_id,
            "Name": str(name)[:50],
            "Kind": ALERT_KINDS[method],
            "RaisedAt": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        }
        session.record(storage.write_row(table, storage.new_id(table), row))
        return text

    return alert


def _silent_alert(method: str) -> ClassMethod:
    return lambda session, arguments: None


def _failing_alert(method: str) -> ClassMethod:
    def alert(session: Session, arguments: list[Any]) -> str:
        raise Refused(f"<DIVIDE>z{method}+1^{ALERTS_CLASS}.1")

    return alert


def insert(instance: Instance, columns: dict[str, Any]) -> int:
    """Insert a row unchecked, as a store that grew over the years may hold it."""
    table = instance.storage.table(INVENTORY)
    assert table is not None, "call create_store() first"
    lenient = [replace(column, required=False, minimum=None) for column in table.columns]
    row = {c.name: c.stored(columns.pop(c.name, None)) for c in lenient}
    assert not columns, f"no such columns: {sorted(columns)}"
    storage = instance.storage
    row_id = int(row[table.id_column]) if table.id_column else storage.new_id(table)
    change = storage.write_row(table, row_id, row)
    storage.committed([change])
    return row_id


def rows(instance: Instance, table_name: str) -> list[dict[str, Any]]:
    """Return all rows of a table in order of ID."""
    table = instance.storage.table(table_name)
    if table is None:
        return []
    names, found = instance.storage.query(
        f'SELECT * FROM "{table.sql_name}" ORDER BY rowid',
        {},
    )
    return [
        {name: _loaded(table, name, value) for name, value in zip(names, row, strict=True)}
        for row in found
    ]


def _loaded(table: Table, name: str, value: Any) -> Any:
    column = table.column(name)
    return value if column is None else column.loaded(value)
