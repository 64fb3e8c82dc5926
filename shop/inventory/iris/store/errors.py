"""Translates the client's errors into the contract's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shop.inventory.contract import (
    InventoryBusy,
    InventoryError,
    InventoryMisfit,
    InventoryTimeout,
    InventoryUnavailable,
    LoginRefused,
    OutcomeUnknown,
)
from shop.inventory.iris import client
from shop.inventory.iris.client import IrisError
from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.request_deadline import give_up
from shop.inventory.iris.store.ledger import PRODUCT

MAKE_TABLE = "Run: python manage.py setup_inventory"
MAKE_ID = (
    "The shop opens products by their ID, so ProductId must be the ID of coffeeco.Inventory. "
    "Run: python manage.py setup_inventory --upgrade (it copies the rows and keeps the old ones)"
)
GIVE_RIGHTS = (
    "Give the account of INVENTORY_URL the rights that python manage.py check_inventory lists."
)


@contextmanager
def contract_errors(reference: str = "") -> Iterator[None]:
    """Translate what the client raises; ``reference`` is what a transaction decides."""
    try:
        yield
    except IrisError as error:
        if isinstance(error, (client.Timeout, client.NoneFree)):
            # The request has waited once; its other questions fail at once.
            give_up()
        raise meaning(error, reference) from None


def meaning(error: IrisError, reference: str = "") -> InventoryError:
    """The contract's error for one of the client's."""
    text = str(error)
    match error:
        case client.OutcomeUnknown():
            return OutcomeUnknown(reference)
        case client.LockTimeout():
            name, *subscripts = error.node
            product = subscripts[0] if name in (INVENTORY, PRODUCT) and subscripts else None
            return InventoryBusy(None if product is None else int(product))
        case client.NoneFree() if reference:
            return InventoryBusy()
        case client.Timeout() | client.NoneFree():
            return InventoryTimeout(text or "no connection was free in time")
        case client.LoginDenied():
            return LoginRefused(text)
        case client.SqlError(code=client.FIELD_NOT_FOUND | client.TABLE_NOT_FOUND):
            return InventoryMisfit(text, MAKE_TABLE)
        case client.ServerError() if error.is_refusal:
            return InventoryMisfit(text, GIVE_RIGHTS)
        case client.ServerError() if (
            text.startswith("<CLASS DOES NOT EXIST>") and INVENTORY in text
        ):
            return InventoryMisfit(text, MAKE_TABLE)
    return InventoryUnavailable(text)
