"""What the catalogue was asked for, read from an address and written as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.http import LONGEST_SEARCH, page_number, plain
from shop.inventory.contract import ProductQuery, Sort

SORTS = (
    ("name", _("Name")),
    ("price", _("Lowest price")),
    ("-price", _("Highest price")),
)

MOST_WORDS = 8
"""Words that are looked for: on SQLite each costs a look at every row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueQuery:
    """What ``/shop/`` was asked for; unknown names and values are ignored."""

    text: str = ""
    origin: str = ""
    in_stock: bool = False
    sort: str = "name"
    page: int = 1

    @classmethod
    def read(cls, data: Mapping[str, str]) -> CatalogueQuery:
        """From the address's query."""
        sort = data.get("sort", "")
        return cls(
            text=plain(data.get("q", ""))[:LONGEST_SEARCH],
            origin=plain(data.get("origin", ""))[:LONGEST_SEARCH],
            in_stock=data.get("in_stock", "") == "1",
            sort=sort if sort in dict(SORTS) else "name",
            page=page_number(data.get("page", "")),
        )

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
        query = urlencode({name: value for name, value in values.items() if value})
        return reverse("catalogue") + (f"?{query}" if query else "")

    @property
    def products(self) -> ProductQuery:
        """The same, as the inventory takes it: each word once, the first MOST_WORDS of them."""
        words = list(dict.fromkeys(self.text.split()))[:MOST_WORDS]
        return ProductQuery(
            text=" ".join(words), origin=self.origin, in_stock=self.in_stock, sort=Sort(self.sort)
        )

    @property
    def is_filtered(self) -> bool:
        """True when some products are left out."""
        return bool(self.text or self.origin or self.in_stock)
