"""From the text of a request to values; each says in words what it can't take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shop.http import LONGEST_SEARCH, is_count, plain
from shop.inventory.contract import ProductQuery, Sort

SORTS = (
    ("name", _("Name")),
    ("price", _("Lowest price")),
    ("-price", _("Highest price")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueQuery:
    """What ``/shop/`` was asked for; anything it does not know is left out, never an error."""

    text: str
    origin: str
    in_stock: bool
    sort: str
    page: int

    @classmethod
    def read(cls, data: Mapping[str, str]) -> CatalogueQuery:
        """From the address's query."""
        sort = data.get("sort", "")
        page = data.get("page", "")
        return cls(
            text=plain(data.get("q", ""))[:LONGEST_SEARCH],
            origin=plain(data.get("origin", ""))[:LONGEST_SEARCH],
            in_stock=data.get("in_stock", "") == "1",
            sort=sort if sort in dict(SORTS) else "name",
            page=max(1, int(page)) if is_count(page) else 1,
        )

    @property
    def products(self) -> ProductQuery:
        """The same, as the inventory takes it."""
        return ProductQuery(
            text=self.text, origin=self.origin, in_stock=self.in_stock, sort=Sort(self.sort)
        )

    @property
    def is_filtered(self) -> bool:
        """True when some products are left out."""
        return bool(self.text or self.origin or self.in_stock)
