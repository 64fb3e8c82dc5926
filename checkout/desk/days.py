"""The days that a list or its sums are asked for, in the shop's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db.models import Q
from django.utils import timezone


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """From a day to a day, both included; None stands for no limit."""

    first: date | None = None
    last: date | None = None

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Self:
        """From ``first`` and ``last`` of an address, such as 2026-11-01; others are left out."""
        return cls(first=_day(data.get("first", "")), last=_day(data.get("last", "")))

    @classmethod
    def month_of(cls, day: date) -> Self:
        """The month that the day lies in."""
        first = day.replace(day=1)
        next_month = (first + timedelta(days=31)).replace(day=1)
        return cls(first=first, last=next_month - timedelta(days=1))

    @property
    def are_reversed(self) -> bool:
        """True when the last day comes before the first, so that nothing can match."""
        return bool(self.first and self.last and self.last < self.first)

    @property
    def asked(self) -> dict[str, str]:
        """What :meth:`read` gets this from."""
        days = {"first": self.first, "last": self.last}
        return {name: day.isoformat() if day else "" for name, day in days.items()}

    def placed(self) -> Q:
        """The orders that were placed on these days."""
        found = Q()
        if self.first:
            found &= Q(created_at__gte=_begin(self.first))
        if self.last:
            found &= Q(created_at__lt=_begin(self.last + timedelta(days=1)))
        return found


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Years whose first or last moments no time zone can express are no days of this shop.
    return day if 1970 <= day.year < 9000 and text.isascii() else None


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
