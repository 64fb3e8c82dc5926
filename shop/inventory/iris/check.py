"""What an operator wants to know of an IRIS store, proven on the server itself.

Two connections beside the shop's, because a lock shows only from outside. Whatever is written is
rolled back, or stands under a key of its own and is removed: see ``check_proofs``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from shop.inventory.contract import Check, InventoryUnavailable, LoginRefused
from shop.inventory.iris import check_rights, check_server, check_store
from shop.inventory.iris.address import Address
from shop.inventory.iris.check_proofs import proofs
from shop.inventory.iris.driver import ServerError
from shop.inventory.iris.lines import FOR_THAT_REASON, Line, lines, one_line
from shop.inventory.iris.transaction import row_wait

MOST_SECONDS = 5.0
"""For the login, and for each question: what takes longer is taken for frozen."""

RIGHTS_AND_TABLE_FIRST = (
    "Mend what is named above, then run python manage.py check_inventory again."
)


def checks(address: Address, *, timeout: float, lock_wait: float) -> Iterator[Check]:
    """Each check in turn; the first one says whether the server lets the shop in at all.

    ``timeout`` and ``lock_wait`` are those of the shop, in seconds.
    """
    seconds = min(timeout, MOST_SECONDS)
    is_in = False
    try:
        with lines(address, count=2, seconds=seconds, login=seconds) as (line, other):
            is_in = True
            yield check_server.let_in(address)
            try:
                yield from _checks(line, other, address.user, row_wait(lock_wait))
            finally:
                _tidy(line, other)
    except ServerError as error:
        yield Check(
            name="every question has an answer",
            ok=False,
            found=one_line(error),
            remedy=FOR_THAT_REASON,
        )
    except InventoryUnavailable as error:
        if is_in:
            yield check_server.silent(error)
        elif isinstance(error, LoginRefused):
            yield check_server.refused(error, address)
        else:
            yield check_server.unreachable(error, address)


def _tidy(*either: Line) -> None:
    """On whichever connection still works."""
    for line in either:
        with contextlib.suppress(ServerError, InventoryUnavailable):
            line.ask(check_rights.tidy)
            return


def _checks(line: Line, other: Line, user: str, lock_timeout: int) -> Iterator[Check]:
    yield from check_server.checks(line)

    store = list(check_store.checks(line))
    yield from store
    has_table = check_store.is_usable(store)

    rights = list(check_rights.checks(line, user, with_table=has_table))
    yield from rights

    if has_table and all(right.ok for right in rights):
        yield from proofs(line, other, lock_timeout=lock_timeout)
    else:
        yield Check(
            name="transactions and locks",
            ok=False,
            found="not tried: they need the table and every right",
            remedy=RIGHTS_AND_TABLE_FIRST,
        )
