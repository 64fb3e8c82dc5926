"""What the staff's stock page shows, always read live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from math import ceil
from typing import Any

from shop.catalogue import PER_PAGE, Listing
from shop.desk.sales import SLOW, Selling
from shop.http import encoded, whole_number
from shop.inventory.contract import (
    MAX_ID,
    MAX_PRICE,
    Inventory,
    Product,
    ProductQuery,
    RowProblem,
    Sort,
)
from shop.inventory.words import says, words_of
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


class Stock:
    """All coffees by where they are; each kind is read when it is first asked for, once.

    On IRIS, reading one coffee off sale takes several messages.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.selling = Selling(inventory)

    @cached_property
    def sold_out(self) -> Sequence[Product]:
        """The most recent first, at most MOST_SOLD_OUT."""
        return self.inventory.sold_out(limit=MOST_SOLD_OUT)

    @cached_property
    def withdrawn(self) -> Sequence[Product]:
        return self.inventory.withdrawn()


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


def listing(stock: Stock, query: StockQuery, *, per_page: int = PER_PAGE) -> Listing:
    """One page of the coffees asked for, those on sale first; a page past the end is the last one.

    A text that is the number of a coffee finds that one.
    """
    offset = (query.page - 1) * per_page
    if query.show is Show.ALL and (product := _numbered(stock, query.text)):
        products: Sequence[Product] = (product,)
        total = 1
    else:
        on_sale, total_on_sale = _on_sale(stock, query, offset=offset, limit=per_page)
        others = _containing(query.text, _off_sale(stock, query.show))
        past = offset - total_on_sale
        products = (*on_sale, *others[max(0, past) : max(0, past + per_page)])
        total = total_on_sale + len(others)
    pages = max(1, ceil(total / per_page))
    if query.page > pages:
        return listing(stock, replace(query, page=pages), per_page=per_page)
    return Listing(
        products=tuple(products),
        total=total,
        page=query.page,
        pages=pages,
        stale=False,
        as_of=datetime.now(UTC),
    )


def count_sold_out(stock: Stock) -> int | str:
    """The number of sold-out coffees; "500+" when more than that were not counted."""
    count = len(stock.sold_out) + stock.inventory.page(ProductQuery(below=1, limit=1)).total
    return f"{count:,}+" if len(stock.sold_out) == MOST_SOLD_OUT else count


def gone(inventory: Inventory, *, limit: int = MOST_SOLD_OUT) -> tuple[Product, ...]:
    """What has no bags to sell: counted down to none, then sold out, the latest first."""
    counted = inventory.page(ProductQuery(below=1, limit=limit)).products
    return (*counted, *inventory.sold_out(limit=limit))[:limit]


def next_number(inventory: Inventory) -> int:
    """A number above those of all coffees, for a new one."""
    stock = Stock(inventory)
    total = inventory.page(ProductQuery(limit=1)).total
    last = inventory.page(ProductQuery(sort=Sort.ID, offset=max(0, total - 1), limit=1)).products
    known = (*last, *stock.sold_out, *stock.withdrawn)
    return max((product.id for product in known), default=1000) + 1


def off_sale_containing(inventory: Inventory, text: str) -> Sequence[Product]:
    """The sold-out and withdrawn coffees that contain these words."""
    stock = Stock(inventory)
    return _containing(text, (*stock.sold_out, *stock.withdrawn))


def _numbered(stock: Stock, text: str) -> Product | None:
    product_id = whole_number(text, least=1, most=MAX_ID)
    return stock.inventory.product(product_id) if product_id else None


def _on_sale(
    stock: Stock, query: StockQuery, *, offset: int, limit: int
) -> tuple[Sequence[Product], int]:
    """So many coffees on sale from ``offset`` on, and how many there are."""
    if query.show not in {Show.ALL, Show.LOW}:
        return (), 0
    sort = chosen(Sort, query.sort.value)
    asked = ProductQuery(text=query.text, sort=sort or Sort.ID, offset=offset, limit=limit)
    if query.show is Show.ALL and sort:
        found = stock.inventory.page(asked)
        return found.products, found.total
    ids = _ranked(stock, asked, query)
    shown = ids[offset : offset + limit]
    known = stock.inventory.products(shown)
    return [known[id_] for id_ in shown if id_ in known], len(ids)


def _ranked(stock: Stock, asked: ProductQuery, query: StockQuery) -> list[int]:
    """The numbers of what is on sale, narrowed or sorted as only the shop can, by how it sells."""
    selling = stock.selling
    ids = list(stock.inventory.quantities(asked))
    if query.show is Show.LOW:
        ids = [id_ for id_ in ids if id_ in selling.low]
    if query.sort is Order.LASTS:
        ids.sort(key=lambda id_: selling.lasts.get(id_, SLOW + 1))
    elif query.sort is Order.SOLD:
        ids.sort(key=lambda id_: -sum(selling.sold.get(id_, {}).values()))
    return ids


def _off_sale(stock: Stock, show: Show) -> Sequence[Product]:
    """Coffees that can't be bought: sold out, or taken off sale."""
    if show is Show.LOW:
        return ()
    if show is Show.WITHDRAWN:
        return stock.withdrawn
    if show is Show.ALL:
        return (*stock.sold_out, *stock.withdrawn)
    empty = stock.inventory.page(ProductQuery(below=1, limit=MOST_SOLD_OUT)).products
    return (*stock.sold_out, *empty)


def _containing(text: str, products: Sequence[Product]) -> Sequence[Product]:
    """Those with every word of the text in one of their texts, as the inventory does."""
    words = words_of(text)
    return [product for product in products if all(says(word, product) for word in words)]
