"""A row of the stock, why it cannot be sold, and the check that reports it; for every store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shop.inventory.contract import MAX_PRICE, Check, Details, ProblemRow, Product, RowProblem

SHOWN = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Row(Details):
    """A row as it is in the store; None where another program left a number empty."""

    quantity: int | None


def product_of(product_id: int, row: Row) -> Product | None:
    """The product of a row, None when it cannot be sold."""
    if problems_of(product_id, row) or row.quantity is None:
        return None
    return Product(id=product_id, quantity=row.quantity, **row.details)


def problems_of(product_id: int, row: Row) -> tuple[RowProblem, ...]:
    """Why a row cannot be sold; empty when it can."""
    price, quantity = row.price, row.quantity
    found = (
        (RowProblem.NO_NAME, not row.name),
        (RowProblem.NO_PRICE, price is None),
        (RowProblem.NO_QUANTITY, quantity is None),
        (RowProblem.NEGATIVE_STOCK, quantity is not None and quantity < 0),
        (RowProblem.WRONG_PRICE, price is not None and not 0 <= price <= MAX_PRICE),
        (RowProblem.WRONG_ID, product_id < 1),
    )
    return tuple(problem for problem, is_so in found if is_so)


def check_of(problems: Sequence[ProblemRow]) -> Check:
    """One check for all rows; names the first few with their problems, and the ids to correct."""
    name = "every row can be sold"
    if not problems:
        return Check(name=name, ok=True, found="yes")
    shown = problems[:SHOWN]
    more = len(problems) - len(shown)
    listed = [f"{row.id} {row.name}".strip() + f" ({', '.join(row.problems)})" for row in shown]
    ids = ", ".join(str(row.id) for row in shown if row.id > 0)
    remedy = f"Correct them on the stock desk: {ids}{', …' if more else ''}. " if ids else ""
    if any(row.id < 1 for row in shown):
        remedy += "Give those with a number below 1 another, with the program that wrote them. "
    return Check(
        name=name,
        ok=False,
        found="; ".join(listed) + (f"; and {more} more" if more else ""),
        remedy=f"{remedy}Until then they are not offered.",
    )
