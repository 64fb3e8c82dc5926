"""What the server's own catalogues say of the shop's classes and table; nothing is called."""

from __future__ import annotations

from dataclasses import dataclass

from shop.inventory.iris.driver import Iris, ServerError
from shop.inventory.iris.rows import text, whole
from shop.inventory.iris.transaction import INVENTORY


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column as INFORMATION_SCHEMA tells of it; ``kind`` is its type in small letters."""

    name: str
    kind: str
    length: int | None
    is_required: bool


def columns_of_inventory(iris: Iris) -> dict[str, Column]:
    """The columns of coffeeco.Inventory by their names in small letters, empty without a table."""
    schema, table = INVENTORY.upper().split(".")
    found = iris.select(
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE "
        "FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE UPPER(TABLE_SCHEMA) = ? AND UPPER(TABLE_NAME) = ? ORDER BY ORDINAL_POSITION",
        [schema, table],
    )
    columns = (
        Column(
            name=text(name),
            kind=text(kind).lower(),
            length=whole(length) if text(kind).lower().endswith("char") else None,
            is_required=text(nullable).upper() == "NO",
        )
        for name, kind, length, nullable in found
    )
    return {column.name.casefold(): column for column in columns}


def class_of_inventory(iris: Iris) -> str:
    """The class behind the SQL table coffeeco.Inventory; empty when the server doesn't tell."""
    schema, table = INVENTORY.upper().split(".")
    try:
        found = iris.select(
            "SELECT CLASSNAME FROM INFORMATION_SCHEMA.TABLES "
            "WHERE UPPER(TABLE_SCHEMA) = ? AND UPPER(TABLE_NAME) = ?",
            [schema, table],
        )
    except ServerError:
        return ""
    return text(found[0][0]) if found else ""


def has_class(iris: Iris, name: str) -> bool:
    """True when a compiled class is called exactly so."""
    return _exists(iris, "%Dictionary.CompiledClass", name)


def has_method(iris: Iris, class_name: str, method: str) -> bool:
    """True when a compiled class has a method called exactly so."""
    return _exists(iris, "%Dictionary.CompiledMethod", f"{class_name}||{method}")


def spelling(iris: Iris, class_name: str) -> str:
    """How a class is called that may differ in case; empty when none is, or it can't be read."""
    try:
        found = iris.select(
            "SELECT Name FROM %Dictionary.CompiledClass WHERE UPPER(Name) = ?",
            [class_name.upper()],
        )
    except ServerError:
        return ""
    return text(found[0][0]) if found else ""


def _exists(iris: Iris, dictionary_class: str, name: str) -> bool:
    # As an object, because SQL on the dictionary needs rights that a web account doesn't have.
    return str(iris.class_method_value(dictionary_class, "%ExistsId", name)) == "1"
