"""The figures of a basket or an order: lines, bags, net, tax and total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings

from checkout import messages
from checkout.errors import Refusal
from checkout.models import Order
from shop.basket import BasketView
from shop.formats import net, tax_included
from shop.inventory.contract import PriceChange, Shortage


class Priced(Protocol):
    """A line, as far as its price goes."""

    @property
    def subtotal(self) -> Decimal: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What lines come to. The tax is inside the prices, and worked out once from the total."""

    lines: Sequence[Priced]
    count: int
    """Bags that the total is for; none of a coffee that is gone."""
    tax_rate: Decimal
    has_problems: bool = False

    @classmethod
    def of_basket(cls, view: BasketView) -> Summary:
        """A basket at its live prices."""
        return cls(
            lines=view.lines,
            count=view.count,
            tax_rate=settings.TAX_RATE,
            has_problems=view.has_problems,
        )

    @classmethod
    def of_order(cls, order: Order) -> Summary:
        """An order at the prices and the tax rate it was placed with."""
        lines = list(order.lines.all())
        bags = sum(line.quantity for line in lines)
        return cls(lines=lines, count=bags, tax_rate=order.tax_rate)

    @property
    def total(self) -> Decimal:
        """What is to pay, tax included."""
        return sum((line.subtotal for line in self.lines), Decimal("0.00"))

    @property
    def tax(self) -> Decimal:
        """The tax inside the total, rounded half up."""
        return tax_included(self.total, self.tax_rate)

    @property
    def net(self) -> Decimal:
        """The total without its tax."""
        return net(self.total, self.tax_rate)


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedTotals:
    """Why an order was refused, with its total as it was shown and as it would be now."""

    shortages: tuple[Shortage, ...]
    price_changes: tuple[PriceChange, ...]
    shown_total: Decimal
    now_total: Decimal

    @classmethod
    def of(cls, order: Order) -> RefusedTotals:
        """From the refusal that is kept with the order."""
        refusal = Refusal.from_json(order.refusal or {})
        shown = Summary.of_order(order).total
        more = sum(
            ((change.now - change.shown) * change.quantity for change in refusal.price_changes),
            Decimal("0.00"),
        )
        return cls(
            shortages=refusal.shortages,
            price_changes=refusal.price_changes,
            shown_total=shown,
            now_total=shown + more,
        )

    @property
    def short_lines(self) -> list[str]:
        """Every short line in a sentence."""
        return [messages.short(shortage) for shortage in self.shortages]

    @property
    def repriced_lines(self) -> list[str]:
        """Every changed price in words."""
        return [messages.repriced(change) for change in self.price_changes]
