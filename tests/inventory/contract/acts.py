"""What people do with an inventory, in one call each, and how a store looks as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from shop.inventory.contract import (
    Change,
    Correction,
    Decision,
    Delivery,
    DeliveryRow,
    Inventory,
    Movement,
    Note,
    ProblemRow,
    Product,
    ProductQuery,
    SaleRequest,
    Shelf,
    Sort,
    WantedLine,
)
from tests.inventory.contract.world import PRICE

_keys = count(1)


def hashed(token: str) -> str:
    """The SHA-256 that stands for a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def wish(
    reference: str,
    bags: Mapping[int, int],
    *,
    token: str = "Amina's basket",
    prices: Mapping[int, Decimal] | None = None,
) -> SaleRequest:
    """An order for so many bags of each product, shown at PRICE unless said otherwise."""
    lines = tuple(
        WantedLine(product_id=id_, quantity=bags[id_], unit_price=(prices or {}).get(id_, PRICE))
        for id_ in bags
    )
    return SaleRequest(reference=reference, token_hash=hashed(token), lines=lines)


def sell(inventory: Inventory, request: SaleRequest) -> Decision:
    """Sell a whole order as the checkout does, line by line; the decision that it left."""
    with inventory.sale(request) as sale:
        for line in request.lines:
            sale.sell(line.product_id)
    assert sale.decision is not None
    return sale.decision


def note(key: str = "", *, who: str = "Bruno", why: str = "") -> Note:
    """A one-time key, a new one unless it is given, in Bruno's hand."""
    return Note(key=key or f"key-{next(_keys)}", who=who, why=why)


def coming(
    product_id: int,
    quantity: int,
    *,
    name: str = "Yirgacheffe",
    price: Decimal = PRICE,
    origin: str = "Ethiopia",
    description: str = "Jasmine and lemon",
    take_details: bool = False,
    shown: Shelf | None = None,
) -> DeliveryRow:
    """One product of a delivery."""
    return DeliveryRow(
        product_id=product_id,
        name=name,
        price=price,
        quantity=quantity,
        origin=origin,
        description=description,
        take_details=take_details,
        shown=shown,
    )


def deliver(
    inventory: Inventory, *rows: DeliveryRow, key: str = "", again: bool = True
) -> Decision:
    """A delivery comes in; rows that came before are taken, unless that is what is tested."""
    return inventory.apply(Delivery(rows=rows, again=again), note(key))


def correct(inventory: Inventory, product_id: int, *, shown: int, counted: int) -> Decision:
    """A count on the stock desk."""
    return apply(inventory, Correction(product_id=product_id, shown=shown, counted=counted))


def apply(inventory: Inventory, change: Change, key: str = "") -> Decision:
    """Any change, under a new key."""
    return inventory.apply(change, note(key))


def left(inventory: Inventory, product_id: int) -> int:
    """Bags that a shopper could buy; fails when the shop does not know the product."""
    product = inventory.product(product_id)
    assert product is not None
    return product.left


def on_sale(inventory: Inventory) -> tuple[Product, ...]:
    """Every product on sale, by id."""
    return inventory.page(ProductQuery(sort=Sort.ID, limit=1000)).products


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """All that an inventory tells of its store, so that two moments can be compared."""

    version: str
    on_sale: tuple[Product, ...]
    sold_out: tuple[Product, ...]
    withdrawn: tuple[Product, ...]
    problems: tuple[ProblemRow, ...]
    movements: tuple[Movement, ...]
    decisions: tuple[Decision, ...]


def everything(inventory: Inventory) -> Everything:
    """The store as it stands."""
    return Everything(
        version=inventory.version(),
        on_sale=on_sale(inventory),
        sold_out=inventory.sold_out(limit=1000),
        withdrawn=inventory.withdrawn(),
        problems=inventory.problems(),
        movements=tuple(inventory.all_movements()),
        decisions=tuple(inventory.decisions()),
    )


def steps(inventory: Inventory, product_id: int) -> list[tuple[str, int, int]]:
    """A product's movements as kind, change and running quantity."""
    return [(move.kind.value, move.change, move.after) for move in inventory.movements(product_id)]


def chain_is_whole(movements: tuple[Movement, ...]) -> bool:
    """True when one product's movements are numbered without a gap and their figures add up."""
    after = 0
    for number, movement in enumerate(movements, start=1):
        after += movement.change
        if (movement.number, movement.after) != (number, after):
            return False
    return True
