"""What the staff's stock page shows, always read live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from math import ceil
from typing import Any

from django.utils import timezone

from shop.catalogue import PER_PAGE, Listing
from shop.desk.sales import DAYS, SLOW, StockLine, figures, low_lines, stock_lines
from shop.http import encoded, whole_number
from shop.inventory.contract import (
    MAX_ID,
    MAX_PRICE,
    TEXTS,
    Inventory,
    Product,
    ProductQuery,
    RowProblem,
    Sort,
)
from shop.queries import ListQuery, chosen

MOST_SOLD_OUT = 500


class Show(StrEnum):
    """Which coffees; the value is the address's ``show``."""

    ALL = ""
    LOW = "low"
    SOLD_OUT = "sold-out"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.replace("-", " ").capitalize() or "All"


class Order(StrEnum):
    """How the table is sorted: as the store can, or by how the coffees sell."""

    ID = Sort.ID.value
    NAME = Sort.NAME.value
    PRICE = Sort.PRICE.value
    PRICE_DOWN = Sort.PRICE_DOWN.value
    QUANTITY = Sort.QUANTITY.value
    SOLD = "-sold"
    LASTS = "lasts"


@dataclass(frozen=True, kw_only=True, slots=True)
class StockQuery(ListQuery):
    """What the stock page was asked for."""

    show: Show
    sort: Order

    @classmethod
    def choices(cls, data: Mapping[str, str]) -> dict[str, Any]:
        """``show`` and ``sort``."""
        return {
            "show": chosen(Show, data.get("show", "")) or Show.ALL,
            "sort": chosen(Order, data.get("sort", "")) or Order.ID,
        }

    @property
    def address(self) -> str:
        """The query that :meth:`read` gets this from; empty for the page as it is without one."""
        asked = {
            "show": self.show.value,
            "q": self.text,
            "sort": "" if self.sort is Order.ID else self.sort.value,
            "page": "" if self.page == 1 else self.page,
        }
        return encoded(asked)


PROBLEM_WORDS = {
    RowProblem.NO_NAME: "It has no name.",
    RowProblem.NO_PRICE: "It has no price.",
    RowProblem.NO_QUANTITY: "It has no quantity.",
    RowProblem.NEGATIVE_STOCK: "Its stock is below zero.",
    RowProblem.WRONG_PRICE: f"Its price is not between 0 and {MAX_PRICE:,}.",
    RowProblem.WRONG_ID: "Its number is below 1: it needs another, from whatever wrote it.",
}


class OffSale:
    """Coffees without a row in the store; each kind is read when it is first asked for, once.

    On IRIS, reading one coffee takes several messages.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    @cached_property
    def sold_out(self) -> Sequence[Product]:
        """The most recent first, at most MOST_SOLD_OUT."""
        return self._inventory.sold_out(limit=MOST_SOLD_OUT)

    @cached_property
    def withdrawn(self) -> Sequence[Product]:
        return self._inventory.withdrawn()


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


def listing(
    inventory: Inventory, off_sale: OffSale, query: StockQuery, *, per_page: int = PER_PAGE
) -> Listing:
    """One page of the coffees asked for, those on sale first; a page past the end is the last one.

    A text that is the number of a coffee finds that one.
    """
    offset = (query.page - 1) * per_page
    if query.show is Show.ALL and (product := _numbered(inventory, query.text)):
        products: Sequence[Product] = (product,)
        total = 1
    else:
        on_sale, total_on_sale = _on_sale(inventory, query, offset=offset, limit=per_page)
        others = _containing(query.text, _off_sale(inventory, off_sale, query.show))
        past = offset - total_on_sale
        products = (*on_sale, *others[max(0, past) : max(0, past + per_page)])
        total = total_on_sale + len(others)
    pages = max(1, ceil(total / per_page))
    if query.page > pages:
        return listing(inventory, off_sale, replace(query, page=pages), per_page=per_page)
    return Listing(
        products=tuple(products),
        total=total,
        page=query.page,
        pages=pages,
        stale=False,
        as_of=datetime.now(UTC),
    )


def count_sold_out(inventory: Inventory, off_sale: OffSale) -> int | str:
    """The number of sold-out coffees; "500+" when more than that were not counted."""
    count = len(off_sale.sold_out) + inventory.page(ProductQuery(below=1, limit=1)).total
    return f"{count:,}+" if len(off_sale.sold_out) == MOST_SOLD_OUT else count


def next_number(inventory: Inventory) -> int:
    """A number above those of all coffees, for a new one."""
    off_sale = OffSale(inventory)
    total = inventory.page(ProductQuery(limit=1)).total
    last = inventory.page(ProductQuery(sort=Sort.ID, offset=max(0, total - 1), limit=1)).products
    known = (*last, *off_sale.sold_out, *off_sale.withdrawn)
    return max((product.id for product in known), default=1000) + 1


def off_sale_containing(inventory: Inventory, text: str) -> Sequence[Product]:
    """The sold-out and withdrawn coffees that contain these words."""
    off_sale = OffSale(inventory)
    return _containing(text, (*off_sale.sold_out, *off_sale.withdrawn))


def _numbered(inventory: Inventory, text: str) -> Product | None:
    product_id = whole_number(text, least=1, most=MAX_ID)
    return inventory.product(product_id) if product_id else None


def _on_sale(
    inventory: Inventory, query: StockQuery, *, offset: int, limit: int
) -> tuple[Sequence[Product], int]:
    """So many rows of the store from ``offset`` on, and how many there are."""
    if query.show not in {Show.ALL, Show.LOW}:
        return (), 0
    if sort := chosen(Sort, query.sort.value) if query.show is Show.ALL else None:
        found = inventory.page(ProductQuery(text=query.text, sort=sort, offset=offset, limit=limit))
        return found.products, found.total
    lines = _low(inventory, query) if query.show is Show.LOW else _all(inventory, query)
    lines.sort(key=KEYS[query.sort])
    return [line.product for line in lines[offset : offset + limit]], len(lines)


KEYS: dict[Order, Callable[[StockLine], Any]] = {
    Order.ID: lambda line: line.product.id,
    Order.NAME: lambda line: line.product.name.casefold(),
    Order.PRICE: lambda line: line.product.price,
    Order.PRICE_DOWN: lambda line: -line.product.price,
    Order.QUANTITY: lambda line: line.product.quantity,
    Order.SOLD: lambda line: -line.sales.total,
    Order.LASTS: lambda line: SLOW + 1 if line.cover is None else line.cover,
}
"""What the lines are sorted by where the store can't; sorting keeps the order of the numbers."""


def _low(inventory: Inventory, query: StockQuery) -> list[StockLine]:
    """The low ones with the words of the query."""
    lines = low_lines(inventory)
    found = {product.id for product in _containing(query.text, [line.product for line in lines])}
    return [line for line in lines if line.product.id in found]


def _all(inventory: Inventory, query: StockQuery) -> list[StockLine]:
    """All on sale with the words of the query, by number."""
    asked = ProductQuery(text=query.text, sort=Sort.ID, limit=MAX_ID)
    first = timezone.localdate() - timedelta(days=DAYS - 1)
    return stock_lines(inventory, inventory.page(asked).products, sold=figures(None, first))


def _off_sale(inventory: Inventory, off_sale: OffSale, show: Show) -> Sequence[Product]:
    """Coffees that can't be bought: sold out, or taken off sale."""
    if show is Show.LOW:
        return ()
    if show is Show.WITHDRAWN:
        return off_sale.withdrawn
    if show is Show.ALL:
        return (*off_sale.sold_out, *off_sale.withdrawn)
    empty = inventory.page(ProductQuery(below=1, limit=MOST_SOLD_OUT)).products
    return (*off_sale.sold_out, *empty)


def _containing(text: str, products: Sequence[Product]) -> Sequence[Product]:
    """Those with every word of the text in one of their texts, as the inventory does."""
    words = text.casefold().split()
    return [product for product in products if all(word in _texts(product) for word in words)]


def _texts(product: Product) -> str:
    return "\n".join(getattr(product, name) for name in TEXTS).casefold()
