"""The stocktake: bags counted of many coffees, compared with the shelf, written together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.forms import BoundField
from django.http import QueryDict

from shop.deliveries import MAX_STOCK
from shop.desk.forms import WhyField
from shop.desk.product_forms import FIGURE, TOO_MANY_COUNTED, DeskForm, bags_field
from shop.desk.shelf import to_collect
from shop.formats import bags
from shop.inventory.contract import Correction, Counts, Product, Shelf

PER_PAGE = 200
"""Coffees of a page: three fields for each are sent, of at most DATA_UPLOAD_MAX_NUMBER_FIELDS."""

NONE = -1

LARGE_BAGS, LARGE_PART = 5, 10
"""A difference is large when it has more bags, and more than a tenth of what is expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShelfLine:
    """A coffee of the stocktake, and its field.

    ``expected`` are the bags on the shelf now, ``shown`` those when the page was opened. ``seen``
    is the count that the page showed beside what is expected, NONE if it showed none.
    """

    product: Product
    field: BoundField
    expected: int
    shown: int
    counted: int | None
    seen: int

    @property
    def difference(self) -> int:
        return 0 if self.counted is None else self.counted - self.expected

    @property
    def doubt(self) -> str:
        """Why a person should see this count before it is written; mostly empty."""
        if self.has_moved:
            return f"was {self.shown:,} when you began"
        off = abs(self.difference)
        is_large = off > LARGE_BAGS and off * LARGE_PART > self.expected
        return "large" if is_large else ""

    @property
    def has_moved(self) -> bool:
        """Whether the shelf changed since the page was opened, so that its difference is wrong."""
        return self.counted is not None and self.shown != self.expected

    @property
    def is_to_be_seen(self) -> bool:
        """Whether it is in doubt and was not seen yet as it is now."""
        return bool(self.doubt) and (self.has_moved or self.counted != self.seen)


class StocktakeForm(DeskForm):
    """A field for each coffee, which may stay empty, and one reason for all."""

    slug = "stocktake"

    why = WhyField(
        initial="stocktake", error_messages={"required": "Write why, such as “stocktake”."}
    )

    def __init__(self, products: Iterable[Product], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.products = tuple(products)
        for product in self.products:
            self.fields[f"counted_{product.id}"] = bags_field(
                f"Bags of {product.name} counted", 0, MAX_STOCK, TOO_MANY_COUNTED, required=False
            )

    @cached_property
    def _waiting(self) -> dict[int, int]:
        return to_collect()

    def clean(self) -> None:
        super().clean()
        for id_, counted in self.counts.items():
            if counted < (waiting := self._waiting.get(id_, 0)):
                self.add_error(
                    f"counted_{id_}",
                    f"It has {bags(waiting)} to be collected: count again, or hand them over "
                    "or cancel their orders first.",
                )
        if not self.errors and not self.counts:
            self.refuse("Nothing was counted yet: write how many bags of a coffee lie there.")

    @property
    def counts(self) -> dict[int, int]:
        """The bags counted, by product id."""
        found = {one.id: self.cleaned_data.get(f"counted_{one.id}") for one in self.products}
        return {id_: counted for id_, counted in found.items() if counted is not None}

    def lines(self) -> list[ShelfLine]:
        """Every coffee with its field and what its shelf should hold."""
        counts = self.counts if self.is_bound else {}
        return [
            ShelfLine(
                product=one,
                field=self[f"counted_{one.id}"],
                expected=(expected := _kept_or_to_sell(one) + self._waiting.get(one.id, 0)),
                shown=self._figure(f"shown_{one.id}", expected),
                counted=counts.get(one.id),
                seen=self._figure(f"seen_{one.id}"),
            )
            for one in self.products
        ]

    def differences(self) -> Counts | None:
        """The differences from the figures that the page showed; None when there are none."""
        changes = (
            Correction(product_id=id_, shown=self._figure(f"shown_{id_}", 0), counted=counted)
            for id_, counted in self.counts.items()
        )
        differing = tuple(one for one in changes if one.shown != one.counted)
        return Counts(rows=differing) if differing else None

    def _figure(self, name: str, otherwise: int = NONE) -> int:
        """A figure that the page was sent with."""
        figure = self.data.get(name, "")
        return int(figure) if FIGURE.fullmatch(figure) else otherwise

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should see one of the counts before it is written."""
        return any(line.is_to_be_seen for line in self.lines())

    @property
    def has_figures(self) -> bool:
        """Whether the page sent the figure that it showed for each count."""
        return all(FIGURE.fullmatch(self.data.get(f"shown_{id_}", "")) for id_ in self.counts)


def _kept_or_to_sell(product: Product) -> int:
    return product.quantity if product.shelf is Shelf.WITHDRAWN else product.left
