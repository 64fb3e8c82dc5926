"""A coffee's stock of the last weeks as a step line, with the result as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from shop.formats import bags
from shop.inventory.contract import Movement
from shop.plurals import counted

DAYS = 42
MOST = 200
"""Movements that are read for the line; of a coffee with more of them it begins later."""
WIDTH = 1000
HEIGHT = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class StepLine:
    """Bags to sell over time; ``path`` is that of an SVG of WIDTH by HEIGHT."""

    path: str
    most: int
    sentence: str
    begin: date
    by_day: tuple[tuple[date, int], ...]
    """The bags at the end of each day on which they changed."""


def step_line(movements: Sequence[Movement], left: int) -> StepLine | None:
    """The line of these latest movements, newest first, to the bags that are ``left`` now.

    None when there are none to draw.
    """
    now = timezone.now()
    begin = now - timedelta(days=DAYS)
    shown = [one for one in reversed(movements) if one.at > begin]
    if not shown:
        return None
    before = shown[0].after - shown[0].change
    if len(shown) == len(movements):
        # What was before the first movement that was read is not known.
        begin = shown[0].at
    points = [(begin, before), *((one.at, one.after) for one in shown), (now, left)]
    most = max(1, *(after for _, after in points))
    days = {timezone.localdate(at): after for at, after in points[1:-1]}
    return StepLine(
        path=_path(points, most),
        most=most,
        sentence=_sentence(points),
        begin=timezone.localdate(begin),
        by_day=tuple(days.items()),
    )


def _path(points: Sequence[tuple[datetime, int]], most: int) -> str:
    begin, end = points[0][0], points[-1][0]
    seconds = (end - begin).total_seconds() or 1.0

    def x(at: datetime) -> int:
        return round((at - begin).total_seconds() * WIDTH / seconds)

    def y(after: int) -> int:
        # The line's own width stays inside the drawing.
        return round(HEIGHT - 2 - max(0, after) * (HEIGHT - 4) / most)

    steps = (f"H{x(at)}V{y(after)}" for at, after in points[1:])
    return f"M0 {y(points[0][1])}" + "".join(steps)


def _sentence(points: Sequence[tuple[datetime, int]]) -> str:
    """How many bags there are, and for how long there were none."""
    empty = sum(
        (later - at for (at, after), (later, _) in pairwise(points) if after <= 0), timedelta()
    )
    length = max(1, round((points[-1][0] - points[0][0]) / timedelta(days=1)))
    since = "today" if length == 1 else f"in the last {length} days"
    now = f"{bags(max(0, points[-1][1]))} to sell now"
    hours = round(empty / timedelta(hours=1))
    if not hours:
        return f"{now}. There were some all the time {since}."
    gone = counted(hours, "hour") if hours < 48 else counted(round(hours / 24), "day")
    return f"{now}. There were none for {gone} {since}."
