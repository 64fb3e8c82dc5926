"""The forms of prices: raised or lowered together, or from a list, and written."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django import forms
from django.core.exceptions import ValidationError

from shop.deliveries import MAX_ROWS, NewPrices, cells, price_text
from shop.desk.forms import StaffForm
from shop.desk.product_forms import CellField, DeskForm
from shop.desk.stock import Show, Stock, StockQuery, listing
from shop.http import LONGEST_SEARCH
from shop.inventory.contract import CENT, Inventory, PriceList

LOST_PRICES = "This page had lost what it showed. Nothing was written: look again and send it."
STEPS = {str(CENT): "as it is", "0.05": "0.05", "0.10": "0.10", "0.50": "0.50", "1.00": "1.00"}
"""What a new price can be rounded to a multiple of."""


def _by(text: str) -> Decimal:
    try:
        by, _ = cells.price(text.removesuffix("%").rstrip())
    except cells.CellProblem:
        by = None
    if by is None:
        raise cells.CellProblem("Write by how much: a number above 0, such as 5 or 0.50.")
    return by


def _choice(label: str, choices: dict[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        error_messages={"required": "Choose one of the list.", "invalid_choice": "Choose another."},
    )


class RaiseForm(StaffForm):
    """Raise or lower the prices of the coffees that the stock page would list."""

    show = forms.ChoiceField(
        label="Which coffees", choices={one.value: one.label for one in Show}, required=False
    )
    q = forms.CharField(
        label="Only those with these words, such as an origin",
        required=False,
        strip=True,
        widget=forms.TextInput({"autocomplete": "off", "maxlength": LONGEST_SEARCH}),
    )
    way = _choice("Change", {"raise": "Raise", "lower": "Lower"})
    by = CellField("By", _by, mode="decimal")
    unit = _choice("Per cent or amount", {"percent": "per cent", "amount": "amount a bag"})
    step = _choice("Rounded to", STEPS)

    def text(self, inventory: Inventory) -> str:
        """The new prices of all these coffees as lines of a list.

        Raises ValidationError where they are none, or too many at once.
        """
        query = StockQuery.read(self.data)
        found = listing(Stock(inventory), query, per_page=MAX_ROWS)
        if found.total > MAX_ROWS:
            raise ValidationError(f"{found.total:,} coffees: choose at most {MAX_ROWS:,} at once.")
        if not found.products:
            raise ValidationError("No coffee was found: choose others.")
        return price_text((one.id, self._new(one.price)) for one in found.products)

    def _new(self, price: Decimal) -> Decimal:
        values = self.cleaned_data
        by: Decimal = price * values["by"] / 100 if values["unit"] == "percent" else values["by"]
        new = price + by if values["way"] == "raise" else price - by
        step = Decimal(values["step"])
        return ((new / step).quantize(Decimal(1), ROUND_HALF_UP) * step).quantize(CENT)


class PricesForm(DeskForm):
    """The lines that the preview showed, to be written with one press."""

    slug = "prices"

    def change(self, new: NewPrices) -> PriceList | None:  # type: ignore[override]
        """The prices that differ from those shown; refuses the form where it lost these."""
        try:
            return new.change(self.data.get("shown", ""))
        except ValueError:
            self.refuse(LOST_PRICES)
            return None
