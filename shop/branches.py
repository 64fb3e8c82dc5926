"""The three branches on the island, where orders are collected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A place to collect coffee; coordinates in degrees. Its name is the same in all languages."""

    slug: str
    name: str
    address: StrPromise
    hours: StrPromise
    """Its opening hours in words; ``days``, ``opens`` and ``closes`` are the same for programs."""
    days: range
    """Days of the week on which it is open; Monday is 0."""
    opens: int
    closes: int
    latitude: float
    longitude: float


BRANCHES: tuple[Branch, ...] = (
    Branch(
        slug="roastery",
        name="The Roastery",
        address=_("2 Lighthouse Path, Snake Island"),
        hours=_("Tuesday to Sunday, 8 to 17"),
        days=range(1, 7),
        opens=8,
        closes=17,
        latitude=-24.4858,
        longitude=-46.6746,
    ),
    Branch(
        slug="landing",
        name="The Landing",
        address=_("11 Jetty Steps, Snake Island"),
        hours=_("Every day, 7 to 18"),
        days=range(7),
        opens=7,
        closes=18,
        latitude=-24.4810,
        longitude=-46.6749,
    ),
    Branch(
        slug="lookout",
        name="The Lookout",
        address=_("5 North Ridge, Snake Island"),
        hours=_("Wednesday to Sunday, 9 to 16"),
        days=range(2, 7),
        opens=9,
        closes=16,
        latitude=-24.4802,
        longitude=-46.6760,
    ),
)


def branch(slug: str) -> Branch | None:
    """The branch of that name in addresses, or None."""
    return next((branch for branch in BRANCHES if branch.slug == slug), None)


def next_opening(now: datetime) -> tuple[str, list[str]]:
    """Today or tomorrow in words, and the branches that are then open with their hours.

    ``now`` is a local time. Tomorrow counts once the last branch of today has closed.
    """
    today = [place for place in BRANCHES if now.weekday() in place.days and now.hour < place.closes]
    if today:
        today.sort(key=lambda place: -place.closes)
        until = gettext("%(branch)s until %(hour)s")
        return gettext("Collect today"), [
            until % {"branch": place.name, "hour": place.closes} for place in today
        ]
    tomorrow = (now.weekday() + 1) % 7
    opening = sorted(
        (place for place in BRANCHES if tomorrow in place.days), key=lambda place: place.opens
    )
    start = gettext("%(branch)s from %(hour)s")
    return gettext("Collect tomorrow"), [
        start % {"branch": place.name, "hour": place.opens} for place in opening
    ]
