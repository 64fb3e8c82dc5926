"""What the catalogue was asked for, read from an address and written as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.catalogue.countries import meant, spellings
from shop.http import LONGEST_SEARCH, encoded, plain
from shop.inventory.contract import ProductQuery, Sort
from shop.inventory.words import words_of
from shop.queries import ListQuery

SORTS = (
    ("name", _("Name")),
    ("price", _("Lowest price")),
    ("-price", _("Highest price")),
)

QUOTATION_MARKS = '"“”„«»'
"""What people type around a search; the sentences have their own."""
MOST_WORDS = 8
"""Words that are looked for: on SQLite each costs a look at every row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueQuery(ListQuery):
    """What ``/shop/`` was asked for; unknown names and values are ignored."""

    origin: str = ""
    in_stock: bool = False
    sort: str = "name"

    @classmethod
    def choices(cls, data: Mapping[str, str]) -> dict[str, Any]:
        """``origin``, ``in_stock`` and ``sort``."""
        sort = data.get("sort", "")
        return {
            "origin": plain(data.get("origin", ""))[:LONGEST_SEARCH],
            "in_stock": data.get("in_stock", "") == "1",
            "sort": sort if sort in dict(SORTS) else "name",
        }

    @property
    def quoted(self) -> str:
        """The search as it stands in the quotation marks of a sentence."""
        return self.text.strip(QUOTATION_MARKS)

    @property
    def address(self) -> str:
        """The address that asks for exactly this; it repeats nothing else that a visitor sent."""
        values = {
            "q": self.text,
            "origin": self.origin,
            "in_stock": "1" if self.in_stock else "",
            "sort": self.sort if self.sort != "name" else "",
            "page": self.page if self.page > 1 else "",
        }
        query = encoded(values)
        return reverse("catalogue") + (f"?{query}" if query else "")

    def products(self, origins: Sequence[str]) -> ProductQuery:
        """The same, as the inventory takes it: each word once, the first MOST_WORDS of them.

        ``origins`` are those that the shop has.
        """
        text = " ".join(words_of(self.text)[:MOST_WORDS])
        return ProductQuery(
            text=text,
            origins=spellings(self.origin, origins) if self.origin else (),
            meant=meant(text, origins),
            in_stock=self.in_stock,
            sort=Sort(self.sort),
        )

    @property
    def is_filtered(self) -> bool:
        """True when some products are left out."""
        return bool(self.text or self.origin or self.in_stock)
