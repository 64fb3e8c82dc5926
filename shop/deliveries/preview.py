"""What a delivery would change, row by row, before anything is written."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from shop.deliveries.numbers import NumberedRow, numbered
from shop.deliveries.reader import Problem, ReadDelivery, ReadRow
from shop.inventory.contract import (
    COLUMNS,
    DETAILS,
    Correction,
    Counts,
    Delivery,
    DeliveryRow,
    Details,
    Inventory,
    Product,
    Shelf,
)
from shop.plurals import counted

MAX_STOCK = 2**31 - 1
"""Bags of one product that every store can count."""
MAX_TICKS = 500
"""More differing rows than this are taken over all together or not at all: a browser's form may
not have more than DATA_UPLOAD_MAX_NUMBER_FIELDS fields."""

KEY = re.compile(r"delivery-[0-9a-f]{32}")
"""What the one-time key of a delivery looks like; it is the reference of its decision."""

State = Literal["new", "topup", "count", "problem"]


def new_key() -> str:
    """A key that was never used before."""
    return f"delivery-{secrets.token_hex(16)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewRow(Details):
    """One row of the file beside what the shop knows of its product.

    ``before`` and ``after`` are bags that can be bought, of a count all that are on the shelf;
    both None for a row with problems, and while it is not said what the quantities are.
    ``differences`` are sentences, one for each detail that would change if it is taken over;
    ``remark`` says that the row brings a product back on sale, or completes one.
    """

    line: int
    product_id: int | None
    quantity: int | None
    state: State
    shelf: Shelf | None = None
    """Where the product stands; None for a new one and for a row that cannot be sold."""
    before: int | None = None
    after: int | None = None
    differences: tuple[str, ...] = ()
    remark: str = ""
    problems: tuple[str, ...] = ()
    offered: int | None = None
    """A free number, for a row without a usable one whose name no coffee has."""
    is_idle: bool = False
    """A row of totals, one without bags, or a count of a coffee that the shop does not have."""
    is_titles: bool = False

    @property
    def happens(self) -> str:
        """What is done with a row that has no problems, in words."""
        if self.state == "new":
            return "New"
        counted = "As counted" if self.before == self.after else "Count"
        words = counted if self.state == "count" else "Top-up"
        return f"{words}: {self.remark}" if self.remark else words


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """Every row of a delivery and what it would do."""

    rows: tuple[PreviewRow, ...]
    notices: tuple[str, ...]
    level: str
    is_count: bool
    is_undecided: bool
    fingerprint: str
    """SHA-256 of the file's own cells, before the shop's details fill its empty cells."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, by line."""
        return tuple(
            Problem(line=row.line, words=words) for row in self.rows for words in row.problems
        )

    @property
    def counts(self) -> Counter[State]:
        """How many rows are new, top up, count, or have problems."""
        return Counter(row.state for row in self.rows)

    @property
    def bags(self) -> int:
        """Bags that the rows without problems bring."""
        return sum(row.quantity or 0 for row in self.rows if not row.problems)

    @property
    def summary(self) -> str:
        """What would be written, in two sentences."""
        counts, yet = self.counts, "Nothing is written yet."
        if counts["problem"]:
            return (
                f"{counted(counts['problem'], 'line')} to put right. Nothing is written until then."
            )
        if self.is_count:
            others = f"{len(self.miscounted):,} with another number than the shop has"
            return f"{counted(counts['count'], 'coffee')} counted, {others}. {yet}"
        come = f"{counted(self.bags, 'bag')} {'comes' if self.bags == 1 else 'come'} in"
        what = f"{counted(counts['new'], 'new coffee')}, {counted(counts['topup'], 'top-up')}"
        return f"{come}: {what}. {yet}"

    @property
    def idle(self) -> tuple[int, ...]:
        """The lines that have nothing to write, which can be left out with a press."""
        return tuple(row.line for row in self.rows if row.is_idle and row.problems)

    @property
    def miscounted(self) -> tuple[PreviewRow, ...]:
        """The rows of a count whose figure is not the shop's."""
        return tuple(row for row in self.rows if row.state == "count" and row.before != row.after)

    @property
    def withdrawn(self) -> tuple[PreviewRow, ...]:
        """The rows that put a withdrawn product back on sale."""
        withdrawn = (row for row in self.rows if row.shelf is Shelf.WITHDRAWN)
        return tuple(row for row in withdrawn if not row.problems)

    @property
    def shelves(self) -> str:
        """SHA-256 (hex) of where each product stands, to see whether that changed since.

        Of a count also of the figures that it is compared with.
        """
        shown = sorted(
            (row.product_id or 0, row.shelf or "", row.before if self.is_count else None)
            for row in self.rows
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()

    @property
    def differing(self) -> tuple[int, ...]:
        """The lines whose details differ from the shop's."""
        return tuple(row.line for row in self.rows if row.differences)

    @property
    def has_ticks(self) -> bool:
        """Whether each differing row can be ticked by itself."""
        return len(self.differing) <= MAX_TICKS

    def count(self) -> Counts:
        """The change to apply for a count, of the rows whose figure is not the shop's."""
        assert not self.problems, "a count with problems can't be written"
        return Counts(rows=tuple(_correction(row) for row in self.miscounted))

    def delivery(self, *, take: Collection[int] = (), again: bool = False) -> Delivery:
        """The change to apply; ``take`` are the ids of products whose details are replaced."""
        assert not self.problems, "a delivery with problems can't be received"
        rows = tuple(
            _delivery_row(row, take_details=row.product_id in take and bool(row.differences))
            for row in self.rows
        )
        return Delivery(rows=rows, again=again, fingerprint=self.fingerprint)


def preview(
    read: ReadDelivery, inventory: Inventory, waiting: Mapping[int, int] | None = None
) -> Preview:
    """Compare a delivery with the stock. Raises InventoryUnavailable or InventoryBusy.

    ``waiting`` are the bags to be collected by product id, which lie on the shelf as well.
    """
    found = numbered(read.rows, inventory)
    ids = {row.product_id for row in found if row.product_id is not None}
    known = inventory.products(ids) if ids else {}
    unfit = _unfit(ids - known.keys(), inventory)
    compared = (
        partial(_counted, waiting=waiting or {})
        if read.is_count
        else partial(_compared, is_decided=not read.is_undecided)
    )
    rows = tuple(compared(row, known, unfit) for row in found)
    if read.is_undecided:
        rows = tuple(replace(row, before=None, after=None) for row in rows)
    return Preview(
        rows=rows,
        notices=read.notices,
        level=read.level,
        is_count=read.is_count,
        is_undecided=read.is_undecided,
        fingerprint=_fingerprint(found),
    )


def _fingerprint(rows: Sequence[ReadRow]) -> str:
    """Equal for equal rows, whatever the order of rows and columns."""
    names = [name for name in COLUMNS if name in DETAILS]
    cells = sorted(
        (row.product_id or 0, *(str(row.details[name]) for name in names), row.quantity or 0)
        for row in rows
    )
    return hashlib.sha256(repr(cells).encode()).hexdigest()


def _unfit(unknown: Collection[int], inventory: Inventory) -> dict[int, int]:
    """Bags of those products whose row another program left unfit for sale."""
    if not unknown:
        return {}
    ids = [row.id for row in inventory.problems() if row.id in unknown]
    return {id_: inventory.balance(id_).in_stock for id_ in ids}


def _compared(
    row: NumberedRow,
    all_known: Mapping[int, Product],
    unfit: Mapping[int, int],
    *,
    is_decided: bool,
) -> PreviewRow:
    """A row with the details that it leaves empty filled in from the shop's.

    What a new coffee lacks matters only once it is decided that its bags came in.
    """
    product_id = row.product_id or 0
    known = all_known.get(product_id)
    before = known.left if known else unfit.get(product_id, 0)
    kept = known.quantity if known and known.shelf is Shelf.WITHDRAWN else 0
    after = before + kept + (row.quantity or 0)
    problems = list(row.problems)
    if is_decided and not known and (new := row.product_id or row.offered):
        problems += _incomplete(row, new)
    if not 0 <= after <= MAX_STOCK:
        problems.append(
            f"The stock has {before:,} bags of it, and this would make {after:,}: "
            f"bring the figure between 0 and {MAX_STOCK:,}."
        )
    is_fit = not problems
    remarks = (row.remark, _remark(known, is_unfit=product_id in unfit))
    return _preview_row(
        row,
        known,
        problems,
        state="topup" if known or product_id in unfit else "new",
        before=before if is_fit else None,
        after=after if is_fit else None,
        is_idle=row.is_idle,
        differences=tuple(_differences(row, known)) if known and is_fit else (),
        remark="; ".join(filter(None, remarks)) if is_fit else "",
    )


def _counted(
    row: NumberedRow,
    all_known: Mapping[int, Product],
    unfit: Mapping[int, int],
    *,
    waiting: Mapping[int, int],
) -> PreviewRow:
    """A row whose quantity is what lies on the shelf, beside what the shop says."""
    known = all_known.get(row.product_id or 0)
    before = known.quantity + waiting.get(known.id, 0) if known else 0
    problems = [problem for problem in row.problems if not known or problem != row.no_number]
    is_unknown = not (known or row.product_id in unfit) and bool(row.product_id or row.offered)
    if row.product_id in unfit:
        problems.append(f"The row of {row.product_id} cannot be sold as it is: correct it first.")
    elif is_unknown:
        problems.append("The shop has no such coffee to count: leave it out, or add it first.")
    if known and row.quantity is not None and row.quantity < waiting.get(known.id, 0):
        problems.append(
            f"It has {counted(waiting[known.id], 'bag')} to be collected: "
            "hand them over or cancel their orders first."
        )
    is_fit = not problems
    return _preview_row(
        row,
        known,
        problems,
        state="count",
        is_idle=row.is_idle or is_unknown,
        before=before if is_fit else None,
        after=row.quantity if is_fit else None,
        remark=row.remark if is_fit else "",
    )


def _preview_row(
    row: NumberedRow, known: Product | None, problems: Sequence[str], *, state: State, **seen: Any
) -> PreviewRow:
    return PreviewRow(
        line=row.line,
        product_id=row.product_id,
        quantity=row.quantity,
        state="problem" if problems else state,
        shelf=known.shelf if known else None,
        problems=tuple(problems),
        offered=row.offered,
        is_titles=row.is_titles,
        **seen,
        **(row.completed(known) if known else row.details),
    )


def _incomplete(row: ReadRow, number: int) -> Iterable[str]:
    """What a new coffee lacks."""
    needed = {
        "Name": (row.name, "write the coffee's name"),
        "Description": (row.description, "write what it tastes of"),
        "CountryOfOrigin": (row.origin, "write the country it grew in"),
        "Price": (row.price, "write a price, such as 12.50"),
    }
    for column, (value, remedy) in needed.items():
        is_named = any(problem.startswith(column) for problem in row.problems)
        if not (value or is_named):
            yield f"{column} is empty, and {number} is a new coffee: {remedy}."


def _differences(row: ReadRow, known: Product) -> Iterable[str]:
    if row.price is not None and row.price != known.price:
        yield f"Price {row.price} here, {known.price} in the shop."
    if row.name and row.name != known.name:
        yield f"Name “{row.name}” here, “{known.name}” in the shop."
    if row.origin and row.origin != known.origin:
        here = known.origin or "none"
        yield f"Origin {row.origin} here, {here} in the shop."
    if row.description and row.description != known.description:
        yield "The description is another one than the shop's."


def _remark(known: Product | None, *, is_unfit: bool) -> str:
    if is_unfit:
        return "its row cannot be sold as it is; what it lacks is filled in from here"
    if known and known.shelf is Shelf.WITHDRAWN:
        return f"withdrawn; comes back on sale, with the {known.quantity:,} kept"
    if known and known.shelf is Shelf.SOLD_OUT:
        return "sold out; comes back on sale"
    return ""


def _delivery_row(row: PreviewRow, *, take_details: bool) -> DeliveryRow:
    assert row.product_id is not None, "a row without problems has an id"
    assert row.price is not None, "… and a price, its own or the shop's"
    assert row.quantity is not None, "… and a quantity"
    return DeliveryRow(
        product_id=row.product_id,
        quantity=row.quantity,
        take_details=take_details,
        shown=row.shelf,
        **row.details,
    )


def _correction(row: PreviewRow) -> Correction:
    assert row.product_id is not None, "a row without problems has an id"
    assert row.before is not None, "… and what the shop says"
    assert row.quantity is not None, "… and a quantity"
    return Correction(product_id=row.product_id, shown=row.before, counted=row.quantity)
