"""From the text of a request to values; each says in words what it can't take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from shop import messages
from shop.basket import LONGEST_ID, MOST_OF_ONE
from shop.catalogue import MAX_ID
from shop.inventory.contract import ProductQuery, Sort

SORTS = (
    ("name", _("Name")),
    ("price", _("Lowest price")),
    ("-price", _("Highest price")),
)
LONGEST_SEARCH = 100


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
            page=max(1, int(page)) if _is_count(page) else 1,
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


@dataclass(frozen=True, kw_only=True, slots=True)
class LineForm:
    """A product and how many bags of it; ``error`` is a sentence when it can't be taken."""

    product_id: int | None
    quantity: int
    typed: str
    error: str

    @classmethod
    def read(cls, data: Mapping[str, str], *, least: int) -> LineForm:
        """From a form's fields; ``least`` is 1 to add and 0 to change, which removes."""
        id_ = data.get("product_id", "").strip()
        typed = data.get("quantity", "").strip()
        quantity = int(typed) if _is_count(typed) else -1
        fits = least <= quantity <= MOST_OF_ONE
        return cls(
            product_id=int(id_) if _is_count(id_) and 0 < int(id_) <= MAX_ID else None,
            quantity=quantity if fits else 0,
            typed=typed[:20],
            error="" if fits else messages.type_a_number(least),
        )


def _is_count(text: str) -> bool:
    """True for a few plain digits; int() would also take other scripts' and a million of them."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID


def plain(text: str) -> str:
    """Text without what no database takes."""
    return "".join(character for character in text if character.isprintable()).strip()
