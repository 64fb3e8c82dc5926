"""Numbers, percentages, days and times as a language writes them.

Each cache holds at most 1,024 short texts, less than 0.5 MB.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from babel.numbers import format_percent as babel_percent
from babel.units import format_unit
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from shop.inventory.contract import CENT

# The shop's English is British, but for money: an American dollar is a plain "$" to its readers.
DATES = {"en": "en-gb"}


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Babel's locale of a Django language code (``en``, ``pt-br``); English for others."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=1024)
def format_number(number: int, language: str) -> str:
    """A whole number: ``1,200`` or ``1.200``."""
    return format_decimal(number, locale=locale_of(language))


@lru_cache(maxsize=64)
def format_weight(grams: int, language: str) -> str:
    """A weight in grams, or in kilograms from 1,000 on: ``250 g``, ``1.5 kg``."""
    weight, unit = (grams, "gram") if grams < 1000 else (Decimal(grams) / 1000, "kilogram")
    return format_unit(weight, f"mass-{unit}", "short", locale=locale_of(language))


@lru_cache(maxsize=64)
def format_percent(rate: Decimal, language: str) -> str:
    """A fraction as a percentage without idle zeros: 0.20 is ``20%``, 0.055 is ``5.5%``."""
    return babel_percent(rate, locale=locale_of(language), decimal_quantization=False)


def format_day(when: datetime, language: str) -> str:
    """The day of a local time: ``22 November 2026``."""
    return format_date(when.date(), "long", locale=_dates(language))


@lru_cache(maxsize=64)
def format_weekday(day: int, language: str) -> str:
    """The name of a day of the week; 0 is Monday."""
    return str(_dates(language).days["format"]["wide"][day])


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


def money(amount: Decimal) -> str:
    """An amount in the shop's currency, as the reader's language writes it: ``$12.50``."""
    return format_money(amount, settings.CURRENCY, active_language())


def percent(rate: Decimal) -> str:
    """A fraction as a percentage without idle zeros: 0.20 is ``20%``, 0.055 is ``5.5%``."""
    return format_percent(rate, active_language())


def bag_weight() -> str:
    """What a bag holds, as the reader's language writes it: ``250 g``."""
    return format_weight(settings.BAG_GRAMS, active_language())


def number(count: int) -> str:
    """A whole number as the reader's language writes it: ``1,200``."""
    return format_number(count, active_language())


def signed(change: int) -> str:
    """A change with its sign: ``+1,200``, or with a real minus sign."""
    sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else ""
    return sign + number(abs(change))


def bags(quantity: int) -> str:
    """A number of bags in words: ``1 bag``, ``1,200 bags``."""
    return ngettext("%(number)s bag", "%(number)s bags", quantity) % {"number": number(quantity)}


def active_language() -> str:
    """The reader's language; none is active where translations are switched off."""
    return get_language() or settings.LANGUAGE_CODE


def cents(value: Decimal | int | str) -> Decimal:
    """The amount to the nearest cent, half a cent rounded away from zero."""
    return Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def tax_included(total: Decimal, rate: Decimal) -> Decimal:
    """The tax inside a total that includes it: total * rate / (1 + rate), half up once.

    ``rate`` is a fraction of at least 0: 0.20 stands for 20 %.
    """
    return cents(total * rate / (1 + rate))


def net(total: Decimal, rate: Decimal) -> Decimal:
    """What is left of a total without its tax, so that net and tax add up to it exactly."""
    return cents(total) - tax_included(total, rate)


@lru_cache(maxsize=1024)
def format_money(amount: Decimal, currency: str, language: str) -> str:
    """The amount as readers of a language write it, always with two decimals: ``$12.50``.

    ``language`` is a Django language code (``en``, ``pt-br``); an unknown one is read as English.
    """
    # Babel would show whole yen; every amount of the shop has cents, and none may be hidden.
    return format_currency(
        cents(amount), currency, locale=locale_of(language), currency_digits=False
    )


def shop_lang() -> SafeString:
    """A ``lang`` attribute for the shop's own texts on pages of other languages."""
    if active_language() == settings.LANGUAGE_CODE:
        return SafeString("")
    return format_html(' lang="{}"', settings.LANGUAGE_CODE)
