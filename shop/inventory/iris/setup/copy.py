"""Copies an older store into a right one; after an interruption at any step nothing is lost.

1. All rows go into a table of their own, ``coffeeco.InventoryKept<n>``, in one transaction that
   also notes in ^coffeeco.Setup("copy") where they are.
2. The old table is dropped, once both are seen to hold the same.
3. The right one is made.
4. The rows come back from the kept table, in one transaction that also forgets the note.

A later run that finds the note continues from there. The kept table stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from shop.inventory.contract import COLUMNS
from shop.inventory.iris.client import Iris, ServerError
from shop.inventory.iris.names import INVENTORY
from shop.inventory.iris.setup.classes import SETUP
from shop.inventory.iris.setup.table import make_inventory, raise_unless_possible
from shop.inventory.iris.store import EXPECTED, Column, cents, fits, ledger, schema, text, whole

KEPT = "coffeeco.InventoryKept"
OLD_ID = "OldId"
NOT_COPIED = ("id", OLD_ID.casefold())
"""The old ID is kept under a name of its own."""


class CopyRefused(ServerError):
    """The copy was not made or not finished; the text says why and where the rows are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copied:
    """How many rows are in the right table now, and where the old ones are kept."""

    rows: int
    kept: str
    others: tuple[str, ...]
    """Columns of the old table that the right one does not have."""


def unfinished(iris: Iris) -> str:
    """The kept table of an interrupted copy; empty when there is none."""
    return iris.get(SETUP, "copy") or ""


def unfit_rows(iris: Iris, columns: dict[str, Column]) -> list[str]:
    """The rows that the new table would refuse, each with the reasons."""
    wanted = {name: name.casefold() in columns for name in COLUMNS.values()}
    listed = ", ".join(name if has else f"NULL AS {name}" for name, has in wanted.items())
    found = iris.select(f"SELECT %ID, {listed} FROM {INVENTORY} ORDER BY %ID")  # noqa: S608
    has_product_id = wanted["ProductId"]
    ids = [whole(values[1] if has_product_id else values[0]) for values in found]
    times = Counter(ids)
    unfit = []
    for product_id, values in zip(ids, found, strict=True):
        row = dict(zip(wanted, values[1:], strict=True))
        why = [*_why_unfit(row), *(["its ProductId is not the only one"] * (times[product_id] > 1))]
        if product_id is None or product_id < 1:
            why.append("no ProductId above 0")
        if why:
            unfit.append(f"ID {values[0]} ({', '.join(why)})")
    return unfit


def _why_unfit(row: dict[str, object]) -> Iterator[str]:
    if not text(row["Name"]):
        yield "no name"
    for name, expected in EXPECTED.items():
        if expected.longest and len(text(row[name])) > expected.longest:
            yield f"{name} is longer than {expected.longest}"
    for name, read in {"Price": cents, "StockQuantity": whole}.items():
        if text(row[name]) and read(row[name]) is None:
            yield f"{name} is no number"
    if (whole(row["StockQuantity"]) or 0) < 0:
        yield "negative stock"


def copy(iris: Iris, columns: dict[str, Column]) -> Copied:
    """Do all four steps, or those that an interrupted attempt did not reach."""
    raise_unless_possible(iris)
    kept = unfinished(iris) or _keep(iris, columns)
    if columns and not _is_made(iris):
        _drop_old(iris, kept)
        columns = {}
    if not columns:
        make_inventory(iris)
    rows = _bring_back(iris, kept)
    known = {*NOT_COPIED, *map(str.casefold, EXPECTED)}
    others = sorted(schema.columns(iris, kept).keys() - known)
    return Copied(rows=rows, kept=kept, others=tuple(others))


def _keep(iris: Iris, columns: dict[str, Column]) -> str:
    """Step 1: copy every column, also those that the shop does not use."""
    kept = next(name for name in _names() if not schema.has_table(iris, name))
    taken = [column for key, column in columns.items() if key not in NOT_COPIED]
    definitions = ", ".join(f"{column.name} {column.definition}" for column in taken)
    iris.define(f"CREATE TABLE {kept} ({OLD_ID} BIGINT, {definitions})")
    names = ", ".join(column.name for column in taken)
    iris.t_start()
    try:
        iris.execute(
            f"INSERT INTO {kept} ({OLD_ID}, {names}) SELECT %ID, {names} FROM {INVENTORY}"  # noqa: S608
        )
        iris.set(kept, SETUP, "copy")
        _raise_unless_same(iris, kept, taken)
    except BaseException:
        iris.t_rollback()
        iris.define(f"DROP TABLE {kept}")
        raise
    iris.t_commit()
    return kept


def _names() -> Iterator[str]:
    number = 1
    while True:
        yield f"{KEPT}{number}"
        number += 1


def _drop_old(iris: Iris, kept: str) -> None:
    """Step 2."""
    columns = schema.columns(iris, INVENTORY)
    _raise_unless_same(iris, kept, [c for key, c in columns.items() if key not in NOT_COPIED])
    try:
        iris.define(f"DROP TABLE {INVENTORY}")
    except ServerError as error:
        raise CopyRefused(
            f"the old table was not dropped ({error}). Nothing is lost: its rows are where they "
            f"were, and in {kept}. Drop it by other means, then run this again with --upgrade"
        ) from None


def _raise_unless_same(iris: Iris, kept: str, columns: list[Column]) -> None:
    names = ", ".join(column.name for column in columns)
    old = iris.select(f"SELECT %ID, {names} FROM {INVENTORY} ORDER BY %ID")  # noqa: S608
    new = iris.select(f"SELECT {OLD_ID}, {names} FROM {kept} ORDER BY {OLD_ID}")  # noqa: S608
    if old != new:
        raise CopyRefused(
            f"{INVENTORY} is not what was copied to {kept}: another program writes to it. Nothing "
            "was taken away. Stop that program, then run this again"
        )


def _is_made(iris: Iris) -> bool:
    """True when an earlier attempt finished step 3."""
    return fits(iris) and not iris.select(f"SELECT TOP 1 %ID FROM {INVENTORY}")  # noqa: S608


def _bring_back(iris: Iris, kept: str) -> int:
    """Step 4."""
    had = schema.columns(iris, kept)
    names = [name for name in COLUMNS.values() if name.casefold() in had or name == "ProductId"]
    values = {name: name for name in names}
    if "productid" not in had:
        values["ProductId"] = OLD_ID
    if "Price" in values:
        # A DOUBLE is rounded to the cents that were meant.
        values["Price"] = "ROUND(Price, 2)"
    iris.t_start()
    try:
        iris.execute(
            f"INSERT INTO {INVENTORY} ({', '.join(names)}) "  # noqa: S608
            f"SELECT {', '.join(values.values())} FROM {kept}"
        )
        came, were = (
            whole(iris.select(f"SELECT COUNT(*) FROM {table}")[0][0])  # noqa: S608
            for table in (INVENTORY, kept)
        )
        if came != were:
            raise CopyRefused(f"{came} of {were} rows came back; all of them are in {kept}")
        iris.kill(SETUP, "copy")
        ledger.write_version(iris)
    except BaseException:
        iris.t_rollback()
        raise
    iris.t_commit()
    return came or 0
