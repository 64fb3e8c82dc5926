"""What the charts of the front page show: places in per cent of the width, heights in pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.db.models import Sum
from django.utils import timezone

from checkout.desk.orders import STAGES, Stage
from checkout.models import Order
from shop.branches import BRANCHES, Branch
from shop.plurals import counted

WEEKS = 6
DAYS = 7 * WEEKS
WEEK = 7
HEIGHT = 120
MOST_DOTS = 500
OLDEST = 14
"""Days; an order that waits longer stands at the edge of its chart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """The bags of one day; ``mean`` is that of the seven days up to it."""

    day: date
    bags: int
    mean: float
    x: float
    height: float
    mean_y: float
    is_today: bool

    @property
    def top(self) -> float:
        """Where the bar begins."""
        return HEIGHT - self.height

    @property
    def is_monday(self) -> bool:
        return self.day.weekday() == 0

    @property
    def is_weekend(self) -> bool:
        return self.day.weekday() > 4

    @property
    def middle(self) -> float:
        """The middle of the day."""
        return self.x + 50 / DAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class BagsByDay:
    """Six weeks of sales, with the result as a sentence."""

    bars: tuple[Bar, ...]
    sentence: str
    most: int

    @property
    def lines(self) -> list[tuple[Bar, Bar]]:
        """The pieces of the line of means, which ends yesterday."""
        finished = self.bars[:-1]
        return list(pairwise(finished))


def bags_by_day(sold: Mapping[int, Mapping[date, int]]) -> BagsByDay:
    """The chart of these sales by product and day, with a week before it for the first mean."""
    today = timezone.localdate()
    days = [today - timedelta(days=n) for n in reversed(range(DAYS + WEEK))]
    of_day: Counter[date] = Counter()
    for of_one in sold.values():
        for day, bags in of_one.items():
            of_day[day] += bags
    by_day = [of_day[day] for day in days]
    most = max(1, *by_day[WEEK:])
    bars = []
    for place in range(WEEK, len(days)):
        mean = sum(by_day[place - WEEK + 1 : place + 1]) / WEEK
        bars.append(
            Bar(
                day=days[place],
                bags=by_day[place],
                mean=mean,
                x=round((place - WEEK) * 100 / DAYS, 2),
                height=round(by_day[place] * HEIGHT / most, 1),
                mean_y=round(HEIGHT - mean * HEIGHT / most, 1),
                is_today=days[place] == today,
            )
        )
    # Today is not over, so the weeks end yesterday.
    week, before = sum(by_day[-WEEK - 1 : -1]), sum(by_day[-2 * WEEK - 1 : -WEEK - 1])
    return BagsByDay(bars=tuple(bars), sentence=_compared(week, before), most=most)


def _compared(week: int, before: int) -> str:
    begin = f"{counted(week, 'bag')} sold in the seven days up to yesterday"
    if week == before:
        return f"{begin}, as many as in the seven before."
    which = "more" if week > before else "fewer"
    return f"{begin}, {abs(week - before):,} {which} than in the seven before."


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """One order that waits."""

    reference: str
    days: int
    bags: int
    x: float
    radius: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingAt:
    """The orders that wait at one branch, the oldest first."""

    branch: Branch
    dots: tuple[Dot, ...]

    @property
    def late(self) -> int:
        """Those that wait longer than a week."""
        return sum(dot.days > WEEK for dot in self.dots)


def who_is_waiting() -> tuple[WaitingAt, ...]:
    """The orders to collect, by branch."""
    orders = Order.objects.filter(STAGES[Stage.TO_COLLECT]).order_by("created_at", "pk")
    orders = orders.annotate(bags=Sum("lines__quantity"))
    orders = orders.only("reference", "created_at", "branch_slug")
    dots: dict[str, list[Dot]] = {branch.slug: [] for branch in BRANCHES}
    for order in orders[:MOST_DOTS]:
        if order.branch_slug in dots:
            dots[order.branch_slug].append(_dot(order, order.bags or 0))
    return tuple(WaitingAt(branch=one, dots=tuple(dots[one.slug])) for one in BRANCHES)


def _dot(order: Order, bags: int) -> Dot:
    age = min(order.days_waiting, OLDEST)
    return Dot(
        reference=order.reference,
        days=order.days_waiting,
        bags=bags,
        # The dot stays inside the drawing at both ends.
        x=round(97 - age * 94 / OLDEST, 1),
        radius=round(3 + 1.6 * min(bags, 40) ** 0.5, 1),
    )


def sentence_on_waiting(waiting: Sequence[WaitingAt]) -> str:
    """How many orders wait, and how many of them longer than a week."""
    count = sum(len(one.dots) for one in waiting)
    late = sum(one.late for one in waiting)
    return f"{counted(count, 'order')} to hand over, {late:,} of them older than a week."
