"""A basket with live products, prices and what is left: what basket and checkout pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shop.basket import messages
from shop.catalogue import Catalogue, is_on_sale
from shop.inventory.contract import Product


@dataclass(frozen=True, kw_only=True, slots=True)
class BasketLine:
    """One line. ``note`` is "short" when fewer are left than wanted, "gone" when none are."""

    product_id: int
    quantity: int
    product: Product | None
    first_price: Decimal | None = None
    """Price of one bag when it was put into the basket; None when that is not known."""
    is_ordered: bool = False
    """An order for it is being checked, which may be what took the bags that are missing."""

    @property
    def name(self) -> str:
        """The product's name; its number when the shop does not know it any more."""
        return self.product.name if self.product else messages.unnamed(self.product_id)

    @property
    def origin(self) -> str:
        """Where it was grown."""
        return self.product.origin if self.product else ""

    @property
    def unit_price(self) -> Decimal:
        """Price of one bag now; 0 when it can't be bought."""
        return self.product.price if self.product else Decimal(0)

    @property
    def subtotal(self) -> Decimal:
        """Price of the line now; 0 when it can't be bought."""
        return self.unit_price * self.quantity if self.note != "gone" else Decimal(0)

    @property
    def left(self) -> int:
        """Bags that are left to buy."""
        return self.product.left if self.product else 0

    @property
    def note(self) -> str:
        """What stands in the way of buying this line, if anything."""
        if self.is_ordered and self.product:
            return ""
        if not is_on_sale(self.product):
            return "gone"
        return "short" if self.left < self.quantity else ""

    @property
    def problem(self) -> str:
        """The note in a sentence; empty when nothing stands in the way."""
        match self.note:
            case "gone":
                return messages.gone(self.name, self.product)
            case "short":
                return messages.only_left(self.name, self.left)
            case _:
                return ""

    @property
    def was(self) -> Decimal | None:
        """Price of one bag when it was put into the basket, if it can be bought for another now."""
        has_changed = not self.is_ordered and self.first_price not in (None, self.unit_price)
        return self.first_price if has_changed and self.note != "gone" else None


@dataclass(frozen=True, kw_only=True, slots=True)
class BasketView:
    """All lines in the order they were added."""

    lines: tuple[BasketLine, ...]
    stale: bool

    @property
    def total(self) -> Decimal:
        """What the lines cost now, tax included."""
        return sum((line.subtotal for line in self.lines), Decimal("0.00"))

    @property
    def count(self) -> int:
        """Bags that the total is for; none of a coffee that is gone."""
        return sum(line.quantity for line in self.lines if line.note != "gone")

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to buy."""
        return not self.lines

    @property
    def has_problems(self) -> bool:
        """True when a line can't be bought as it stands."""
        return any(line.note for line in self.lines)

    def what_is_left(self) -> dict[int, int]:
        """The basket that can be bought: each line cut to what is left, gone ones dropped."""
        return {line.product_id: min(line.quantity, line.left) for line in self.lines}


def view_of(
    lines: Mapping[int, int],
    catalogue: Catalogue,
    first_prices: Mapping[int, Decimal] | None = None,
    *,
    is_ordered: bool = False,
) -> BasketView:
    """The lines with what the inventory says of each now, and what they cost at first.

    ``is_ordered`` while an order for just these lines is being checked.
    """
    shown = catalogue.products(lines)
    first = first_prices or {}
    return BasketView(
        lines=tuple(
            BasketLine(
                product_id=id_,
                quantity=quantity,
                product=shown.products.get(id_),
                first_price=first.get(id_),
                is_ordered=is_ordered,
            )
            for id_, quantity in lines.items()
        ),
        stale=shown.stale,
    )
