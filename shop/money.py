"""Money: ``Decimal`` amounts of one currency with two decimals, rounded half up, tax included."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency

from shop.formats import locale_of

CENT = Decimal("0.01")


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


@lru_cache(maxsize=4096)
def format_money(amount: Decimal, currency: str, language: str) -> str:
    """The amount as readers of a language write it, always with two decimals: ``$12.50``.

    ``language`` is a Django language code (``en``, ``pt-br``); an unknown one is read as English.
    """
    # Babel would show whole yen; every amount of the shop has cents, and none may be hidden.
    return format_currency(
        cents(amount), currency, locale=locale_of(language), currency_digits=False
    )
