"""The ledger of one product, and the way to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from shop.deliveries import neutralised
from shop.desk.stock import gone_containing
from shop.http import LONGEST_SEARCH, plain
from shop.inventory.contract import (
    MAX_ID,
    Inventory,
    Movement,
    MovementKind,
    Product,
    ProductQuery,
    Sort,
)

MOST_FOUND = 50
LATEST = 200

EXPORT_COLUMNS = ("ProductId", "Number", "When", "What", "Change", "After", "Who", "Why", "Key")


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerQuery:
    """What the ledger was asked for: a product's number, or words to find it by.

    ``kind`` is the only kind of movement to show, all kinds when it is None.
    """

    text: str
    product_id: int | None
    kind: MovementKind | None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> LedgerQuery:
        """From the address's query: ``q``, which may be a number, or ``product``; ``kind``."""
        text = plain(data.get("q", ""))[:LONGEST_SEARCH]
        number = data.get("product", "") or text
        is_id = number.isascii() and number.isdigit() and len(number) <= len(str(MAX_ID))
        product_id = int(number) if is_id and 0 < int(number) <= MAX_ID else None
        kind = data.get("kind", "")
        return cls(
            text=text,
            product_id=product_id,
            kind=MovementKind(kind) if kind in set(MovementKind) else None,
        )

    def of_kind(self, movements: Iterable[Movement]) -> tuple[Movement, ...]:
        """Those of the kind that was asked for."""
        return tuple(one for one in movements if self.kind in {None, one.kind})


def found(inventory: Inventory, text: str) -> tuple[Product, ...]:
    """Products with these words, those on sale by number, then those off the shelf.

    One more than MOST_FOUND says that there are others.
    """
    query = ProductQuery(text=text, sort=Sort.ID, limit=MOST_FOUND + 1)
    on_sale = inventory.page(query).products
    gone = gone_containing(inventory, text) if len(on_sale) <= MOST_FOUND else ()
    return (*on_sale, *gone)[: MOST_FOUND + 1]


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
        )
