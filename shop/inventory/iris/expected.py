"""What ``coffeeco.Inventory`` has to look like, however it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.inventory.contract import MAX_DESCRIPTION, MAX_NAME, MAX_ORIGIN
from shop.inventory.iris.dictionary import Column, columns, is_right
from shop.inventory.iris.driver import Iris
from shop.inventory.iris.transaction import INVENTORY

NUMBERS = ("integer", "bigint", "smallint", "tinyint")
TEXTS = ("varchar", "char", "nvarchar", "longvarchar")
EXACT = ("numeric", "decimal")
INEXACT = ("double", "float", "real")


@dataclass(frozen=True, slots=True)
class Expected:
    """A column that the shop uses, and the types that will do."""

    kinds: tuple[str, ...]
    longest: int = 0
    """Characters that the shop writes at the most; 0 for a number."""


EXPECTED = {
    "ProductId": Expected(NUMBERS),
    "Name": Expected(TEXTS, MAX_NAME),
    "Price": Expected((*EXACT, *INEXACT, *NUMBERS)),
    "StockQuantity": Expected((*NUMBERS, *EXACT)),
    "CountryOfOrigin": Expected(TEXTS, MAX_ORIGIN),
    "Description": Expected(TEXTS, MAX_DESCRIPTION),
}


def faults(found: Mapping[str, Column]) -> list[str]:
    """What is amiss with a table's columns, given by their names in small letters."""
    missing = [f"there is no {name}" for name in EXPECTED if name.casefold() not in found]
    there = {name: found[name.casefold()] for name in EXPECTED if name.casefold() in found}
    wrong = [
        f"{name} is {column.kind}"
        for name, column in there.items()
        if column.kind not in EXPECTED[name].kinds
    ]
    # A table that is too narrow would cut, or refuse, what a delivery brings.
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
