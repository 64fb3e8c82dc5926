"""How much of the long proofs one run tries: today's part of them, or everything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")

PARTS = 6
"""So many days in a row try all of a family."""
WHOLE = os.environ.get("PROOFS") == "all"
"""Set by ``make proofs``."""


def part_of(family: Iterable[T]) -> Iterator[T]:
    """Every PARTS-th of a family, another one each day of UTC; PROOFS=3 takes that day's again."""
    chosen = os.environ.get("PROOFS") or str(datetime.now(UTC).toordinal() % PARTS)
    if WHOLE:
        yield from family
        return
    print(f"PROOFS={chosen} tries the same part, {PARTS} parts are all of it.")
    for number, member in enumerate(family):
        if number % PARTS == int(chosen) % PARTS:
            yield member
