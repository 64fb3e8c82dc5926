"""Computes what each change of stock does; the stores only read and write.

A store locks the products that :func:`touched` returns, reads a :class:`Holding` of each, calls
:func:`plan`, and writes its outcomes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from shop.inventory.contract import (
    DETAILS,
    MAX_PRICE,
    AcceptOutside,
    Change,
    ChangeRefused,
    ChangeResult,
    Correction,
    Counts,
    Decided,
    Decision,
    DecisionKind,
    Delivery,
    DeliveryRepeated,
    DeliveryRow,
    Details,
    DetailsChanged,
    Inventory,
    Movement,
    MovementKind,
    NewDetails,
    Note,
    PriceList,
    Product,
    PutBack,
    Return,
    Shelf,
    ShelfChanged,
    SoldLine,
    UndoDelivery,
    UnknownProduct,
    Withdrawal,
)
from shop.inventory.ledger import Head, Prices, Stamp, Step, next_movements
from shop.inventory.row import Row

CHANGE_NAMES: dict[type, str] = {
    Delivery: "delivery",
    UndoDelivery: "undo of a delivery",
    Correction: "correction",
    Counts: "counts",
    NewDetails: "details",
    Withdrawal: "withdrawal",
    PutBack: "put back",
    Return: "return",
    AcceptOutside: "accept outside",
    PriceList: "price list",
}

MEMORIES: dict[type, str] = {
    Delivery: "delivery rows",
    Return: "return of a sale",
    UndoDelivery: "undo of one delivery",
}
"""The name of the ledger's entry that recognises a repeated change."""

Remembered = Delivery | Return | UndoDelivery


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
        """The kept product if it is withdrawn, else None.

        Also None when another program has inserted a row for it: then the row is on sale, and the
        kept bags stay unavailable until the product is withdrawn again.
        """
        kept = self.shelved
        return kept if kept and not self.row and kept.shelf is Shelf.WITHDRAWN else None

    @property
    def shelf(self) -> Shelf | None:
        """The product's shelf; None when the store does not have it."""
        if self.row:
            return Shelf.ON_SALE
        return self.shelved.shelf if self.shelved else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What to write for one product: its row, or its kept details, and its movements."""

    product_id: int
    row: Row | None
    shelved: Product | None
    movements: tuple[Movement, ...]
    result: ChangeResult

    @property
    def on_sale_since(self) -> datetime | None:
        """The time of the change if it put the product on sale; else None."""
        came = self.result.before <= 0 < self.result.after
        return self.movements[-1].at if came else None


def digest(change: Change) -> str:
    """SHA-256 (hex) of a change's content; the order of rows does not matter."""
    data: dict[str, Any] = asdict(change)
    data.pop("again", None)
    if not data.get("written_off"):
        # The digest of a return as version 0.1 has it.
        data.pop("written_off", None)
    if isinstance(change, NewDetails):
        data.pop("shown")
    if data.pop("fingerprint", ""):
        assert isinstance(change, Delivery)
        data = {"fingerprint": change.fingerprint}
    if "rows" in data:
        data["rows"] = sorted(data["rows"], key=lambda row: int(row["product_id"]))
        for row in data["rows"]:
            if isinstance(change, Delivery):
                row.pop("take_details")
                row.pop("must_be_new")
            if isinstance(change, Delivery | PriceList):
                row.pop("shown")
    text = json.dumps([CHANGE_NAMES[type(change)], data], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def remembered(
    change: Remembered, note: Note, at: datetime, find: Callable[[str], Decision | None]
) -> Decision | None:
    """The ledger entry by which a repeated delivery, return or undo is recognised.

    ``find`` returns the ledger's decision under a reference, under its lock. Returns None when
    the ledger has the entry already and the delivery says ``again``. Raises DeliveryRepeated, or
    Decided for a sale that was returned, or a delivery that was undone, under another key.
    """
    reference = memory_reference(change)
    if earlier := find(reference):
        first = find(earlier.reason["key"]) or earlier
        if not isinstance(change, Delivery):
            raise Decided(first)
        if not change.again:
            raise DeliveryRepeated(first)
        return None
    return Decision(
        reference=reference,
        kind=DecisionKind.CHANGE,
        token_hash=digest(change),
        at=at,
        reason={"change": MEMORIES[type(change)], "key": note.key},
    )


def memory_reference(change: Remembered) -> str:
    """The reference of the entry that recognises a repeated delivery, return or undo."""
    match change:
        case Delivery():
            return f"delivery:{digest(change)}"
        case UndoDelivery():
            return f"undo of {change.delivery}"
        case Return():
            return f"return of {change.sale}"


def source_of(change: Change) -> str | None:
    """The reference of the decision that a change takes back; None for other changes."""
    match change:
        case Return():
            return change.sale
        case UndoDelivery():
            return change.delivery
        case _:
            return None


def received_before(inventory: Inventory, change: Delivery) -> Decision | None:
    """The ledger's decision on an earlier delivery of these rows, else None."""
    known = inventory.decision(memory_reference(change))
    return inventory.decision(known.reason["key"]) if known else None


def undo_of(inventory: Inventory, delivery: str) -> Decision | None:
    """The ledger's decision that undid the delivery under this key, else None."""
    known = inventory.decision(memory_reference(UndoDelivery(delivery=delivery)))
    return inventory.decision(known.reason["key"]) if known else None


def is_counts(decision: Decision) -> bool:
    """True for the decision of :class:`Counts`."""
    return decision.reason.get("change") == CHANGE_NAMES[Counts]


def is_delivery(decision: Decision) -> bool:
    """True for the decision of a :class:`Delivery`."""
    kind, change = decision.kind, decision.reason.get("change")
    return kind is DecisionKind.CHANGE and change == CHANGE_NAMES[Delivery]


def touched(change: Change, source: Decision | None = None) -> list[int]:
    """The ids to lock for a change, in id order, which every caller uses to avoid deadlocks."""
    match change:
        case Delivery() | Counts() | PriceList():
            return sorted(row.product_id for row in change.rows)
        case Return():
            return sorted(line.product_id for line in source.lines) if source else []
        case UndoDelivery():
            return sorted(result.product_id for result in source.results) if source else []
        case _:
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
    source: Decision | None = None,
) -> tuple[Outcome, ...]:
    """The outcomes to write for a change, one for each product, in id order.

    Raises UnknownProduct, ChangeRefused or ShelfChanged. ``source`` is the decision that a Return
    or an UndoDelivery names.
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
        case Counts() | PriceList():
            together: tuple[Correction | NewDetails, ...] = change.rows
            ordered = sorted(together, key=lambda row: row.product_id)
            return tuple(plan(row, holdings, note, at)[0] for row in ordered)
        case Withdrawal():
            return (_withdraw(holdings[change.product_id], stamp),)
        case PutBack():
            return (_put_back(holdings[change.product_id], stamp),)
        case AcceptOutside():
            return (_accept_outside(holdings[change.product_id], stamp),)
        case Return():
            return _returned(change, source, holdings, stamp)
        case UndoDelivery():
            return _undone(source, holdings, stamp)


def _returned(
    change: Return, sale: Decision | None, holdings: Mapping[int, Holding], stamp: Stamp
) -> tuple[Outcome, ...]:
    if sale is None or sale.kind is not DecisionKind.SALE:
        raise UnknownProduct(0)
    stamp = replace(stamp, why=stamp.why or f"order {change.sale} cancelled")
    put_back = _write_off if change.written_off else _return
    lines = sorted(sale.lines, key=lambda line: line.product_id)
    return tuple(put_back(line, holdings[line.product_id], stamp) for line in lines)


def _undone(
    delivery: Decision | None, holdings: Mapping[int, Holding], stamp: Stamp
) -> tuple[Outcome, ...]:
    if delivery is None or not is_delivery(delivery):
        raise UnknownProduct(0)
    stamp = replace(stamp, why=stamp.why or "delivery undone")
    results = sorted(delivery.results, key=lambda result: result.product_id)
    return tuple(_take_back(one, holdings[one.product_id], stamp) for one in results)


def _deliver(row: DeliveryRow, holding: Holding, stamp: Stamp) -> Outcome:
    # A withdrawn product is put back only if the page showed it as withdrawn.
    needed = row.shown or (None if holding.withdrawn else holding.shelf)
    if holding.shelf is not needed or (row.must_be_new and holding.shelf):
        raise ShelfChanged(row.product_id, row.shown, holding.shelf)
    step = Step(MovementKind.DELIVERY, row.quantity)
    return _add(holding, row, step, stamp, take_details=row.take_details)


def _take_back(given: ChangeResult, holding: Holding, stamp: Stamp) -> Outcome:
    """Undo what a delivery did to one product, as far as its bags are still there."""
    kept = holding.withdrawn
    known = holding.row or holding.shelved
    there = kept.quantity if kept else max(0, holding.in_stock)
    taken = min(given.quantity, there)
    left = there - taken
    before: dict[str, Any] = {
        name: Decimal(was) if name == "price" else was
        for name, (was, made) in given.was.items()
        if known and was and str(getattr(known, name)) == made
    }
    restored = Details(**known.details | before) if known else Details()
    changed = differences(known, restored) if known else ""
    steps = [Step(MovementKind.DETAILS, 0, changed)] if changed else []
    row, shelved = holding.row, holding.shelved
    if kept:
        steps.append(Step(MovementKind.WITHDRAWAL, taken, "taken from the withdrawn bags"))
        steps.append(Step(MovementKind.CORRECTION, -taken))
    else:
        steps.append(Step(MovementKind.CORRECTION, -taken))
        row = replace(row, quantity=left, **before) if row else None
    if shelved:
        shelved = replace(shelved, quantity=left if kept else shelved.quantity, **before)
    outcome = _outcome(holding, row, shelved, steps, stamp, quantity=-taken)
    if row and row.price and (given.put_back or (given.is_new and not left)):
        outcome = _off_sale_again(outcome, holding, steps, stamp)
    return replace(outcome, result=replace(outcome.result, details=changed))


def _off_sale_again(outcome: Outcome, holding: Holding, steps: list[Step], stamp: Stamp) -> Outcome:
    """The same with the product withdrawn, as the delivery found it, or because it never came."""
    row = outcome.row
    assert row is not None, "only a product on sale is withdrawn"
    shelved = Product(id=holding.product_id, shelf=Shelf.WITHDRAWN, since=stamp.at, **asdict(row))
    steps = [*steps, Step(MovementKind.WITHDRAWAL, -(row.quantity or 0))]
    return _outcome(holding, None, shelved, steps, stamp, quantity=outcome.result.quantity)


def _return(line: SoldLine, holding: Holding, stamp: Stamp) -> Outcome:
    step = Step(MovementKind.RETURN, line.quantity)
    if holding.withdrawn:
        return _keep(holding.withdrawn, holding, step, stamp)
    details = Details(name=line.name, price=line.unit_price, origin=line.origin)
    return _add(holding, details, step, stamp)


def _write_off(line: SoldLine, holding: Holding, stamp: Stamp) -> Outcome:
    steps = [
        Step(MovementKind.RETURN, line.quantity),
        Step(MovementKind.CORRECTION, -line.quantity, "written off"),
    ]
    outcome = _outcome(holding, holding.row, holding.shelved, steps, stamp, quantity=0)
    return replace(outcome, result=replace(outcome.result, name=line.name))


def _add(
    holding: Holding, given: Details, step: Step, stamp: Stamp, *, take_details: bool = False
) -> Outcome:
    """Add bags to the row, or to a new row; the given details complete the known ones."""
    known = holding.row or holding.shelved
    steps = [step]
    kept = 0
    if holding.withdrawn:
        kept = holding.withdrawn.quantity
        steps.insert(0, Step(MovementKind.PUT_BACK, kept))
    details = given.details if known is None or take_details else known.completed(given)
    changed = differences(known, Details(**details)) if known else ""
    if changed:
        steps.insert(0, Step(MovementKind.DETAILS, 0, changed))
    after = holding.in_stock + kept + step.change
    if after < 0:
        raise ChangeRefused(holding.product_id, holding.in_stock, step.change)
    row = Row(quantity=after, **details)
    shelved = _beside_a_row(holding)
    outcome = _outcome(holding, row, shelved, steps, stamp, quantity=step.change)
    result = replace(outcome.result, is_new=known is None, details=changed, was=_was(known, row))
    return replace(outcome, result=result)


def _was(known: Details | None, now: Details) -> dict[str, tuple[str, str]]:
    """The details that changed, by name, as texts: as they were, and as they are."""
    if known is None:
        return {}
    was = {name: "" if value is None else str(value) for name, value in known.details.items()}
    return {
        name: (was[name], str(value))
        for name, value in now.details.items()
        if str(value) != was[name]
    }


def _beside_a_row(holding: Holding) -> Product | None:
    """The withdrawn bags that stay kept while a row of another program is on sale."""
    kept = holding.shelved
    return kept if holding.row and kept and kept.shelf is Shelf.WITHDRAWN else None


def _keep(kept: Product, holding: Holding, step: Step, stamp: Stamp) -> Outcome:
    """Add bags to the kept bags of a withdrawn product, or remove some; it stays withdrawn."""
    after = kept.quantity + step.change
    if after < 0:
        raise ChangeRefused(holding.product_id, kept.quantity, step.change)
    steps = [step]
    if step.change:
        # The stock on sale stays 0, and the running quantity is never negative in between.
        is_more = step.change > 0
        words = "kept with the withdrawn bags" if is_more else "taken from the withdrawn bags"
        moved = Step(MovementKind.WITHDRAWAL, -step.change, words)
        steps = [step, moved] if is_more else [moved, step]
    shelved = replace(kept, quantity=after)
    return _outcome(holding, None, shelved, steps, stamp, quantity=step.change)


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
    known = holding.row or holding.shelved
    if known is None:
        raise UnknownProduct(change.product_id)
    wanted = _wanted(change, known)
    changed = differences(known, Details(**known.details | wanted))
    row = replace(holding.row, **wanted) if holding.row else None
    shelved = replace(holding.shelved, **wanted) if holding.shelved else None
    steps = [Step(MovementKind.DETAILS, 0, changed)]
    outcome = _outcome(holding, row, shelved, steps, stamp, quantity=0)
    return replace(outcome, result=replace(outcome.result, details=changed))


def _wanted(change: NewDetails, known: Details) -> dict[str, Any]:
    """The details to write, by name. Raises DetailsChanged where another person wrote one too."""
    if change.shown is None:
        return change.details
    shown, now = change.shown.details, known.details
    wanted = {name: value for name, value in change.details.items() if value != shown[name]}
    both = {
        name: now[name]
        for name, value in wanted.items()
        if _bare(now[name]) not in (_bare(shown[name]), _bare(value))
    }
    if both:
        raise DetailsChanged(change.product_id, both)
    return wanted


def _bare(value: Any) -> Any:
    """A text without the spaces that a form changes; any other value as it is."""
    return " ".join(value.split()) if isinstance(value, str) else value


def differences(before: Details, after: Details) -> str:
    """What is different after a change of details, in words; empty when nothing is."""
    price = "none" if before.price is None else before.price
    words = {
        "price": f"price {price} → {after.price}",
        "name": f"name was {before.name or 'none'}",
        "origin": f"origin was {before.origin or 'none'}",
        "description": "another description",
    }
    was, now = before.details, after.details
    return ", ".join(words[name] for name in DETAILS if now[name] != was[name])


def _withdraw(holding: Holding, stamp: Stamp) -> Outcome:
    row = holding.row
    if row is None or row.price is None or not row.name or (row.quantity or 0) < 0:
        raise UnknownProduct(holding.product_id)
    quantity = row.quantity or 0
    already = _beside_a_row(holding)
    shelved = Product(
        id=holding.product_id,
        quantity=quantity + (already.quantity if already else 0),
        shelf=Shelf.WITHDRAWN,
        since=stamp.at,
        **row.details,
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
        # With no bags it is treated like a product whose last bag was sold.
        sold_out = replace(kept, shelf=Shelf.SOLD_OUT, since=stamp.at)
        return _outcome(holding, None, sold_out, steps, stamp, quantity=0)
    row = replace(row, quantity=kept.quantity)
    return _outcome(holding, row, None, steps, stamp, quantity=kept.quantity)


def _accept_outside(holding: Holding, stamp: Stamp) -> Outcome:
    if holding.row is None and holding.shelved is None and holding.last is None:
        raise UnknownProduct(holding.product_id)
    return _outcome(holding, holding.row, holding.shelved, [], stamp, quantity=0)


def _price(known: Details | None) -> Decimal | None:
    """The price that a movement keeps: None for one that another program wrote out of range."""
    price = known.price if known else None
    return price if price is not None and 0 <= price <= MAX_PRICE else None


def _row_of(product: Product | None) -> Row | None:
    """The details of a product without a row, as a row with quantity 0."""
    return Row(quantity=0, **product.details) if product else None


def _outcome(
    holding: Holding,
    row: Row | None,
    shelved: Product | None,
    steps: list[Step],
    stamp: Stamp,
    *,
    quantity: int,
) -> Outcome:
    prices = Prices(_price(holding.row or holding.shelved), _price(row or shelved))
    movements = next_movements(
        holding.product_id, holding.last, holding.in_stock, steps, stamp, prices
    )
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
            quantity=quantity,
            kept=shelved.quantity if shelved and is_kept else None,
        ),
    )
