"""Makes what the shop needs on a server: the table and its classes.

Existing parts are changed only with ``upgrade``. A class with rows is never compiled again, because
a class text without its storage definition may change how its rows are stored.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from shop.inventory.contract import SetUp
from shop.inventory.iris.client import (
    Address,
    Iris,
    IrisError,
    LockTimeout,
    OperatorSession,
    ServerError,
    joined_lines,
    operator_sessions,
)
from shop.inventory.iris.names import ALERT_METHODS, INVENTORY
from shop.inventory.iris.setup import copy
from shop.inventory.iris.setup.classes import (
    ALERT_LOG,
    ALERTS,
    SETUP,
    compile_classes,
    compiled_digest,
    digest,
)
from shop.inventory.iris.setup.table import (
    RightsMissing,
    make_inventory,
    put_option_back,
    switched_option,
)
from shop.inventory.iris.store import faults, schema
from shop.plurals import counted

LONGEST_LOOK, LONGEST_STEP = 30.0, 300.0
"""Seconds. Compiling takes a few; copying a large store may take minutes."""

SHOWN_ROWS = 10
WITHOUT_ALERTS = "Sales go through without it, and staff see every alert in the shop"


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: a description, and a function that does it and returns what it did."""

    what: str
    do: Callable[[Iris], str]


@dataclass
class _Plan:
    """What was found, and the steps that follow from it."""

    there: list[str] = field(default_factory=list)
    steps: list[_Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def set_up(address: Address, *, upgrade: bool, dry_run: bool) -> SetUp:
    """Make what is missing. Raises IrisError when the server can't be reached."""
    with operator_sessions(address, seconds=LONGEST_LOOK) as (session,):
        try:
            session.ask(lambda iris: iris.lock(SETUP, timeout=0))
        except LockTimeout:
            return SetUp(wrong=("Another setup_inventory is at work on this server; wait for it.",))
        except ServerError as error:
            return SetUp(wrong=(_in_words(error, address.user),))
        try:
            return _set_up(session, address.user, upgrade=upgrade, dry_run=dry_run)
        finally:
            with contextlib.suppress(IrisError):
                session.ask(lambda iris: iris.release_all_locks())


def _set_up(session: OperatorSession, user: str, *, upgrade: bool, dry_run: bool) -> SetUp:
    plan = _Plan()
    made: list[str] = []
    try:
        session.ask(lambda iris: _look(iris, plan, upgrade=upgrade))
        for step in plan.steps:
            done = step.what if dry_run else session.ask(step.do, seconds=LONGEST_STEP)
            made.append(done)
    except ServerError as error:
        plan.wrong.append(_in_words(error, user))
    except IrisError as error:
        plan.wrong.append(
            f"The server stopped answering ({joined_lines(error)}). Run this again: it goes on "
            "from where it got to."
        )
    return SetUp(
        there=tuple(plan.there), made=tuple(made), left=tuple(plan.left), wrong=tuple(plan.wrong)
    )


def _in_words(error: ServerError, user: str) -> str:
    words = joined_lines(error)
    if isinstance(error, RightsMissing) or error.is_refusal:
        return (
            f"{words}. Run this once with an administrator's account in INVENTORY_URL; the shop's "
            f"own account ({user}) need not be able to do it."
        )
    return f"{words}."


# ── looking ─────────────────────────────────────────────────────────────────────────────────────


def _look(iris: Iris, plan: _Plan, *, upgrade: bool) -> None:
    if before := switched_option(iris):
        plan.steps.append(
            _Step(f"the server's option PKEY_IS_IDKEY put back to {before}", put_option_back)
        )
    _look_at_table(iris, plan, upgrade=upgrade)
    _look_at_alerts(iris, plan, upgrade=upgrade)


def _look_at_table(iris: Iris, plan: _Plan, *, upgrade: bool) -> None:
    columns = schema.columns(iris, INVENTORY)
    kept = copy.unfinished(iris)
    if not columns and not kept:
        plan.steps.append(
            _Step(
                f"{INVENTORY}, class and table", lambda iris: f"{INVENTORY}, {make_inventory(iris)}"
            )
        )
        return
    fault = _fault(iris, columns, kept)
    count = iris.select(f"SELECT COUNT(*) FROM {INVENTORY}")[0][0] if columns else 0  # noqa: S608
    plan.there.append(f"{INVENTORY}, {counted(count, 'row')}" if columns else f"no {INVENTORY}")
    if not fault:
        return
    unfit = [] if kept else copy.unfit_rows(iris, columns)
    if unfit:
        listed = "; ".join(unfit[:SHOWN_ROWS]) + ("; and more" if len(unfit) > SHOWN_ROWS else "")
        plan.wrong.append(
            f"{INVENTORY}: {fault}. Before it can be copied, correct these rows: {listed}."
        )
    elif upgrade:
        what = f"{INVENTORY}, with its rows copied into a right table ({fault})"
        plan.steps.append(_Step(what, lambda iris: _copied(copy.copy(iris, columns))))
    else:
        plan.wrong.append(
            f"{INVENTORY}: {fault}. Stop other programs that write to it, then run this with "
            "--upgrade: it copies the rows into a right table and keeps the old ones."
        )


def _fault(iris: Iris, columns: dict[str, schema.Column], kept: str) -> str:
    """Why the shop can't sell from the table; empty when it can."""
    if kept:
        return f"an earlier copy was interrupted, and its rows are in {kept}"
    if found := faults(columns):
        return ", ".join(found)
    class_name = schema.class_of_inventory(iris)
    if class_name not in (INVENTORY, ""):
        return f"its class is called {class_name}, and class names are case-sensitive"
    return "" if schema.is_right(iris) else "its ID is not ProductId"


def _copied(copied: copy.Copied) -> str:
    rows = counted(copied.rows, "row")
    only_there = f", and only there {', '.join(copied.others)}" if copied.others else ""
    return (
        f"{INVENTORY}, {rows} copied; the old ones are kept in {copied.kept}{only_there}. Rights "
        "on the old table went with it: grant the shop's account its own again"
    )


def _look_at_alerts(iris: Iris, plan: _Plan, *, upgrade: bool) -> None:
    missing = [name for name in (ALERT_LOG, ALERTS) if not schema.has_class(iris, name)]
    plan.there += [name for name in (ALERT_LOG, ALERTS) if name not in missing]
    ours = compiled_digest(iris, ALERTS)
    if ALERTS in missing:
        plan.steps.append(_compiling(missing))
    elif not ours:
        _look_at_foreign_alerts(iris, plan)
    elif ours != digest(ALERTS) and upgrade:
        plan.steps.append(_compiling([*missing, ALERTS]))
    else:
        if missing:
            plan.steps.append(_compiling(missing))
        if ours != digest(ALERTS):
            plan.left.append(f"{ALERTS} is that of another version; --upgrade compiles this one's.")


def _compiling(names: list[str]) -> _Step:
    what = f"{' and '.join(names)}, class{'es' * (len(names) > 1)}"

    def compile_them(iris: Iris) -> str:
        try:
            compile_classes(iris, names)
        except ServerError as error:
            if not error.is_refusal:
                raise
            raise RightsMissing(
                f"{' and '.join(names)} not made: to compile, the account needs %Development:U "
                f"(the server said: {joined_lines(error)}). {WITHOUT_ALERTS}"
            ) from None
        return what

    return _Step(what, compile_them)


def _look_at_foreign_alerts(iris: Iris, plan: _Plan) -> None:
    """A class of that name which this command did not make: never touched."""
    lacking = [m for m in ALERT_METHODS.values() if not schema.has_method(iris, ALERTS, m)]
    if lacking:
        plan.wrong.append(
            f"{ALERTS} is the server's own and has no {' and no '.join(lacking)}(id, name): add it "
            f"there. {WITHOUT_ALERTS}."
        )
    else:
        plan.left.append(f"{ALERTS} is the server's own and has what the shop calls.")
