"""The ledger of one product, and the way to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from shop.deliveries import neutralised
from shop.desk.stock import off_sale_containing
from shop.http import plain, whole_number
from shop.inventory.contract import (
    MAX_ID,
    Inventory,
    Movement,
    MovementKind,
    Product,
    ProductQuery,
    Sort,
)
from shop.queries import ListQuery, chosen

MOST_FOUND = 50
LATEST = 200

EXPORT_COLUMNS = (
    *("ProductId", "Number", "When", "What", "Change", "After", "Who", "Why", "Key"),
    "Price",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerQuery(ListQuery):
    """What the ledger was asked for: a product's number, or words to find it by.

    ``kind`` is the only kind of movement to show, all kinds when it is None.
    """

    product_id: int | None
    kind: MovementKind | None

    @classmethod
    def choices(cls, data: Mapping[str, str]) -> dict[str, Any]:
        """``product``, or ``q`` where that is a number; and ``kind``."""
        number = data.get("product", "") or plain(data.get("q", ""))
        return {
            "product_id": whole_number(number, least=1, most=MAX_ID),
            "kind": chosen(MovementKind, data.get("kind", "")),
        }

    def of_kind(self, movements: Iterable[Movement]) -> tuple[Movement, ...]:
        """Those of the kind asked for."""
        return tuple(one for one in movements if self.kind in {None, one.kind})


def found(inventory: Inventory, text: str) -> tuple[Product, ...]:
    """Products with these words, those on sale by number, then those off the shelf.

    One more than MOST_FOUND says that there are others.
    """
    query = ProductQuery(text=text, sort=Sort.ID, limit=MOST_FOUND + 1)
    on_sale = inventory.page(query).products
    off_sale = off_sale_containing(inventory, text) if len(on_sale) <= MOST_FOUND else ()
    return (*on_sale, *off_sale)[: MOST_FOUND + 1]


def export_rows(movements: tuple[Movement, ...]) -> Iterator[tuple[str, ...]]:
    """The cells of an export, header first; none of them runs as a formula."""
    yield EXPORT_COLUMNS
    for movement in movements:
        yield (
            str(movement.product_id),
            str(movement.number),
            timezone.localtime(movement.at).strftime("%Y-%m-%d %H:%M:%S"),
            movement.kind.value,
            str(movement.change),
            str(movement.after),
            neutralised(movement.who),
            neutralised(movement.why),
            movement.reference,
            "" if movement.price is None else f"{movement.price:.2f}",
        )
