"""How a product sells: the last thirty days, drawn, and how long its stock will last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from django.conf import settings
from django.utils import timezone

from shop.desk.shelf import to_collect
from shop.inventory.contract import Product
from shop.registry import Registered

DAYS = 30
HEIGHT = 20
STEP = 3
LEAST_LEVEL = 5
FULL_SHELF = 10
"""So many times LOW_STOCK make a full bar, unless there is more of another coffee: a page of
nothing but low ones has short bars."""

SoldByDay = dict[int, dict[date, int]]

figures: Registered[[Iterable[int], date], SoldByDay] = Registered("sales figures")
"""From product ids and a first day to bags sold on each day since. The checkout registers it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sales:
    """Bags sold on each of the last thirty days, the oldest first, today last."""

    by_day: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.by_day)

    @property
    def path(self) -> str:
        """A bar for each day, as the path of an SVG of 90 by 20."""
        most = max(self.by_day)
        return "".join(
            f"M{place * STEP + 1.5} {HEIGHT}v-{max(1.0, bags / most * HEIGHT):.1f}"
            for place, bags in enumerate(self.by_day)
            if bags
        )

    def cover(self, quantity: int) -> int | None:
        """Days that so many bags last at this pace; None when nothing was sold."""
        return ceil(quantity * DAYS / self.total) if self.total else None


@dataclass(frozen=True, kw_only=True, slots=True)
class StockLine:
    """A line of the stock table; ``level`` is its quantity as hundredths of a full bar."""

    product: Product
    sales: Sales
    level: int
    to_collect: int

    @property
    def on_shelf(self) -> int:
        """Bags to sell or kept, and those to be collected."""
        return self.product.quantity + self.to_collect

    @property
    def cover(self) -> int | None:
        return self.sales.cover(self.product.left)


def stock_lines(products: Sequence[Product]) -> list[StockLine]:
    """These products with how they sell."""
    sales = sales_of([product.id for product in products])
    largest = max((product.left for product in products), default=0)
    most = max(largest, FULL_SHELF * settings.LOW_STOCK)
    waiting = to_collect()
    return [
        StockLine(
            product=product,
            sales=sales[product.id],
            level=_level(product.left, most),
            to_collect=waiting.get(product.id, 0),
        )
        for product in products
    ]


def _level(bags: int, most: int) -> int:
    """Hundredths of the longest bar; a single bag beside thousands is still seen."""
    return max(LEAST_LEVEL, ceil(bags * 100 / most)) if bags else 0


def sales_of(product_ids: Iterable[int]) -> dict[int, Sales]:
    """How these products sell."""
    ids = list(product_ids)
    first = timezone.localdate() - timedelta(days=DAYS - 1)
    sold = figures(ids, first)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    return {id_: Sales(by_day=tuple(sold.get(id_, {}).get(day, 0) for day in days)) for id_ in ids}
