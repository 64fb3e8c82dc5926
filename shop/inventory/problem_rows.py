"""Rows that cannot be sold, as a check tells of them; the same for every store."""

from __future__ import annotations

from collections.abc import Sequence

from shop.inventory.contract import Check, ProblemRow

SHOWN = 10


def check_of(problems: Sequence[ProblemRow]) -> Check:
    """One check for all rows: the first few with what is amiss, and the ids to mend."""
    name = "every row can be sold"
    if not problems:
        return Check(name=name, ok=True, found="yes")
    shown = problems[:SHOWN]
    more = len(problems) - len(shown)
    told = [f"{row.id} {row.name}".strip() + f" ({', '.join(row.problems)})" for row in shown]
    ids = ", ".join(str(row.id) for row in shown)
    return Check(
        name=name,
        ok=False,
        found="; ".join(told) + (f"; and {more} more" if more else ""),
        remedy=f"Mend them on the stock desk: {ids}{', …' if more else ''}. Until then they are "
        "not offered.",
    )
