"""How a product sells: the last thirty days, drawn, and how long its stock will last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import ceil

from django.conf import settings
from django.utils import timezone

from shop.desk.shelf import to_collect
from shop.inventory.contract import Inventory, Product, ProductQuery, Sort
from shop.registry import Registered
from shop.stock_states import StockState, stock_state

DAYS = 30
LOOK_BACK = 120
"""A product that sold out longer ago than this has no last pace."""
HEIGHT = 20
STEP = 3
LEAST_LEVEL = 5
FULL_SHELF = 10
"""So many times LOW_STOCK make a full bar, unless there is more of another coffee: a page of
nothing but low ones has short bars."""
LEAST_SALES = 3
"""Fewer bags than this make no pace."""
SLOW = 90
"""Days: what lasts longer is slow."""
SOON = 7
"""Days, rounded up: what lasts no longer is low."""

SoldByDay = dict[int, dict[date, int]]

figures: Registered[[Iterable[int] | None, date], SoldByDay] = Registered("sales figures")
"""From product ids (None: all) and a first day to bags sold on each day since. The checkout
registers it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """``bags`` were sold on ``days``: those of the last thirty on which a product could be bought.

    For one that can't be bought now they are those of the thirty before it left the shelf.
    """

    bags: int
    days: int

    def lasting(self, quantity: int) -> int:
        """Days that so many bags last; for a product that sells."""
        return ceil(quantity * self.days / self.bags)

    def cover(self, quantity: int) -> int | None:
        """The same; None for a slow product."""
        if self.bags < LEAST_SALES:
            return None
        days = self.lasting(quantity)
        return days if days <= SLOW else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sales(Pace):
    """A pace, and the bags of each of the last thirty days, the oldest first, today last."""

    by_day: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.by_day)

    def path(self, most: int) -> str:
        """A bar for each day, as the path of an SVG of 90 by 20, where ``most`` bags are 20."""
        return "".join(
            f"M{place * STEP + 1.5} {HEIGHT}v-{max(1.0, bags / most * HEIGHT):.1f}"
            for place, bags in enumerate(self.by_day)
            if bags
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class StockLine:
    """A line of the stock table; ``level`` is its quantity as hundredths of a full bar.

    ``most_sold`` are the most bags of any product on one day, by which the drawing is scaled.
    """

    product: Product
    sales: Sales
    level: int
    to_collect: int
    most_sold: int

    @property
    def on_shelf(self) -> int:
        """Bags to sell or kept, and those to be collected."""
        return self.product.quantity + self.to_collect

    @property
    def place(self) -> float:
        """Where its days stand on a line of five weeks, in per cent; the last is more."""
        return round(min(self.cover or 0, 35) * 94 / 35 + 3, 1)

    @property
    def a_week(self) -> float:
        """Bags sold in a week, at its pace."""
        return self.sales.bags * 7 / self.sales.days

    @property
    def cover(self) -> int | None:
        """Days that its bags last; None for a slow one."""
        return self.sales.cover(self.product.left)

    @property
    def path(self) -> str:
        """Its sales, drawn."""
        return self.sales.path(self.most_sold)

    @property
    def state(self) -> StockState:
        """As customers have it, but low also when it lasts no longer than a week."""
        state = stock_state(self.product, settings.LOW_STOCK)
        if state is StockState.IN_STOCK and self.cover is not None and self.cover <= SOON:
            return StockState.LOW
        return state


def stock_lines(
    inventory: Inventory, products: Sequence[Product], *, sold: SoldByDay | None = None
) -> list[StockLine]:
    """These products with how they sell; ``sold`` are the figures, if they are known already."""
    sales = sales_of(inventory, products, sold)
    largest = max((product.left for product in products), default=0)
    most = max(largest, FULL_SHELF * settings.LOW_STOCK)
    most_sold = max((max(one.by_day) for one in sales.values()), default=0)
    waiting = to_collect()
    return [
        StockLine(
            product=product,
            sales=sales[product.id],
            level=_level(product.left, most),
            to_collect=waiting.get(product.id, 0),
            most_sold=most_sold,
        )
        for product in products
    ]


class Selling:
    """How all the coffees on sale sell, to count and to sort them; each figure is read once.

    None of them is loaded: a page loads those that it shows.
    """

    def __init__(self, inventory: Inventory, *, days: int = DAYS) -> None:
        """``days`` of sales are read, at least DAYS."""
        self._inventory = inventory
        self._days = days

    @cached_property
    def bags(self) -> dict[int, int]:
        """What is left of each, by number; more than none."""
        return self._inventory.quantities(ProductQuery(in_stock=True, sort=Sort.ID))

    @cached_property
    def sold(self) -> SoldByDay:
        return figures(None, timezone.localdate() - timedelta(days=self._days - 1))

    @cached_property
    def paces(self) -> dict[int, Pace]:
        """Those of the coffees of which enough were sold for one."""
        today = timezone.localdate()
        sold = {
            id_: days
            for id_, days in self.sold.items()
            if id_ in self.bags and sum(days.values()) >= LEAST_SALES
        }
        # Those that came before have been on sale on all the days of the pace.
        before = timezone.now() - timedelta(days=DAYS + 1)
        since = self._inventory.on_sale_since(sold, after=before)
        paces = {id_: _pace(days, _day(since.get(id_)), today) for id_, days in sold.items()}
        return {id_: pace for id_, pace in paces.items() if pace.bags >= LEAST_SALES}

    @cached_property
    def lasts(self) -> dict[int, int]:
        """Days that the bags of each last, without slow ones."""
        covers = {id_: pace.cover(self.bags[id_]) for id_, pace in self.paces.items()}
        return {id_: days for id_, days in covers.items() if days is not None}

    @cached_property
    def low(self) -> set[int]:
        """Those of few bags, or of bags for no longer than a week."""
        few = {id_ for id_, bags in self.bags.items() if bags < settings.LOW_STOCK}
        return few | {id_ for id_, days in self.lasts.items() if days <= SOON}


def _level(bags: int, most: int) -> int:
    """Hundredths of the longest bar; a single bag beside thousands is still seen."""
    return max(LEAST_LEVEL, ceil(bags * 100 / most)) if bags else 0


def sales_of(
    inventory: Inventory, products: Sequence[Product], sold: SoldByDay | None = None
) -> dict[int, Sales]:
    """How these products sell, by id; those that are sold out need figures of LOOK_BACK days."""
    today = timezone.localdate()
    if sold is None:
        is_gone = any(product.is_sold_out for product in products)
        first = today - timedelta(days=LOOK_BACK if is_gone else DAYS - 1)
        sold = figures([product.id for product in products], first)
    since = inventory.on_sale_since(product.id for product in products if product.id in sold)
    shown = [today - timedelta(days=n) for n in reversed(range(DAYS))]
    return {
        product.id: _sales(product, sold.get(product.id, {}), since.get(product.id), shown)
        for product in products
    }


def _sales(
    product: Product, sold: Mapping[date, int], since: datetime | None, shown: Sequence[date]
) -> Sales:
    last = shown[-1]
    if product.is_sold_out and product.since:
        last = min(last, timezone.localdate(product.since))
    pace = _pace(sold, _day(since), last)
    if product.is_sold_out and pace.bags < LEAST_SALES and sold:
        # Bags that came in since and were taken back, or were few, don't hide the pace before.
        last = max(sold)
        first = min(day for day in sold if day > last - timedelta(days=DAYS))
        pace = max(pace, _pace(sold, first, last), key=lambda one: one.bags)
    return Sales(by_day=tuple(sold.get(day, 0) for day in shown), bags=pace.bags, days=pace.days)


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at else None


def _pace(sold: Mapping[date, int], came: date | None, last: date) -> Pace:
    """The pace of the thirty days up to ``last`` of a product that ``came`` on sale then."""
    begin = last - timedelta(days=DAYS - 1)
    if came and came <= last:
        begin = max(begin, came)
    return Pace(
        bags=sum(bags for day, bags in sold.items() if begin <= day <= last),
        days=(last - begin).days + 1,
    )
