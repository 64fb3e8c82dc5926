"""Numbers, percentages, days and times as the readers of a language write them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from babel.numbers import format_percent as babel_percent
from django.utils.translation import gettext

# The shop's English is British, but for money: an American dollar is a plain "$" to its readers.
DATES = {"en": "en-gb"}


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Babel's locale of a Django language code (``en``, ``pt-br``); English for others."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=4096)
def format_number(number: int, language: str) -> str:
    """A whole number: ``1,200`` or ``1.200``."""
    return format_decimal(number, locale=locale_of(language))


@lru_cache(maxsize=64)
def format_percent(rate: Decimal, language: str) -> str:
    """A fraction as a percentage without idle zeros: 0.20 is ``20%``, 0.055 is ``5.5%``."""
    return babel_percent(rate, locale=locale_of(language), decimal_quantization=False)


def format_day(when: datetime, language: str) -> str:
    """The day of a local time: ``22 November 2026``."""
    return format_date(when.date(), "long", locale=_dates(language))


def format_clock(when: datetime, language: str) -> str:
    """Hour and minute of a local time: ``19:50``."""
    # Babel reads a time with a zone as one to convert; this one is local already.
    return format_time(when.replace(tzinfo=None).time(), "short", locale=_dates(language))


def format_moment(when: datetime, language: str) -> str:
    """Day and time in the active language: ``22 November 2026, 19:50``."""
    # Translators: a day and a time of it, such as "22 November 2026, 19:50".
    return gettext("%(day)s, %(time)s") % {
        "day": format_day(when, language),
        "time": format_clock(when, language),
    }


def _dates(language: str) -> Locale:
    return locale_of(DATES.get(language, language))
