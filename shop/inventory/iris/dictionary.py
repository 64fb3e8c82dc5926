"""What the server's own catalogues say of the shop's classes and tables; nothing is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shop.inventory.iris.driver import Iris, ServerError
from shop.inventory.iris.rows import count_of_strangers, key_columns, text, whole
from shop.inventory.iris.transaction import INVENTORY

SIZED = ("varchar", "char", "nvarchar")
EXACT = ("numeric", "decimal")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column as INFORMATION_SCHEMA tells of it; ``kind`` is its type in small letters."""

    name: str
    kind: str
    length: int | None
    precision: int | None
    scale: int | None
    is_required: bool

    @property
    def definition(self) -> str:
        """The type as CREATE TABLE takes it."""
        if self.kind in SIZED and self.length:
            return f"VARCHAR({self.length})"
        if self.kind in EXACT and self.precision:
            return f"NUMERIC({self.precision}, {self.scale or 0})"
        return self.kind.upper()


def columns(iris: Iris, table: str) -> dict[str, Column]:
    """The columns of a table by their names in small letters, empty when there is no such table."""
    found = iris.select(
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, "
        "NUMERIC_SCALE, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS "
        "WHERE UPPER(TABLE_SCHEMA) = ? AND UPPER(TABLE_NAME) = ? ORDER BY ORDINAL_POSITION",
        table.upper().split("."),
    )
    return {text(one[0]).casefold(): _column(*one) for one in found}


def _column(name: Any, kind: Any, length: Any, precision: Any, scale: Any, nullable: Any) -> Column:
    return Column(
        name=text(name),
        kind=text(kind).lower(),
        length=whole(length) if text(kind).lower() in SIZED else None,
        precision=whole(precision),
        scale=whole(scale),
        is_required=text(nullable).upper() == "NO",
    )


def has_table(iris: Iris, table: str) -> bool:
    """True when there is a table of that name, in whatever case."""
    return bool(columns(iris, table))


def is_right(iris: Iris) -> bool:
    """True when ProductId is the ID of coffeeco.Inventory, by its rows and the class dictionary.

    Raises SqlError when the table, or one of its columns, is not there.
    """
    if count_of_strangers(iris):
        return False
    try:
        key = key_columns(iris)
    except ServerError:
        # An account without rights on the class dictionary: what the rows show has to do.
        key = ["ProductId"]
    return "ProductId" in key


def class_of_inventory(iris: Iris) -> str:
    """The class behind the SQL table coffeeco.Inventory; empty when the server doesn't tell."""
    try:
        found = iris.select(
            "SELECT CLASSNAME FROM INFORMATION_SCHEMA.TABLES "
            "WHERE UPPER(TABLE_SCHEMA) = ? AND UPPER(TABLE_NAME) = ?",
            INVENTORY.upper().split("."),
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
