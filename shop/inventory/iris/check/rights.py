"""Checks the account's rights, each with the smallest possible attempt."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from shop.inventory.contract import Check
from shop.inventory.iris.check.probe_row import CHECK_GLOBAL, CHECK_ID
from shop.inventory.iris.check.server import FOR_THAT_REASON
from shop.inventory.iris.client import (
    FIELD_NOT_FOUND,
    TABLE_NOT_FOUND,
    Iris,
    OperatorSession,
    ServerError,
    SqlError,
    joined_lines,
)
from shop.inventory.iris.names import INVENTORY

Try = Callable[[Iris], object]

RESOURCE = (
    "Give a role of {user} the resource {resource} with permission Use (portal: System "
    "Administration, Security, Roles; docs/iris.md has the whole role)."
)
GRANT = "As an administrator, in SQL: GRANT {verb} ON " + INVENTORY + " TO {user}"
UNDER_RIGHTS = "rights"
"""The node that is set and killed, apart from the other checks' nodes."""


def checks(session: OperatorSession, user: str) -> Iterator[Check]:
    """The rights of the native API; then, where there is a table, those of SQL."""
    for resource, attempt in NATIVE.items():
        remedy = RESOURCE.format(user=user, resource=resource)
        if resource == "%Native_GlobalAccess":
            remedy += " The role needs Read and Write on the namespace's database, too."
        yield from _right(session, resource, attempt, remedy)
    for verb, statement in STATEMENTS.items():
        remedy = GRANT.format(verb=verb, user=user)
        yield from _right(session, verb, _run(statement), remedy)


def tidy(iris: Iris) -> None:
    """Remove what an interrupted attempt may have left."""
    iris.kill(CHECK_GLOBAL, UNDER_RIGHTS)


def _right(session: OperatorSession, right: str, attempt: Try, remedy: str) -> Iterator[Check]:
    name = f"right {right}"
    try:
        session.ask(attempt)
    except ServerError as error:
        if isinstance(error, SqlError) and error.code in (FIELD_NOT_FOUND, TABLE_NOT_FOUND):
            # The table or column is missing, which another check reports.
            return
        words = joined_lines(error)
        if error.is_refusal:
            yield Check(name=name, ok=False, found=f"refused: {words}", remedy=remedy)
        else:
            yield Check(name=name, ok=False, found=words, remedy=FOR_THAT_REASON)
    else:
        yield Check(name=name, ok=True, found="granted")


# ── the attempts ────────────────────────────────────────────────────────────────────────────────


def _class_execution(iris: Iris) -> None:
    iris.class_method_value("%SYSTEM.Version", "GetVersion")


def _transaction(iris: Iris) -> None:
    iris.t_start()
    iris.t_rollback()


def _lock(iris: Iris) -> None:
    iris.lock(CHECK_GLOBAL, UNDER_RIGHTS, timeout=1)
    iris.unlock_now(CHECK_GLOBAL, UNDER_RIGHTS)


def _global(iris: Iris) -> None:
    iris.set("1", CHECK_GLOBAL, UNDER_RIGHTS)
    iris.get(CHECK_GLOBAL, UNDER_RIGHTS)
    iris.kill(CHECK_GLOBAL, UNDER_RIGHTS)


def _run(statement: str) -> Try:
    def attempt(iris: Iris) -> None:
        iris.execute(statement, [CHECK_ID, CHECK_ID])
        # The server may have begun a transaction for it; the right to one is checked separately.
        with contextlib.suppress(ServerError):
            iris.t_rollback()

    return attempt


NATIVE = {
    "%Native_ClassExecution": _class_execution,
    "%Native_Transaction": _transaction,
    "%Native_Concurrency": _lock,
    "%Native_GlobalAccess": _global,
}
# The server checks the right before it looks for rows, and no row matches this condition.
NO_ROW = "WHERE ProductId = ? AND ProductId <> ?"
STATEMENTS = {
    "SELECT": f"SELECT Name FROM {INVENTORY} {NO_ROW}",  # noqa: S608
    "INSERT": f"INSERT INTO {INVENTORY} (ProductId, Name) "  # noqa: S608
    f"SELECT ProductId, Name FROM {INVENTORY} {NO_ROW}",
    "UPDATE": f"UPDATE {INVENTORY} SET StockQuantity = 0 {NO_ROW}",  # noqa: S608
    "DELETE": f"DELETE FROM {INVENTORY} {NO_ROW}",  # noqa: S608
}
