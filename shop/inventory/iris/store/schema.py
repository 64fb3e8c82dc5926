"""Reads the server's catalogues about the shop's classes and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shop.inventory.contract import COLUMNS, TEXTS, InventoryMisfit
from shop.inventory.iris.client import Iris, ServerError
from shop.inventory.iris.names import INVENTORY, SELECTED
from shop.inventory.iris.store.errors import MAKE_ID
from shop.inventory.iris.store.rows import text, whole

SIZED = ("varchar", "char", "nvarchar")
EXACT = ("numeric", "decimal")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column as INFORMATION_SCHEMA describes it; ``kind`` is its type in lower case."""

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
    if has_wrong_ids(iris):
        return False
    try:
        key = key_columns(iris)
    except ServerError:
        # Without rights on the class dictionary, only the rows can be checked.
        key = ["ProductId"]
    return "ProductId" in key


def class_of_inventory(iris: Iris) -> str:
    """The class of the SQL table coffeeco.Inventory; empty when it can't be read."""
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
    """The exact spelling of a class name, found without regard to case; else empty."""
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
    return iris.exists(dictionary_class, name)


NUMBERS = ("integer", "bigint", "smallint", "tinyint")
LETTERS = ("varchar", "char", "nvarchar", "longvarchar")
INEXACT = ("double", "float", "real")


@dataclass(frozen=True, slots=True)
class Expected:
    """A column that the shop uses, and the types that it accepts."""

    kinds: tuple[str, ...]
    longest: int = 0
    """The most characters that the shop writes; 0 for a number."""


KINDS = {
    "id": NUMBERS,
    "price": (*EXACT, *INEXACT, *NUMBERS),
    "quantity": (*NUMBERS, *EXACT),
    **dict.fromkeys(TEXTS, LETTERS),
}
EXPECTED = {column: Expected(KINDS[name], TEXTS.get(name, 0)) for name, column in COLUMNS.items()}


def faults(found: Mapping[str, Column]) -> list[str]:
    """What is wrong with a table's columns, given by their names in small letters."""
    missing = [f"there is no {name}" for name in EXPECTED if name.casefold() not in found]
    there = {name: found[name.casefold()] for name in EXPECTED if name.casefold() in found}
    wrong = [
        f"{name} is {column.kind}"
        for name, column in there.items()
        if column.kind not in EXPECTED[name].kinds
    ]
    # A column that is too narrow would cut or refuse texts of a delivery.
    narrow = [
        f"{name} holds {column.length} characters, not {EXPECTED[name].longest}"
        for name, column in there.items()
        if column.length and column.length < EXPECTED[name].longest
    ]
    return [*missing, *wrong, *narrow]


def fits(iris: Iris) -> bool:
    """True when the table is there with every column, and ProductId is its ID."""
    found = columns(iris, INVENTORY)
    return bool(found) and not faults(found) and is_right(iris)


def has_wrong_ids(iris: Iris) -> bool:
    """True if any row's ID differs from its ProductId; also fails if a column is missing."""
    found = iris.select(
        f"SELECT TOP 1 %ID, {SELECTED} FROM {INVENTORY} "  # noqa: S608
        "WHERE %ID <> ProductId OR ProductId IS NULL"
    )
    return bool(found)


def key_columns(iris: Iris) -> list[str]:
    """The properties that make up the ID of coffeeco.Inventory, as the class dictionary says."""
    found = iris.select(
        "SELECT Properties FROM %Dictionary.CompiledIndex WHERE parent = ? AND IdKey = 1",
        [INVENTORY],
    )
    return [text(one[0]) for one in found]


def raise_misfit(iris: Iris) -> None:
    """Raise InventoryMisfit unless the table is there with its columns, and ProductId is its ID."""
    if not is_right(iris):
        raise InventoryMisfit("the ID of coffeeco.Inventory is not ProductId", MAKE_ID)
