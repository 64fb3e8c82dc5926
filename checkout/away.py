"""What operators are told when the stock's ledger, or Django's database, can't be asked."""

from __future__ import annotations

from django.db import DatabaseError

from shop.inventory.contract import InventoryError, InventoryUnavailable
from shop.printable import one_line

Away = InventoryError | DatabaseError


def cause(error: Away) -> str:
    """Why a store could not be asked, in its own words if it had any."""
    detail = error.detail if isinstance(error, InventoryUnavailable) else ""
    words = detail or (str(error) if isinstance(error, DatabaseError) else type(error).__name__)
    # What PostgreSQL's driver says has several lines, and a log is read line by line.
    return one_line(" ".join(words.split())).rstrip(" .?")


def away_sentence(error: Away) -> str:
    """Which of the two is away, why, and what to do."""
    if isinstance(error, DatabaseError):
        return (
            f"Django's database can't be asked: {cause(error)}. When it is back, which "
            "'python manage.py migrate --check' tells, run this command again."
        )
    return (
        f"The stock and its ledger can't be asked: {cause(error)}. Run "
        "'python manage.py check_inventory', then this command again."
    )
