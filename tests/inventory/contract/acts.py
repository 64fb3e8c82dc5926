"""What people do with an inventory, in one call each, and how a store looks as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from shop.inventory.contract import (
    LATEST_SOLD_OUT,
    AcceptOutside,
    BesideList,
    Change,
    Correction,
    Counts,
    Decision,
    Delivery,
    DeliveryRow,
    Inventory,
    Movement,
    NewDetails,
    Note,
    ProblemRow,
    Product,
    ProductQuery,
    PutBack,
    Return,
    SaleRequest,
    Shelf,
    Sort,
    WantedLine,
    Withdrawal,
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


def known(inventory: Inventory, product_id: int = 1) -> Product:
    """A product of the shop's; fails when the shop does not know it."""
    product = inventory.product(product_id)
    assert product is not None
    return product


def decided(inventory: Inventory, reference: str) -> Decision:
    """What was decided under this reference; fails when nothing was."""
    decision = inventory.decision(reference)
    assert decision is not None
    return decision


def left(inventory: Inventory, product_id: int) -> int:
    """Bags that a shopper could buy; fails when the shop does not know the product."""
    return known(inventory, product_id).left


def on_sale(inventory: Inventory) -> tuple[Product, ...]:
    """Every product on sale, by id."""
    return inventory.page(ProductQuery(sort=Sort.ID, limit=1000)).products


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """All that an inventory tells of its store, so that two moments can be compared."""

    version: str
    on_sale: tuple[Product, ...]
    beside_list: BesideList
    sold_out: tuple[Product, ...]
    withdrawn: tuple[Product, ...]
    problems: tuple[ProblemRow, ...]
    movements: tuple[Movement, ...]
    decisions: tuple[Decision, ...]


def everything(inventory: Inventory) -> Everything:
    """The store as it stands."""
    version = inventory.version()
    beside_list = inventory.beside_list(version=version)
    sold_out = inventory.sold_out(limit=1000)
    assert beside_list.sold_out == sold_out[:LATEST_SOLD_OUT]
    return Everything(
        version=version,
        on_sale=on_sale(inventory),
        beside_list=beside_list,
        sold_out=sold_out,
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


KEY = "CC-EVERYACT"
ACTS: dict[str, Callable[[Inventory], Decision]] = {
    "sale": lambda i: sell(i, wish(KEY, {1: 1, 3: 4})),
    "void": lambda i: i.void(KEY, hashed("Amina's basket"), {"abandoned": "late"}),
    "delivery": lambda i: i.apply(Delivery(rows=(coming(1, 2), coming(9, 3))), note(KEY)),
    "correction": lambda i: i.apply(Correction(product_id=1, shown=10, counted=7), note(KEY)),
    "details": lambda i: i.apply(
        NewDetails(product_id=1, name="A", price=PRICE, origin="", description=""), note(KEY)
    ),
    "withdrawal": lambda i: i.apply(Withdrawal(product_id=1), note(KEY)),
    "put back": lambda i: i.apply(PutBack(product_id=2), note(KEY)),
    "return": lambda i: i.apply(Return(sale="CC-EARLIER1"), note(KEY)),
    "accept outside": lambda i: i.apply(AcceptOutside(product_id=3), note(KEY)),
    "counts": lambda i: i.apply(
        Counts(
            rows=(
                Correction(product_id=3, shown=4, counted=2),
                Correction(product_id=1, shown=10, counted=7),
            )
        ),
        note(KEY),
    ),
}
"""Every kind of act that writes, each under KEY, in the shop of three products."""
