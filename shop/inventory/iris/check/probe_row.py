"""Makes and removes the one row and the one global that a check may write."""

from __future__ import annotations

from collections.abc import Mapping

from shop.inventory.iris.client import Iris, Item, ServerError
from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.store import Column, columns, text

CHECK_GLOBAL = "^coffeeco.Check"
CHECK_ID = 2_147_483_647
"""The largest 32-bit ProductId, which no shop uses."""
CHECK_NAME = "check_inventory was here"


def values_of_check_row(columns: Mapping[str, Column], product_id: int) -> dict[str, object]:
    """ID, name and required columns only. Without a price no page offers it."""
    values: dict[str, object] = {"ProductId": product_id, "Name": CHECK_NAME}
    for column in columns.values():
        if column.is_required and column.name.casefold() not in ("productid", "name", "id"):
            values[column.name] = "check" if column.kind.endswith("char") else 0
    return values


def is_foreign(iris: Iris) -> bool:
    """True when the ID belongs to a row that another program has written."""
    found = iris.select(f"SELECT Name FROM {INVENTORY} WHERE ProductId = ?", [CHECK_ID])  # noqa: S608
    return bool(found) and text(found[0][0]) != CHECK_NAME


def exists(iris: Iris) -> bool:
    """True when there is an object of that ID."""
    return iris.exists(INVENTORY, CHECK_ID)


def make(iris: Iris) -> Item:
    """Save a new object, and return it; raises ServerError with the words of a bad status."""
    item = iris.class_method_object(INVENTORY, "%New")
    if item is None:
        raise ServerError(f"{INVENTORY}.%New returned nothing")
    for name, value in values_of_check_row(columns(iris, INVENTORY), CHECK_ID).items():
        item.set(name, value)
    iris.check(item.invoke("%Save"))
    return item


def insert(iris: Iris) -> None:
    """Insert the row with SQL, in the transaction that is open."""
    values = values_of_check_row(columns(iris, INVENTORY), CHECK_ID)
    marks = ", ".join("?" * len(values))
    statement = f"INSERT INTO {INVENTORY} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608
    iris.execute(statement, list(values.values()))


def remove(iris: Iris) -> None:
    """Remove row and global, if they are there and the check's own."""
    # By its columns and not as an object: in a store with a fault, the ID may be another number.
    own = [CHECK_ID, CHECK_NAME]
    iris.change(f"DELETE FROM {INVENTORY} WHERE ProductId = ? AND Name = ?", own)  # noqa: S608
    iris.kill(CHECK_GLOBAL)
