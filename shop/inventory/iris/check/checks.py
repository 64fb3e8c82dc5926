"""Checks of an IRIS store for an operator, proven on the server itself.

They use two connections of their own, because a lock is only visible from another connection. What
they write is rolled back, or has a key of its own and is removed; see ``proofs.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from shop.inventory.contract import Check
from shop.inventory.iris.check import rights as check_rights
from shop.inventory.iris.check import server as check_server
from shop.inventory.iris.check import store as check_store
from shop.inventory.iris.check.proofs import proofs
from shop.inventory.iris.client import (
    Address,
    IrisError,
    LoginDenied,
    OperatorSession,
    OutOfTime,
    ServerError,
    TimeForAll,
    joined_lines,
    operator_sessions,
    row_wait,
)

MOST_SECONDS = 4.0
"""Seconds for the login and for each question; a server that takes longer counts as frozen."""
ALL_SECONDS, TIDY_SECONDS = 7.0, 1.5
"""Seconds for all questions together, and then for removing what was written."""

RIGHTS_AND_TABLE_FIRST = (
    "Correct the faults named above, then run python manage.py check_inventory again."
)


def all_checks(address: Address, *, timeout: float, lock_wait: float) -> Iterator[Check]:
    """Each check in turn; the first one says whether the shop can log in.

    ``timeout`` and ``lock_wait`` are those of the shop, in seconds.
    """
    seconds = min(timeout, MOST_SECONDS)
    time_for_all = TimeForAll(ALL_SECONDS, TIDY_SECONDS)
    is_in = False
    try:
        with operator_sessions(
            address, count=2, seconds=seconds, login=seconds, time_for_all=time_for_all
        ) as (session, other):
            is_in = True
            yield check_server.let_in(address)
            try:
                yield from _checks(session, other, address.user, row_wait(lock_wait))
            finally:
                _tidy(session, other)
    except ServerError as error:
        yield Check(
            name="every question has an answer",
            ok=False,
            found=joined_lines(error),
            remedy=check_server.FOR_THAT_REASON,
        )
    except OutOfTime:
        yield check_server.too_slow()
    except IrisError as error:
        if is_in:
            yield check_server.silent(error)
        elif isinstance(error, LoginDenied):
            yield check_server.refused(error, address)
        else:
            yield check_server.unreachable(error, address)


def _tidy(*either: OperatorSession) -> None:
    """Remove what the checks wrote, on the first connection that still works."""
    for session in either:
        with contextlib.suppress(IrisError):
            session.ask(check_rights.tidy, seconds=TIDY_SECONDS, tidying=True)
            return


def _checks(
    session: OperatorSession, other: OperatorSession, user: str, lock_timeout: int
) -> Iterator[Check]:
    yield from check_server.checks(session)

    store: list[Check] = []
    for check in check_store.checks(session):
        yield check
        store.append(check)

    has_rights = True
    for right in check_rights.checks(session, user):
        yield right
        has_rights &= right.ok

    if check_store.is_usable(store) and has_rights:
        yield from proofs(session, other, lock_timeout=lock_timeout)
    else:
        yield Check(
            name="transactions and locks",
            ok=False,
            found="not tried: they need the table and every right",
            remedy=RIGHTS_AND_TABLE_FIRST,
        )
