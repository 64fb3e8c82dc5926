"""What to order from the suppliers, from how the coffees sell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from django import forms
from django.forms import BoundField
from django.http import QueryDict

from shop.deliveries import cells, neutralised
from shop.desk.forms import StaffForm
from shop.desk.product_forms import TOO_MANY_ARRIVE, bags_field, numbered_products
from shop.desk.sales import LEAST_SALES, Pace, Selling, StockLine, stock_lines
from shop.desk.stock import gone
from shop.forms import DigitsField
from shop.inventory.contract import Inventory, Product

LEAD_DAYS = 7
"""From an order to its delivery, unless the page is asked for another number."""
MOST_LEAD = 120
SPARE_DAYS = 7
"""The bags last so many days longer than the delivery takes."""
MOST_LINES = 200
HEADER = ("ProductId", "Name", "StockQuantity")
_DAYS = f"Write a number of days from 0 to {MOST_LEAD}, in digits."


class LeadForm(StaffForm):
    """How long the suppliers take, in days."""

    lead = DigitsField(
        label="Days from order to delivery",
        least=0,
        most=MOST_LEAD,
        invalid=_DAYS,
        error_messages={"required": _DAYS},
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )


class ReorderForm(StaffForm):
    """The bags to order of each coffee; an empty field, or 0, orders none of it."""

    def __init__(
        self, lines: Sequence[StockLine], *, lead: int = LEAD_DAYS, data: QueryDict | None = None
    ) -> None:
        super().__init__(data)
        self._lines = lines
        for line in lines:
            product = line.product
            self.fields[_field(product)] = bags_field(
                f"Bags of {product.name}",
                *(0, cells.MAX_BAGS, TOO_MANY_ARRIVE),
                required=False,
            )
            self.initial[_field(product)] = to_order(line.sales, product.left, lead)

    def clean(self) -> None:
        super().clean()
        if not self.errors and not any(self.cleaned_data.values()):
            self.add_error(None, "Nothing is to be ordered: write how many bags of a coffee.")

    def lines(self) -> list[tuple[StockLine, BoundField]]:
        """Every coffee with its field."""
        return [(line, self[_field(line.product)]) for line in self._lines]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The order as cells, its header first, as a delivery is read from them."""
        yield HEADER
        for line in self._lines:
            if bags := self.cleaned_data[_field(line.product)]:
                yield str(line.product.id), neutralised(line.product.name), str(bags)


def to_reorder(inventory: Inventory, lead: int) -> tuple[list[StockLine], int]:
    """The coffees that a delivery ordered now should bring, with a week's bags to spare.

    What runs out first stands first, at most MOST_LINES; and how many there are. Withdrawn coffees
    and those of too few sales are left out.
    """
    sold_out = stock_lines(inventory, gone(inventory, limit=MOST_LINES))
    missed = [line for line in sold_out if line.sales.bags >= LEAST_SALES]
    missed.sort(key=lambda line: line.product.id)
    selling = Selling(inventory)
    bags = selling.bags
    wanted = [id_ for id_, pace in selling.paces.items() if to_order(pace, bags[id_], lead)]
    wanted.sort(key=lambda id_: (selling.paces[id_].lasting(bags[id_]), id_))
    known = inventory.products(wanted[: MOST_LINES - len(missed)])
    products = [known[id_] for id_ in wanted if id_ in known]
    lines = stock_lines(inventory, products, sold=selling.sold)
    return [*missed, *lines], len(missed) + len(wanted)


def sent_lines(inventory: Inventory, data: QueryDict) -> list[StockLine]:
    """The coffees for which a sent page has fields, in its order."""
    return stock_lines(inventory, numbered_products(inventory, data, "bags_"))


def to_order(pace: Pace, left: int, lead: int) -> int:
    """Bags for ``lead`` days and a week at the coffee's pace, less those that are left to sell."""
    # Whole numbers up to the one division: 3 bags in 9 days are 3 in 9 days and not 4.
    return max(0, ceil(pace.bags * (lead + SPARE_DAYS) / pace.days) - left)


def _field(product: Product) -> str:
    return f"bags_{product.id}"
