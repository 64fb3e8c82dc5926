"""What a failure of the driver or the server means in the contract's terms."""

from __future__ import annotations

import re

from shop.inventory.contract import (
    InventoryError,
    InventoryMisfit,
    InventoryUnavailable,
    LoginRefused,
)
from shop.inventory.iris.client.driver import (
    DriverError,
    Iris,
    LoginDenied,
    ServerError,
    SqlError,
)
from shop.inventory.iris.names import OK

FIELD_NOT_FOUND, TABLE_NOT_FOUND, NOT_PRIVILEGED = 29, 30, 99

MAKE_TABLE = "Run: python manage.py setup_inventory"
MAKE_ID = (
    "The shop opens products by their ID, so ProductId must be the ID of coffeeco.Inventory. "
    "Run: python manage.py setup_inventory --upgrade (it copies the rows and keeps the old ones)"
)
GIVE_RIGHTS = (
    "Give the account of INVENTORY_URL the rights that python manage.py check_inventory lists."
)


def meaning(error: DriverError) -> InventoryError:
    """The contract's error for one that came before anything was committed."""
    text = str(error)
    if isinstance(error, LoginDenied):
        return LoginRefused(text)
    if isinstance(error, SqlError) and error.code in (FIELD_NOT_FOUND, TABLE_NOT_FOUND):
        return InventoryMisfit(text, MAKE_TABLE)
    if isinstance(error, SqlError) and error.code == NOT_PRIVILEGED:
        return InventoryMisfit(text, GIVE_RIGHTS)
    if text.startswith("<PROTECT>"):
        return InventoryMisfit(text, GIVE_RIGHTS)
    if text.startswith("<CLASS DOES NOT EXIST>") and "coffeeco.Inventory" in text:
        return InventoryMisfit(text, MAKE_TABLE)
    return InventoryUnavailable(text)


def is_refusal(error: ServerError) -> bool:
    """True when what the account lacks is a right."""
    if isinstance(error, SqlError):
        return error.code == NOT_PRIVILEGED
    return "<PROTECT>" in str(error)


def one_line(words: object) -> str:
    """What the server said, which likes to come in several lines."""
    return " ".join(str(words).split())


def checked(iris: Iris, status: object) -> None:
    """Raise InventoryUnavailable for a bad %Status; no method ever raises one by itself."""
    if status not in OK:
        raise InventoryUnavailable(words_of(iris, status))


def words_of(iris: Iris, status: object) -> str:
    """What the server says of a bad %Status."""
    return str(iris.class_method_value("%SYSTEM.Status", "GetErrorText", status))


def code_of(words: str) -> int:
    """The number in a %Status's words, 0 when there is none."""
    found = re.search(r"#(\d+)", words)
    return int(found[1]) if found else 0
