"""The ways in which paying can fail. Errors carry data; the sentences are in messages.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shop.inventory.contract import InventoryError, PriceChange, SaleRefused, Shortage

if TYPE_CHECKING:
    from checkout.models import Order, OrderLimit
    from checkout.references import NoFreeReference


class CheckoutError(Exception):
    """Base of the checkout's errors."""


class BasketChanged(CheckoutError):
    """The posted page showed another basket than the session has; nothing was ordered."""


@dataclass(eq=False)
class OverLimit(CheckoutError):
    """A new order was over a limit; it was not placed."""

    limit: OrderLimit


@dataclass(eq=False)
class OrderError(CheckoutError):
    """An error about one order."""

    order: Order


class AlreadyPlaced(OrderError):
    """The order was sold before; it is confirmed."""


class OrderRefused(OrderError):
    """The order can't be sold as it was shown; ``order.refusal`` has the reasons."""


class OrderAbandoned(OrderError):
    """The order was abandoned before anything was sold; it can't be sold any more."""


class StillChecking(OrderError):
    """It is not known yet whether the order was sold; the ledger decides."""


@dataclass(eq=False)
class NotPlaced(OrderError):
    """Nothing was sold: the inventory failed before the commit, or no reference was free."""

    cause: InventoryError | NoFreeReference


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why an order was refused, as stored with the order and in the ledger."""

    shortages: tuple[Shortage, ...] = ()
    price_changes: tuple[PriceChange, ...] = ()

    @classmethod
    def of(cls, refused: SaleRefused, names: Mapping[int, str]) -> Refusal:
        """The inventory's reasons; a product without a name gets the name that was shown."""
        return cls(
            shortages=tuple(
                replace(short, name=short.name or names[short.product_id])
                for short in refused.shortages
            ),
            price_changes=refused.price_changes,
        )

    def to_json(self) -> dict[str, Any]:
        """JSON data for the ledger and the order."""
        return {
            "shortages": [
                {"id": s.product_id, "name": s.name, "wanted": s.wanted, "left": s.left}
                for s in self.shortages
            ],
            "price_changes": [
                {
                    "id": p.product_id,
                    "name": p.name,
                    "quantity": p.quantity,
                    "shown": str(p.shown),
                    "now": str(p.now),
                }
                for p in self.price_changes
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Mapping[str, Any]]]) -> Refusal:
        """Read the data that :meth:`to_json` wrote."""
        return cls(
            shortages=tuple(
                Shortage(product_id=s["id"], name=s["name"], wanted=s["wanted"], left=s["left"])
                for s in data.get("shortages", ())
            ),
            price_changes=tuple(
                PriceChange(
                    product_id=p["id"],
                    name=p["name"],
                    quantity=p["quantity"],
                    shown=Decimal(p["shown"]),
                    now=Decimal(p["now"]),
                )
                for p in data.get("price_changes", ())
            ),
        )
