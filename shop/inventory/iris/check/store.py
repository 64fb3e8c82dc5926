"""Checks of the table, its key and rows, and the alert methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shop.inventory.contract import Check
from shop.inventory.iris.client import (
    TABLE_NOT_FOUND,
    Iris,
    OperatorSession,
    ServerError,
    SqlError,
    joined_lines,
)
from shop.inventory.iris.names import ALERT_METHODS, ALERTS, INVENTORY, SELECTED
from shop.inventory.iris.setup import compiled_digest
from shop.inventory.iris.store import EXPECTED, INEXACT, faults, rows, schema
from shop.inventory.row import check_of
from shop.plurals import counted

TABLE, COLUMNS, KEY = "table", "columns", "ID is ProductId"

SET_UP = "Run: python manage.py setup_inventory"
UPGRADE = (
    "Run: python manage.py setup_inventory --upgrade "
    "(it copies the rows into a right table and keeps the old ones)"
)

BALANCE = (
    "Let it end every transaction that it begins, and undo with TROLLBACK 1, not with TROLLBACK "
    "alone (sales stand all the same, but each one that calls it may cost a connection)."
)
RIGHTS = "It can't be checked without the rights that are named below."


def is_usable(found: Iterable[Check]) -> bool:
    """True when the table exists and its key is right, so that a proof may write rows."""
    return {TABLE, COLUMNS, KEY} <= {check.name for check in found if check.ok}


def checks(session: OperatorSession) -> Iterator[Check]:
    """The table; if it exists, its columns, key and rows; then the alerts."""
    table = _table(session)
    yield table
    if table.ok:
        columns = _columns(session)
        yield columns
        if columns.ok:
            yield _key(session)
            yield check_of(session.ask(lambda iris: tuple(rows.problems(iris))))
    for method in ALERT_METHODS.values():
        yield _alert(session, method)


# ── the table ───────────────────────────────────────────────────────────────────────────────────


def _table(session: OperatorSession) -> Check:
    try:
        count = session.ask(_count)
    except SqlError as error:
        if error.code == TABLE_NOT_FOUND:
            return Check(name=TABLE, ok=False, found=f"there is no {INVENTORY}", remedy=SET_UP)
        remedy = SET_UP
        if error.is_refusal:
            remedy = f"As an administrator, in SQL: GRANT SELECT ON {INVENTORY} TO <the account>"
        return Check(name=TABLE, ok=False, found=joined_lines(error), remedy=remedy)
    class_name = session.ask(schema.class_of_inventory)
    if class_name not in (INVENTORY, ""):
        return Check(
            name=TABLE,
            ok=False,
            found=f"its class is called {class_name}, and class names are case-sensitive",
            remedy=f"The shop opens {INVENTORY}. {UPGRADE}",
        )
    return Check(name=TABLE, ok=True, found=f"{INVENTORY}, {counted(count, 'row')}")


def _count(iris: Iris) -> int:
    return int(iris.select(f"SELECT COUNT(*) FROM {INVENTORY}")[0][0])  # noqa: S608


def _columns(session: OperatorSession) -> Check:
    try:
        found = session.ask(lambda iris: schema.columns(iris, INVENTORY))
    except ServerError as error:
        return _columns_by_asking(session, error)
    if wrong := faults(found):
        return Check(name=COLUMNS, ok=False, found=", ".join(wrong), remedy=UPGRADE)
    shown = (_shown(found[name.casefold()]) for name in EXPECTED)
    return Check(name=COLUMNS, ok=True, found=", ".join(shown))


def _columns_by_asking(session: OperatorSession, why: ServerError) -> Check:
    """Select the columns themselves, since the account may not read the catalogue."""
    try:
        session.ask(lambda iris: iris.select(f"SELECT TOP 1 {SELECTED} FROM {INVENTORY}"))  # noqa: S608
    except SqlError as error:
        return Check(name=COLUMNS, ok=False, found=joined_lines(error), remedy=UPGRADE)
    return Check(name=COLUMNS, ok=True, found=f"all there (types not known: {joined_lines(why)})")


def _shown(column: schema.Column) -> str:
    """A column with its type, and a warning if the type is inexact."""
    size = f"({column.length})" if column.length else ""
    inexact = " (inexact: rounded to cents when read)" if column.kind in INEXACT else ""
    return f"{column.name} {column.kind}{size}{inexact}"


def _key(session: OperatorSession) -> Check:
    has_wrong_ids = session.ask(schema.has_wrong_ids)
    try:
        key = session.ask(schema.key_columns)
        shown = "by the class dictionary"
    except ServerError:
        # Then only the rows can be checked; the proofs write a row of their own.
        key, shown = ["ProductId"], "by every row; the class dictionary can't be read"
    if has_wrong_ids or "ProductId" not in key:
        return Check(
            name=KEY,
            ok=False,
            found="the ID is a number of its own, so %OpenId(1003) is not product 1003",
            remedy=UPGRADE,
        )
    return Check(name=KEY, ok=True, found=shown)


# ── the alerts ──────────────────────────────────────────────────────────────────────────────────


def _alert(session: OperatorSession, method: str) -> Check:
    name = f"alert {method}"
    try:
        is_there = session.ask(lambda iris: schema.has_method(iris, ALERTS, method))
    except ServerError:
        return _alert_by_calling(session, method)
    if is_there:
        # Not called: it may send mails, and no rollback takes those back.
        return Check(name=name, ok=True, found=f"{ALERTS}.{method} is there; it was not called")
    return _missing_alert(session, method, f"there is no {ALERTS}.{method}")


def _alert_by_calling(session: OperatorSession, method: str) -> Check:
    """Call the method and roll back, since the class dictionary can't be read."""

    def call(iris: Iris) -> int:
        iris.t_start()
        try:
            iris.class_method_value(ALERTS, method, 0, "check_inventory")
            return iris.t_level()
        finally:
            iris.t_rollback()

    try:
        level = session.ask(call)
    except ServerError as error:
        if error.is_refusal:
            return Check(name=f"alert {method}", ok=False, found=joined_lines(error), remedy=RIGHTS)
        return _missing_alert(session, method, joined_lines(error))
    if level != 1:
        found = f"called in a transaction it left $TLEVEL at {level} instead of 1"
        return Check(name=f"alert {method}", ok=False, found=found, remedy=BALANCE)
    found = "answers; called for a product 0 and rolled back, a line in messages.log may stay"
    return Check(name=f"alert {method}", ok=True, found=found)


def _missing_alert(session: OperatorSession, method: str, found: str) -> Check:
    spelled = session.ask(lambda iris: schema.spelling(iris, ALERTS))
    remedy = f"{SET_UP} (sales go through without it; staff still see the alert)"
    if spelled == ALERTS and not session.ask(lambda iris: compiled_digest(iris, ALERTS)):
        remedy = (
            f"{ALERTS} is the server's own, and setup_inventory never touches it: add {method}(id, "
            "name) to it there (sales go through without it; staff still see the alert)."
        )
    if spelled not in (ALERTS, ""):
        found = f"the class is called {spelled}, and class names are case-sensitive"
        remedy = f"Rename it to {ALERTS} (sales go through without it; staff still see the alert)."
    return Check(name=f"alert {method}", ok=False, found=found, remedy=remedy)
