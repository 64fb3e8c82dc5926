"""What the staff's stock page shows, always read live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import ceil

from shop.catalogue import PER_PAGE, Listing
from shop.inventory.contract import (
    Inventory,
    Product,
    ProductQuery,
    RowProblem,
    Sort,
)

MOST_SOLD_OUT = 500


class Show(StrEnum):
    """Which coffees; the value is the address's ``show``."""

    ALL = ""
    LOW = "low"
    SOLD_OUT = "sold-out"
    WITHDRAWN = "withdrawn"


LABELS = {
    Show.ALL: "On sale",
    Show.LOW: "Low",
    Show.SOLD_OUT: "Sold out",
    Show.WITHDRAWN: "Withdrawn",
}

PROBLEM_WORDS = {
    RowProblem.NO_NAME: "It has no name.",
    RowProblem.NO_PRICE: "It has no price.",
    RowProblem.NO_QUANTITY: "It has no quantity.",
    RowProblem.NEGATIVE_STOCK: "Its stock is below zero.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A row that cannot be sold, with a sentence for each reason."""

    id: int
    name: str
    words: tuple[str, ...]


def problems(inventory: Inventory) -> list[Problem]:
    """The rows that cannot be sold, by id."""
    return [
        Problem(
            id=row.id,
            name=row.name,
            words=tuple(PROBLEM_WORDS[problem] for problem in row.problems),
        )
        for row in inventory.problems()
    ]


def listing(inventory: Inventory, show: Show, *, text: str, sort: Sort, page: int) -> Listing:
    """One page of these coffees; a page past the end is the last one."""
    if show in {Show.ALL, Show.LOW}:
        query = ProductQuery(
            text=text,
            below=inventory.low_stock if show is Show.LOW else None,
            sort=sort,
            offset=(page - 1) * PER_PAGE,
            limit=PER_PAGE,
        )
        found = inventory.page(query)
        products, total = found.products, found.total
    else:
        shelved = _containing(text, _shelved(inventory, show))
        products = tuple(shelved[(page - 1) * PER_PAGE : page * PER_PAGE])
        total = len(shelved)
    pages = max(1, ceil(total / PER_PAGE))
    if page > pages:
        return listing(inventory, show, text=text, sort=sort, page=pages)
    return Listing(
        products=products,
        total=total,
        page=page,
        pages=pages,
        stale=False,
        as_of=datetime.now(UTC),
    )


def count_sold_out(inventory: Inventory) -> int:
    """Coffees of which nobody can buy a bag, at most MOST_SOLD_OUT of those whose row is gone."""
    empty = inventory.page(ProductQuery(below=1, limit=1)).total
    return len(inventory.sold_out(limit=MOST_SOLD_OUT)) + empty


def shelved_containing(inventory: Inventory, text: str) -> Sequence[Product]:
    """Coffees that are sold out or withdrawn, and have these words."""
    gone = (*inventory.sold_out(limit=MOST_SOLD_OUT), *inventory.withdrawn())
    return _containing(text, gone)


def _shelved(inventory: Inventory, show: Show) -> Sequence[Product]:
    """Coffees that nobody can buy: taken off sale, or sold out, the most recent first."""
    if show is Show.WITHDRAWN:
        return inventory.withdrawn()
    empty = inventory.page(ProductQuery(below=1, limit=MOST_SOLD_OUT)).products
    return (*inventory.sold_out(limit=MOST_SOLD_OUT), *empty)


def _containing(text: str, products: Sequence[Product]) -> Sequence[Product]:
    """Those with every word of the text in name, origin or description, as the inventory does."""
    words = text.casefold().split()
    return [
        product
        for product in products
        if all(
            word in f"{product.name}\n{product.origin}\n{product.description}".casefold()
            for word in words
        )
    ]
