"""What a failure of the driver or the server means in the contract's terms."""

from __future__ import annotations

from shop.inventory.contract import (
    InventoryError,
    InventoryMisfit,
    InventoryUnavailable,
    LoginRefused,
)
from shop.inventory.iris.driver import DriverError, LoginDenied, SqlError

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
