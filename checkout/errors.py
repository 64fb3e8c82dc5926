"""How paying can end other than on the thanks page. Data only: the words are in messages.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shop.inventory.contract import InventoryError, PriceChange, SaleRefused, Shortage

if TYPE_CHECKING:
    from checkout.models import Order
    from checkout.references import NoFreeReference


class CheckoutError(Exception):
    """Root of what checkout raises on purpose."""


class BasketChanged(CheckoutError):
    """The posted page showed another basket than the one that stands; nothing was ordered."""


@dataclass(eq=False)
class OrderError(CheckoutError):
    """Something about one order."""

    order: Order


class AlreadyPlaced(OrderError):
    """The ledger has the sale of this very basket; the order is confirmed."""


class OrderRefused(OrderError):
    """The order can't be sold as it was shown; ``order.refusal`` says why."""

    @property
    def refusal(self) -> Refusal:
        return Refusal.from_json(self.order.refusal or {})


class OrderAbandoned(OrderError):
    """The order was given up before anything was sold, and never will be sold."""


class StillChecking(OrderError):
    """Whether the sale happened is known to the ledger only, and it can't be asked now."""


@dataclass(eq=False)
class NotPlaced(OrderError):
    """Nothing was sold: the inventory was busy or away before the commit was sent.

    Or there was no reference to sell it under.
    """

    cause: InventoryError | NoFreeReference


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why an order was refused, as it is kept with the order and in the ledger."""

    shortages: tuple[Shortage, ...] = ()
    price_changes: tuple[PriceChange, ...] = ()

    @classmethod
    def of(cls, refused: SaleRefused, names: Mapping[int, str]) -> Refusal:
        """What the inventory said; what it has forgotten goes by the name that was shown."""
        return cls(
            shortages=tuple(
                replace(short, name=short.name or names[short.product_id])
                for short in refused.shortages
            ),
            price_changes=refused.price_changes,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for the void decision and the order."""
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
        """What :meth:`to_json` wrote."""
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
