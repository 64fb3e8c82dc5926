"""Money: cents, the tax inside a total, and how amounts are written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.formats import CENT, cents, format_money, net, tax_included

amounts = st.decimals(min_value=0, max_value=10_000_000, places=2)
rates = st.decimals(min_value=0, max_value=1, places=4)


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
    assert cents("12.5") == Decimal("12.50")
    assert str(cents(3)) == "3.00"


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


def test_the_tax_is_rounded_once_and_not_line_by_line() -> None:
    lines = [Decimal("0.02")] * 3
    rate = Decimal("0.20")
    assert sum(tax_included(line, rate) for line in lines) == 0
    assert tax_included(sum(lines, Decimal(0)), rate) == Decimal("0.01")


@given(total=amounts, rate=rates)
def test_net_and_tax_add_up_to_the_total(total: Decimal, rate: Decimal) -> None:
    assert net(total, rate) + tax_included(total, rate) == total


@given(total=amounts, rate=rates)
def test_the_tax_is_the_rate_of_the_net_to_the_cent(total: Decimal, rate: Decimal) -> None:
    tax = tax_included(total, rate)
    assert 0 <= tax <= total
    # Both were rounded, by half a cent at most each.
    assert abs(net(total, rate) * rate - tax) <= CENT


@given(amount=st.decimals(min_value=-1000, max_value=1000, places=6))
def test_cents_are_never_further_than_half_a_cent_and_stay_put(amount: Decimal) -> None:
    rounded = cents(amount)
    assert abs(rounded - amount) <= CENT / 2
    assert cents(rounded) == rounded
    assert rounded.as_tuple().exponent == -2


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
