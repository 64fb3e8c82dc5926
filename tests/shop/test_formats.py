"""Numbers, percentages, days and times, as the readers of a language write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from shop.formats import format_clock, format_day, format_moment, format_number, format_percent

WHEN = datetime(2026, 3, 1, 9, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "language", "written"),
    [
        (0, "en", "0"),
        (1200, "en", "1,200"),
        (1200, "pt-br", "1.200"),
        (1234567, "de", "1.234.567"),
        (1200, "tlh", "1,200"),
    ],
)
def test_whole_numbers(number: int, language: str, written: str) -> None:
    assert format_number(number, language) == written


@pytest.mark.parametrize(
    ("rate", "language", "written"),
    [
        ("0.20", "en", "20%"),
        ("0.055", "en", "5.5%"),
        ("0.055", "pt-br", "5,5%"),
        ("0.0825", "pt-br", "8,25%"),
        ("1", "pt-br", "100%"),
    ],
)
def test_percentages_have_no_idle_zeros(rate: str, language: str, written: str) -> None:
    assert format_percent(Decimal(rate), language) == written


def test_days_are_british_in_english_and_brazilian_in_portuguese() -> None:
    assert format_day(WHEN, "en") == "1 March 2026"
    assert format_day(WHEN, "pt-br") == "1 de março de 2026"


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_times_count_to_24_hours(language: str) -> None:
    assert format_clock(WHEN, language) == "09:05"
    assert format_clock(WHEN.replace(hour=19), language) == "19:05"


def test_a_moment_is_a_day_and_its_time() -> None:
    with translation.override("en"):
        assert format_moment(WHEN, "en") == "1 March 2026, 09:05"
    with translation.override("pt-br"):
        assert format_moment(WHEN, "pt-br") == "1 de março de 2026, às 09:05"
