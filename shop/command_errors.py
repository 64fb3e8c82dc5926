"""What operators read when the stock or Django's database can't be asked or changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError

from shop.inventory.contract import (
    InventoryBusy,
    InventoryError,
    InventoryMisfit,
    InventoryUnavailable,
    OutcomeUnknown,
    ShelfChanged,
)
from shop.printable import one_line

Away = InventoryError | DatabaseError


@contextmanager
def as_command_errors() -> Iterator[None]:
    """Turns an InventoryError into a CommandError that says what to do next."""
    try:
        yield
    except InventoryError as error:
        raise CommandError(one_line(sentence(error))) from error


def cause(error: Away) -> str:
    """Why a store could not be asked: its own words if it had any, without a full stop."""
    detail = error.detail if isinstance(error, InventoryUnavailable) else ""
    words = detail or (str(error) if isinstance(error, DatabaseError) else type(error).__name__)
    # PostgreSQL's driver writes several lines, and a log is read line by line.
    return one_line(" ".join(words.split())).rstrip(" .?")


def sentence(error: Away) -> str:
    """What happened and what to do."""
    match error:
        case DatabaseError():
            return (
                f"Django's database can't be asked: {cause(error)}. Run this command again when "
                "'python manage.py migrate --check' succeeds."
            )
        case InventoryMisfit():
            return f"The stock cannot be used: {error.detail}. {error.remedy}"
        case InventoryUnavailable():
            return (
                f"The stock cannot be reached: {cause(error)}. "
                "Run 'python manage.py check_inventory', then this command again."
            )
        case InventoryBusy():
            return "Another process is changing the same products. Nothing was changed; try again."
        case ShelfChanged():
            return (
                f"Product {error.product_id} was withdrawn, put back or sold out in this moment. "
                "Nothing was changed; run the same command again."
            )
        case OutcomeUnknown():
            return (
                "The connection was lost while the change was being written, so it may have "
                "been made or not. Run the same command again, without --again: what was "
                "made is never made twice."
            )
        case _:
            return f"The stock refused the change ({error!r}). Nothing was changed."
