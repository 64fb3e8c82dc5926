"""What each change of stock does, worked out on values; the stores only read and write.

A store locks the products that :func:`touched` names, reads a :class:`Holding` of each, asks
:func:`plan` what should be there afterwards, and writes exactly that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from shop.inventory.contract import (
    AcceptOutside,
    Change,
    ChangeRefused,
    ChangeResult,
    Correction,
    Decision,
    DecisionKind,
    Delivery,
    DeliveryRow,
    Inventory,
    Movement,
    MovementKind,
    NewDetails,
    Note,
    Product,
    PutBack,
    Return,
    Shelf,
    ShelfChanged,
    SoldLine,
    UnknownProduct,
    Withdrawal,
)
from shop.inventory.ledger import Head, Stamp, Step, next_movements

CHANGE_NAMES: dict[type, str] = {
    Delivery: "delivery",
    Correction: "correction",
    NewDetails: "details",
    Withdrawal: "withdrawal",
    PutBack: "put back",
    Return: "return",
    AcceptOutside: "accept outside",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of the store as it stands there; None where another program left nothing."""

    name: str
    price: Decimal | None
    quantity: int | None
    origin: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """All that the store has of one product, read under its lock."""

    product_id: int
    row: Row | None
    shelved: Product | None
    last: Head | None

    @property
    def in_stock(self) -> int:
        return (self.row.quantity or 0) if self.row else 0

    @property
    def withdrawn(self) -> Product | None:
        """The product as it is kept while it is withdrawn.

        None where another program put a row beside what is kept: the row is on sale then, and
        what is kept stays out of reach until it is withdrawn again.
        """
        kept = self.shelved
        return kept if kept and not self.row and kept.shelf is Shelf.WITHDRAWN else None

    @property
    def shelf(self) -> Shelf | None:
        """Where the product stands; None when the store has nothing of it."""
        if self.row:
            return Shelf.ON_SALE
        return self.shelved.shelf if self.shelved else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What should stand in the store for one product: a row, or a place off the shelf."""

    product_id: int
    row: Row | None
    shelved: Product | None
    movements: tuple[Movement, ...]
    result: ChangeResult


def digest(change: Change) -> str:
    """SHA-256 (hex) of what a change says, the same however its rows are ordered."""
    data: dict[str, Any] = asdict(change)
    data.pop("again", None)
    if data.pop("fingerprint", ""):
        assert isinstance(change, Delivery)
        data = {"fingerprint": change.fingerprint}
    if "rows" in data:
        data["rows"] = sorted(data["rows"], key=lambda row: int(row["product_id"]))
        for row in data["rows"]:
            row.pop("take_details")
            row.pop("shown")
    text = json.dumps([CHANGE_NAMES[type(change)], data], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def delivery_reference(change: Delivery) -> str:
    """The reference under which the ledger remembers a delivery's rows."""
    return f"delivery:{digest(change)}"


def return_reference(change: Return) -> str:
    """The reference under which the ledger remembers that a sale's bags came back."""
    return f"return of {change.sale}"


def return_memory(change: Return, note: Note, at: datetime) -> Decision:
    """What the ledger remembers of a return: under which key it was made."""
    return Decision(
        reference=return_reference(change),
        kind=DecisionKind.CHANGE,
        token_hash=digest(change),
        at=at,
        reason={"change": "return of a sale", "key": note.key},
    )


def received_before(inventory: Inventory, change: Delivery) -> Decision | None:
    """When these rows came before, as the ledger has it; None when they never did."""
    known = inventory.decision(delivery_reference(change))
    return inventory.decision(known.reason["key"]) if known else None


def is_delivery(decision: Decision) -> bool:
    """True for the decision of a :class:`Delivery`."""
    kind, change = decision.kind, decision.reason.get("change")
    return kind is DecisionKind.CHANGE and change == CHANGE_NAMES[Delivery]


def touched(change: Change, sale: Decision | None = None) -> list[int]:
    """The ids that a change needs held, in the one order in which everybody locks."""
    if isinstance(change, Delivery):
        return sorted({row.product_id for row in change.rows})
    if isinstance(change, Return):
        return sorted(line.product_id for line in sale.lines) if sale else []
    return [change.product_id]


def record(change: Change, note: Note, outcomes: tuple[Outcome, ...], at: datetime) -> Decision:
    """The ledger's entry for a change that was made."""
    return Decision(
        reference=note.key,
        kind=DecisionKind.CHANGE,
        token_hash=digest(change),
        at=at,
        reason={"change": CHANGE_NAMES[type(change)], "who": note.who, "why": note.why},
        results=tuple(outcome.result for outcome in outcomes),
    )


def plan(
    change: Change,
    holdings: Mapping[int, Holding],
    note: Note,
    at: datetime,
    sale: Decision | None = None,
) -> tuple[Outcome, ...]:
    """What should be there after the change, for each product it touches, in id order.

    Raises UnknownProduct, ChangeRefused or ShelfChanged. ``sale`` is the decision that a Return
    names.
    """
    stamp = Stamp(at=at, who=note.who, why=note.why, reference=note.key)
    match change:
        case Delivery():
            rows = sorted(change.rows, key=lambda row: row.product_id)
            return tuple(_deliver(row, holdings[row.product_id], stamp) for row in rows)
        case Correction():
            return (_correct(change, holdings[change.product_id], stamp),)
        case NewDetails():
            return (_new_details(change, holdings[change.product_id], stamp),)
        case Withdrawal():
            return (_withdraw(holdings[change.product_id], stamp),)
        case PutBack():
            return (_put_back(holdings[change.product_id], stamp),)
        case AcceptOutside():
            return (_accept_outside(holdings[change.product_id], stamp),)
        case Return():
            if sale is None or sale.kind is not DecisionKind.SALE:
                raise UnknownProduct(0)
            stamp = replace(stamp, why=stamp.why or f"order {change.sale} cancelled")
            return tuple(
                _return(line, holdings[line.product_id], stamp)
                for line in sorted(sale.lines, key=lambda line: line.product_id)
            )


def _deliver(row: DeliveryRow, holding: Holding, stamp: Stamp) -> Outcome:
    details = Row(
        name=row.name,
        price=row.price,
        quantity=0,
        origin=row.origin,
        description=row.description,
    )
    # Only a person who saw that it is withdrawn puts it back.
    needed = row.shown or (None if holding.withdrawn else holding.shelf)
    if holding.shelf is not needed:
        raise ShelfChanged(row.product_id, row.shown, holding.shelf)
    step = Step(MovementKind.DELIVERY, row.quantity)
    return _add(holding, details, step, stamp, take_details=row.take_details)


def _return(line: SoldLine, holding: Holding, stamp: Stamp) -> Outcome:
    step = Step(MovementKind.RETURN, line.quantity)
    if holding.withdrawn:
        return _keep(holding.withdrawn, holding, step, stamp)
    details = Row(
        name=line.name,
        price=line.unit_price,
        quantity=0,
        origin=line.origin,
        description="",
    )
    return _add(holding, details, step, stamp)


def _add(
    holding: Holding, details: Row, step: Step, stamp: Stamp, *, take_details: bool = False
) -> Outcome:
    """Bags come in: onto the row, or onto a new row with the details that are known."""
    known = holding.row or _row_of(holding.shelved)
    steps = [step]
    kept = 0
    if holding.withdrawn:
        kept = holding.withdrawn.quantity
        steps.insert(0, Step(MovementKind.PUT_BACK, kept))
    words = details if known is None or take_details else _mend(known, details)
    after = holding.in_stock + kept + step.change
    if after < 0:
        raise ChangeRefused(holding.product_id, holding.in_stock, step.change)
    row = replace(words, quantity=after)
    shelved = _beside_a_row(holding)
    return _outcome(holding, row, shelved, steps, stamp, quantity=step.change, new=known is None)


def _beside_a_row(holding: Holding) -> Product | None:
    """What stays kept of a product whose row changes: bags withdrawn, another program's row."""
    kept = holding.shelved
    return kept if holding.row and kept and kept.shelf is Shelf.WITHDRAWN else None


def _keep(kept: Product, holding: Holding, step: Step, stamp: Stamp) -> Outcome:
    """Bags join those that are kept of a withdrawn product, or leave them; it stays withdrawn."""
    after = kept.quantity + step.change
    if after < 0:
        raise ChangeRefused(holding.product_id, kept.quantity, step.change)
    steps = [step]
    if step.change:
        # What can be bought stays none, and is never below none on the way.
        is_more = step.change > 0
        words = "kept with the withdrawn bags" if is_more else "taken from the withdrawn bags"
        moved = Step(MovementKind.WITHDRAWAL, -step.change, words)
        steps = [step, moved] if is_more else [moved, step]
    shelved = replace(kept, quantity=after)
    return _outcome(holding, None, shelved, steps, stamp, quantity=step.change)


def _mend(known: Row, details: Row) -> Row:
    """The known details; where another program left none, those that came along."""
    return replace(
        known,
        name=known.name or details.name,
        price=details.price if known.price is None else known.price,
        origin=known.origin or details.origin,
        description=known.description or details.description,
    )


def _correct(change: Correction, holding: Holding, stamp: Stamp) -> Outcome:
    row = holding.row or _row_of(holding.shelved)
    if row is None:
        raise UnknownProduct(change.product_id)
    difference = change.counted - change.shown
    step = Step(MovementKind.CORRECTION, difference)
    if holding.withdrawn:
        return _keep(holding.withdrawn, holding, step, stamp)
    after = holding.in_stock + difference
    if after < 0:
        raise ChangeRefused(change.product_id, holding.in_stock, difference)
    if holding.row is None and after == 0:
        return _outcome(holding, None, holding.shelved, [step], stamp, quantity=difference)
    counted = replace(row, quantity=after)
    return _outcome(holding, counted, _beside_a_row(holding), [step], stamp, quantity=difference)


def _new_details(change: NewDetails, holding: Holding, stamp: Stamp) -> Outcome:
    details: dict[str, Any] = {
        "name": change.name,
        "price": change.price,
        "origin": change.origin,
        "description": change.description,
    }
    row = replace(holding.row, **details) if holding.row else None
    shelved = replace(holding.shelved, **details) if holding.shelved else None
    if row is None and shelved is None:
        raise UnknownProduct(change.product_id)
    return _outcome(holding, row, shelved, [Step(MovementKind.DETAILS, 0)], stamp, quantity=0)


def _withdraw(holding: Holding, stamp: Stamp) -> Outcome:
    row = holding.row
    if row is None or row.price is None or not row.name or (row.quantity or 0) < 0:
        raise UnknownProduct(holding.product_id)
    quantity = row.quantity or 0
    already = _beside_a_row(holding)
    shelved = Product(
        id=holding.product_id,
        name=row.name,
        price=row.price,
        quantity=quantity + (already.quantity if already else 0),
        origin=row.origin,
        description=row.description,
        shelf=Shelf.WITHDRAWN,
        since=stamp.at,
    )
    step = Step(MovementKind.WITHDRAWAL, -quantity)
    return _outcome(holding, None, shelved, [step], stamp, quantity=step.change)


def _put_back(holding: Holding, stamp: Stamp) -> Outcome:
    kept = holding.withdrawn
    row = _row_of(kept)
    if kept is None or row is None:
        raise UnknownProduct(holding.product_id)
    steps = [Step(MovementKind.PUT_BACK, kept.quantity)]
    if not kept.quantity:
        # Without a bag it is as it would be after its last one was sold.
        sold_out = replace(kept, shelf=Shelf.SOLD_OUT, since=stamp.at)
        return _outcome(holding, None, sold_out, steps, stamp, quantity=0)
    row = replace(row, quantity=kept.quantity)
    return _outcome(holding, row, None, steps, stamp, quantity=kept.quantity)


def _accept_outside(holding: Holding, stamp: Stamp) -> Outcome:
    if holding.row is None and holding.shelved is None and holding.last is None:
        raise UnknownProduct(holding.product_id)
    return _outcome(holding, holding.row, holding.shelved, [], stamp, quantity=0)


def _row_of(product: Product | None) -> Row | None:
    """The details of a product off the shelf, as a row without bags."""
    if product is None:
        return None
    return Row(
        name=product.name,
        price=product.price,
        quantity=0,
        origin=product.origin,
        description=product.description,
    )


def _outcome(
    holding: Holding,
    row: Row | None,
    shelved: Product | None,
    steps: list[Step],
    stamp: Stamp,
    *,
    quantity: int,
    new: bool = False,
) -> Outcome:
    movements = next_movements(holding.product_id, holding.last, holding.in_stock, steps, stamp)
    after = (row.quantity or 0) if row else 0
    name = row.name if row else (shelved.name if shelved else "")
    is_kept = row is None and shelved is not None and shelved.shelf is Shelf.WITHDRAWN
    return Outcome(
        product_id=holding.product_id,
        row=row,
        shelved=shelved,
        movements=movements,
        result=ChangeResult(
            product_id=holding.product_id,
            name=name,
            before=holding.in_stock,
            change=after - holding.in_stock,
            after=after,
            is_new=new,
            quantity=quantity,
            kept=shelved.quantity if shelved and is_kept else None,
        ),
    )
