"""Money: cents, the tax inside a total, and how amounts are written."""

from decimal import Decimal

import pytest

from shop.formats import cents, format_money, net, tax_included


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("14.99", "14.99"),
        ("14.994999", "14.99"),
        ("14.995", "15.00"),
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("-0.005", "-0.01"),
        ("7", "7.00"),
    ],
)
def test_half_a_cent_is_rounded_up(value: str, rounded: str) -> None:
    assert str(cents(Decimal(value))) == rounded


def test_text_and_whole_numbers_become_cents() -> None:
    assert (str(cents("12.5")), str(cents(3))) == ("12.50", "3.00")


@pytest.mark.parametrize(
    ("total", "rate", "tax"),
    [
        ("44.97", "0.20", "7.50"),  # 7.495 exactly: half a cent goes up
        ("44.96", "0.20", "7.49"),
        ("0.03", "0.20", "0.01"),  # 0.005 exactly
        ("0.02", "0.20", "0.00"),
        ("12.00", "0.20", "2.00"),
        ("10.70", "0.07", "0.70"),
        ("10.00", "0", "0.00"),
        ("10.00", "1", "5.00"),
        ("0.00", "0.20", "0.00"),
    ],
)
def test_the_tax_is_inside_the_total_and_rounded_half_up(total: str, rate: str, tax: str) -> None:
    assert tax_included(Decimal(total), Decimal(rate)) == Decimal(tax)
    assert net(Decimal(total), Decimal(rate)) == Decimal(total) - Decimal(tax)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("12.5", "USD", "en", "$12.50"),
        ("0", "USD", "en", "$0.00"),
        ("1234567.8", "USD", "en", "$1,234,567.80"),
        ("-3.5", "USD", "en", "-$3.50"),
        ("12.5", "EUR", "de", "12,50\xa0€"),
        ("12.5", "BRL", "pt-br", "R$\xa012,50"),
        ("12.5", "GBP", "en-gb", "£12.50"),
        ("12.345", "USD", "en", "$12.35"),
        ("12.5", "JPY", "en", "¥12.50"),
        ("12.5", "USD", "tlh", "$12.50"),
        ("12.5", "USD", "not a language", "$12.50"),
    ],
)
def test_amounts_are_written_as_the_reader_writes_them(
    amount: str, currency: str, language: str, written: str
) -> None:
    assert format_money(Decimal(amount), currency, language) == written
