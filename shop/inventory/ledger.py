"""Builds numbered ledger movements with their running quantity; the same for every store."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from shop.inventory.contract import Movement, MovementKind


class Head(Protocol):
    """The fields of a product's last movement that the next one needs."""

    @property
    def number(self) -> int: ...

    @property
    def after(self) -> int: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """When, by whom, why and under which reference movements are written."""

    at: datetime
    who: str
    why: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a quantity, in bags; ``why`` replaces the stamp's reason."""

    kind: MovementKind
    change: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """The price of a bag before the steps, and from the first of them on."""

    before: Decimal | None
    after: Decimal | None


def next_movements(
    product_id: int,
    last: Head | None,
    in_stock: int,
    steps: Sequence[Step],
    stamp: Stamp,
    prices: Prices,
) -> tuple[Movement, ...]:
    """The movements that take a product from ``in_stock`` through ``steps``.

    A product without movements gets an OPENING movement first, unless its stock is 0. If the stock
    differs from the last movement's quantity, other programs changed it, and an OUTSIDE movement
    comes first. Without steps, a person has accepted that OUTSIDE movement: it gets the stamp's
    name and reason.
    """
    number = last.number if last else 0
    after = last.after if last else 0
    ahead: list[Step] = []
    if in_stock != after:
        kind = MovementKind.OUTSIDE if last else MovementKind.OPENING
        ahead.append(Step(kind, in_stock - after))
    written = []
    for step in [*ahead, *steps]:
        number += 1
        after += step.change
        ours = step not in ahead or not steps
        written.append(
            Movement(
                product_id=product_id,
                number=number,
                kind=step.kind,
                change=step.change,
                after=after,
                at=stamp.at,
                who=stamp.who if ours or step.kind is not MovementKind.OUTSIDE else "",
                why=(step.why or stamp.why) if ours else f"found at {stamp.reference}",
                reference=stamp.reference,
                price=prices.before if step in ahead else prices.after,
            )
        )
    return tuple(written)


def new_version() -> str:
    """A random value that was never a version before; a counter could repeat after a rollback."""
    return secrets.token_hex(8)
