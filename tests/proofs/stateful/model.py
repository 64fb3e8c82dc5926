"""The shop as plain Python: what should be there, without any database, lock or page."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from shop.inventory.contract import Shelf


@dataclass(slots=True)
class Coffee:
    """One product: where it stands, and every bag that ever came in or went out."""

    price: Decimal
    shelf: Shelf = Shelf.ON_SALE
    quantity: int = 0
    """Bags on the shelf, or kept back while it is withdrawn."""
    came_in: int = 0
    """Delivered, counted, returned, or changed by another program; less what was lost."""
    sold: int = 0

    @property
    def left(self) -> int:
        return self.quantity if self.shelf is Shelf.ON_SALE else 0

    def take_in(self, bags: int) -> None:
        """Bags come in, and the coffee is on sale from then on."""
        self.quantity += bags
        self.came_in += bags
        self.shelf = Shelf.ON_SALE

    def come_back(self, bags: int) -> None:
        """Bags of a cancelled order; those of a withdrawn coffee are kept with the others."""
        shelf = self.shelf
        self.take_in(bags)
        if shelf is Shelf.WITHDRAWN:
            self.shelf = shelf

    def put_back(self) -> None:
        """On sale with what was kept; sold out when that was nothing."""
        self.shelf = Shelf.ON_SALE if self.quantity else Shelf.SOLD_OUT

    def sell(self, bags: int) -> None:
        """Bags go out; with the last one the coffee is sold out."""
        self.quantity -= bags
        self.sold += bags
        if not self.quantity:
            self.shelf = Shelf.SOLD_OUT


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A checkout page that somebody has open: what it showed, for ever."""

    shopper: str
    token: str
    lines: dict[int, int]
    prices: dict[int, Decimal]


@dataclass(slots=True)
class Paid:
    """The order for one token."""

    page: Page
    confirmed: bool
    shortages: set[tuple[int, int, int]] = field(default_factory=set)
    """Product, wanted, left."""
    price_changes: set[tuple[int, Decimal, Decimal]] = field(default_factory=set)
    """Product, shown, now."""
    returned: bool = False

    @property
    def kinds(self) -> list[str]:
        """What came of it, in a word or two."""
        if self.confirmed:
            return ["sold"]
        return ["short"] * bool(self.shortages) + ["price changed"] * bool(self.price_changes)


@dataclass(slots=True)
class Model:
    """All coffees, baskets and orders."""

    coffees: dict[int, Coffee] = field(default_factory=dict)
    baskets: dict[str, dict[int, int]] = field(default_factory=dict)
    orders: dict[str, Paid] = field(default_factory=dict)
    """By token."""

    def pay(self, page: Page) -> Paid:
        """A page with a token that nobody paid with before: sell all of it, or refuse it."""
        shortages = set()
        price_changes = set()
        for id_, wanted in page.lines.items():
            coffee = self.coffees[id_]
            if coffee.left < wanted:
                shortages.add((id_, wanted, coffee.left))
            if coffee.shelf is Shelf.ON_SALE and coffee.price != page.prices[id_]:
                price_changes.add((id_, page.prices[id_], coffee.price))
        refused = bool(shortages or price_changes)
        order = self.orders[page.token] = Paid(page, not refused, shortages, price_changes)
        if order.confirmed:
            for id_, wanted in page.lines.items():
                self.coffees[id_].sell(wanted)
            self.baskets[page.shopper] = {}
        return order

    def give_back(self, order: Paid) -> None:
        """The bags of a confirmed order come back, once."""
        if not order.returned:
            for id_, bags in order.page.lines.items():
                self.coffees[id_].come_back(bags)
            order.returned = True
