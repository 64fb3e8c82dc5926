"""How movements are numbered and what runs along with them; the same for every store."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shop.inventory.contract import Movement, MovementKind


class Head(Protocol):
    """The last movement of a product, as far as the next one needs it."""

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
    """One change of a quantity, by so many bags; ``why`` where the stamp's does not say it."""

    kind: MovementKind
    change: int
    why: str = ""


def next_movements(
    product_id: int, last: Head | None, in_stock: int, steps: Sequence[Step], stamp: Stamp
) -> tuple[Movement, ...]:
    """The movements that take a product from ``in_stock`` through ``steps``.

    Without a last movement an opening one comes first (unless there was nothing to open with);
    if the stock is not what the last movement left, other programs changed it, and a movement
    says so before anything else. Without steps it is that movement itself that somebody accepts.
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
            )
        )
    return tuple(written)


def new_version() -> str:
    """A value that was never a version before; random, since a counter survives a rollback."""
    return secrets.token_hex(8)
