"""The three branches on the island, where orders are collected, and when they are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shop.formats import active_language, format_clock, format_weekday

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

A_WEEK = 7

NBSP = "\N{NO-BREAK SPACE}"
"""Between the parts of a telephone number, so that no line breaks in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A place to collect coffee. Its name is the same in all languages.

    Coordinates are in degrees. It is open from ``opens`` to ``closes``, whole hours of local time,
    on ``days`` of the week, where 0 is Monday.
    """

    slug: str
    name: str
    address: StrPromise
    telephone: str
    days: range
    opens: int
    closes: int
    latitude: float
    longitude: float

    @property
    def hours(self) -> str:
        """Days and hours in words."""
        if len(self.days) == A_WEEK:
            sentence = gettext("Every day, {opens} to {closes}")
        else:
            sentence = gettext("{first} to {last}, {opens} to {closes}")
        language = active_language()
        first = format_weekday(self.days[0], language)
        return sentence.format(
            first=first[:1].upper() + first[1:],
            last=format_weekday(self.days[-1], language),
            opens=self.opens,
            closes=self.closes,
        )

    @property
    def telephone_url(self) -> str:
        """The address that calls it."""
        return "tel:" + "".join(each for each in self.telephone if each in "+0123456789")

    @property
    def directions_url(self) -> str:
        """A map with the way to it."""
        place = urlencode({"to": f"{self.latitude},{self.longitude}"})
        return f"https://www.openstreetmap.org/directions?{place}"

    @property
    def now(self) -> str:
        """Whether it is open now, and until or from when."""
        return self.at(timezone.localtime())

    def at(self, when: datetime) -> str:
        """The same at a local time."""
        open_from, language = self.open_from(when), active_language()
        if open_from == when:
            closing = when.replace(hour=self.closes, minute=0)
            return gettext("Open now, until {time}").format(time=format_clock(closing, language))
        clock = format_clock(open_from, language)
        if open_from.date() == when.date():
            return gettext("Opens today, {time}").format(time=clock)
        if self._is_open_on(when):
            sentence = gettext("Closed for today, opens {day} {time}")
        else:
            sentence = gettext("Closed today, opens {day} {time}")
        return sentence.format(day=format_weekday(open_from.weekday(), language), time=clock)

    def open_from(self, when: datetime) -> datetime:
        """That local time if the branch is open then; else when it opens next."""
        if self._is_open_on(when) and self.opens <= when.hour < self.closes:
            return when
        days = (when + timedelta(days=ahead) for ahead in range(A_WEEK + 1))
        openings = (
            datetime.combine(day.date(), time(self.opens), when.tzinfo)
            for day in days
            if self._is_open_on(day)
        )
        return next(opening for opening in openings if opening > when)

    def _is_open_on(self, day: datetime) -> bool:
        return day.weekday() in self.days


BRANCHES: tuple[Branch, ...] = (
    Branch(
        slug="roastery",
        name="The Roastery",
        address=_("2 Lighthouse Path, Snake Island"),
        telephone="+55 13 5550 0101".replace(" ", NBSP),
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
        telephone="+55 13 5550 0102".replace(" ", NBSP),
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
        telephone="+55 13 5550 0103".replace(" ", NBSP),
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


def next_opening(now: datetime) -> tuple[str, tuple[str, ...]]:
    """Today or tomorrow in words, and the branches that are then open with their hours.

    ``now`` is a local time. Tomorrow counts once the last branch of today has closed.
    """
    today = [place for place in BRANCHES if now.weekday() in place.days and now.hour < place.closes]
    if today:
        today.sort(key=lambda place: -place.closes)
        until = gettext("%(branch)s until %(hour)s")
        return gettext("Collect today"), tuple(
            until % {"branch": place.name, "hour": place.closes} for place in today
        )
    tomorrow = (now.weekday() + 1) % 7
    opening = sorted(
        (place for place in BRANCHES if tomorrow in place.days), key=lambda place: place.opens
    )
    start = gettext("%(branch)s from %(hour)s")
    return gettext("Collect tomorrow"), tuple(
        start % {"branch": place.name, "hour": place.opens} for place in opening
    )
