"""What the basket's forms send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.basket.session import MOST_OF_ONE
from shop.http import whole_number
from shop.inventory.contract import MAX_ID

QUANTITY, SHOWN = "quantity_", "shown_"
LONGEST_TYPED = 20
"""Characters of a wrong number that are shown again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LineForm:
    """A product and a number of bags, which is 0 when it is no number that a basket takes."""

    product_id: int | None
    quantity: int
    typed: str

    @classmethod
    def read(cls, data: Mapping[str, str]) -> LineForm:
        """From a form's fields."""
        typed = data.get("quantity", "").strip()
        quantity = whole_number(typed, least=1, most=MOST_OF_ONE)
        return cls(
            product_id=whole_number(data.get("product_id", "").strip(), least=1, most=MAX_ID),
            quantity=quantity or 0,
            typed=typed[:LONGEST_TYPED],
        )


def typed_numbers(data: Mapping[str, str]) -> dict[int, str]:
    """The numbers that were typed on the basket's page, as text, by product id.

    A number that is as the page showed it was not typed: another tab may have changed its line
    since then, and that change has to stay.
    """
    typed = {}
    for name, text in data.items():
        product_id = whole_number(name.removeprefix(QUANTITY), least=1, most=MAX_ID)
        if name.startswith(QUANTITY) and product_id and text != data.get(f"{SHOWN}{product_id}"):
            typed[product_id] = text.strip()[:LONGEST_TYPED]
    return typed
