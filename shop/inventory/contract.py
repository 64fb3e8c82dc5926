"""The interface of an inventory, the same for every store.

Everything outside ``shop.inventory`` works with the abstract :class:`Inventory` and the frozen
values below, and never learns which store is in use. Both implementations are held to these
docstrings by one suite, ``tests/inventory/contract``.

Units: money is ``Decimal`` with two decimals, tax included; quantities are whole bags; times are
aware UTC ``datetime``. Texts that are longer than ``TEXTS`` allows are cut when they are read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import Any

COLUMNS = {
    "id": "ProductId",
    "name": "Name",
    "description": "Description",
    "origin": "CountryOfOrigin",
    "price": "Price",
    "quantity": "StockQuantity",
}
"""What ``coffeeco.Inventory`` and delivery files call a product's fields."""

TEXTS = {"name": 50, "description": 500, "origin": 50}
"""The longest of each text of a product, in characters. A search looks into all of them."""

MAX_WHO = 150
"""Characters of a user name, as Django has it."""
MAX_REFERENCE = 80
"""Characters of a decision's reference or key."""
MAX_ANSWER = 500
"""Characters of an alert's answer; a longer one is cut before it is stored."""

CENT = Decimal("0.01")
MAX_PRICE = Decimal("99999999.99")
LATEST_SOLD_OUT = 200
"""Sold-out products that a search of shoppers looks at."""
MAX_ID = 2**53 - 1


# ── products ────────────────────────────────────────────────────────────────────────────────────


class Shelf(StrEnum):
    """A product is on sale, or its row is gone and only its details are kept."""

    ON_SALE = "on sale"
    SOLD_OUT = "sold out"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What staff write about a product; empty where a row of the store or of a file lacks it."""

    name: str = ""
    price: Decimal | None = None
    origin: str = ""
    description: str = ""

    @property
    def details(self) -> dict[str, Any]:
        """These fields by name, to give another value the same details."""
        return {name: getattr(self, name) for name in DETAILS}

    def completed(self, other: Details) -> dict[str, Any]:
        """The details by name, with those of ``other`` where a field is empty."""
        own = {name: value for name, value in self.details.items() if value not in ("", None)}
        return other.details | own


DETAILS = tuple(detail.name for detail in fields(Details))


@dataclass(frozen=True, kw_only=True, slots=True)
class Product(Details):
    """A coffee that can be shown. Rows that cannot be sold are a :class:`ProblemRow` instead."""

    id: int
    price: Decimal
    quantity: int
    shelf: Shelf = Shelf.ON_SALE
    since: datetime | None = None
    """When it sold out or was withdrawn; None while on sale."""

    @property
    def left(self) -> int:
        """Bags that a shopper could buy now."""
        return self.quantity if self.shelf is Shelf.ON_SALE else 0

    @property
    def is_sold_out(self) -> bool:
        """True when it can't be bought, whether its row is gone, empty or withdrawn."""
        return self.left == 0


class RowProblem(StrEnum):
    """Why a row of the store cannot be sold."""

    NO_NAME = "no name"
    NO_PRICE = "no price"
    NO_QUANTITY = "no quantity"
    NEGATIVE_STOCK = "negative stock"
    WRONG_PRICE = "price below zero or too large"
    WRONG_ID = "number below 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProblemRow:
    """A row that another program left unfit for sale; it is listed, never offered."""

    id: int
    name: str
    problems: tuple[RowProblem, ...]


class Sort(StrEnum):
    """How a page of products can be sorted; equal products are sorted by id."""

    NAME = "name"
    PRICE = "price"
    PRICE_DOWN = "-price"
    QUANTITY = "quantity"
    ID = "id"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductQuery:
    """Selects products on sale, their order, and the range to return.

    Each word of ``text`` is looked for in every text without regard to case, and as a product's
    number; a store says itself whether accents count. ``origins`` are exact; ``below`` keeps
    products with fewer bags than that, ``in_stock`` those with at least one.
    """

    text: str = ""
    origins: tuple[str, ...] = ()
    meant: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Words that also stand for exact origins, such as "Brasil" for "Brazil"."""
    in_stock: bool = False
    below: int | None = None
    sort: Sort = Sort.NAME
    offset: int = 0
    limit: int = 24
    is_counted: bool = True
    """False when the total is not needed: it may then be any number."""

    def origins_meant(self, word: str) -> tuple[str, ...]:
        """The exact origins that this word of the text stands for as well."""
        return dict(self.meant).get(word, ())


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductPage:
    """One range of products, and how many the query matches in total."""

    products: tuple[Product, ...]
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BesideList:
    """What a page shows beside its list.

    ``origins`` are those of the products on sale, each once as spelled, in alphabetical order.
    ``sold_out`` are the products whose last bag went most recently, latest first, at most
    LATEST_SOLD_OUT.
    """

    origins: tuple[str, ...]
    sold_out: tuple[Product, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StockTotals:
    """Totals over every row that can be sold."""

    products: int
    bags: int
    value: Decimal
    low: int


# ── the ledger ──────────────────────────────────────────────────────────────────────────────────


class AlertKind(StrEnum):
    LOW = "low"
    OUT = "out"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertAnswer:
    """The store's answer to an alert: its text, or the error that it returned."""

    answer: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SoldLine:
    """One line of a sale as the ledger keeps it."""

    product_id: int
    name: str
    origin: str
    quantity: int
    unit_price: Decimal
    left: int
    alert: AlertKind | None = None
    """The alert that is due because of this line."""


class DecisionKind(StrEnum):
    """The kind of a decision. SALE and VOID are decisions about orders."""

    SALE = "sale"
    VOID = "void"
    CHANGE = "change"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The one, final entry of the ledger under a reference.

    ``token_hash`` is the SHA-256 (hex) of the order's token for SALE and VOID, and the digest of
    the change for CHANGE. ``reason`` is plain JSON data: why an order is void, or what a change
    was (``{"change": "delivery", "who": …, "why": …}``). ``lines`` are those of a SALE,
    ``results`` those of a CHANGE.
    """

    reference: str
    kind: DecisionKind
    token_hash: str
    at: datetime
    reason: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[SoldLine, ...] = ()
    results: tuple[ChangeResult, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PastDelivery:
    """A delivery in a list of them; the decision under its ``key`` has its lines."""

    key: str
    at: datetime
    who: str
    products: int
    bags: int
    new: int
    """How many of the products were new to the shop."""
    why: str = ""
    """From whom, and what was noted."""


class MovementKind(StrEnum):
    """Why a quantity changed. OPENING is what was there when the shop first touched a product."""

    OPENING = "opening"
    SALE = "sale"
    DELIVERY = "delivery"
    CORRECTION = "correction"
    OUTSIDE = "changed outside the shop"
    WITHDRAWAL = "withdrawal"
    """Bags of a withdrawn product move to the kept bags, or from them when the sign is opposite.

    A return or a count of a withdrawn product writes one as well, so the sum of WITHDRAWAL and
    PUT_BACK movements is the number of kept bags.
    """
    PUT_BACK = "put back"
    RETURN = "return"
    DETAILS = "details"


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """One numbered step of a product's stock; ``after`` is the running quantity."""

    product_id: int
    number: int
    kind: MovementKind
    change: int
    after: int
    at: datetime
    who: str = ""
    why: str = ""
    reference: str = ""
    price: Decimal | None = None
    """The price of a bag from this movement on, for a SALE the price that was paid.

    None where the product had none, and in movements written by version 0.1.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """A product's stock beside its ledger, both read under the row's lock."""

    product_id: int
    in_stock: int
    in_ledger: int | None
    """None when no movement was ever written for it."""

    @property
    def drift(self) -> int:
        """Bags that other programs added since the last movement; negative if they took some."""
        return 0 if self.in_ledger is None else self.in_stock - self.in_ledger


# ── selling ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedLine:
    """What a shopper wants of one product, at the unit price that the page showed."""

    product_id: int
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleRequest:
    """An order to sell; at least one line, each product once, each quantity at least 1."""

    reference: str
    token_hash: str
    lines: tuple[WantedLine, ...]

    def __post_init__(self) -> None:
        ids = [line.product_id for line in self.lines]
        if not ids or len(set(ids)) != len(ids):
            raise ValueError("a sale needs lines, each product once")
        if any(line.quantity < 1 for line in self.lines):
            raise ValueError("a sale needs at least one bag of each product")


class Sale(ABC):
    """An open sale: every line has been found in stock at its shown price and is held."""

    decision: Decision | None = None
    """The ledger's entry once the sale is committed; None before."""

    alert_answers: dict[int, AlertAnswer]
    """The store's answers to the alerts after the commit, by product. A due alert that is missing
    here was not answered; raise it later with :meth:`Inventory.raise_alert`."""

    @abstractmethod
    def sell(self, product_id: int) -> SoldLine:
        """Sell the held line of this product: delete the row, or save what is left.

        Raises ValueError for a product that is not in the sale or was sold already.
        """


# ── changing stock ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow(Details):
    """One product of a delivery: ``quantity`` bags come in. A new product needs all details.

    For a product that the shop knows (on sale, sold out or withdrawn) the details replace the
    known ones only when ``take_details`` is set. Afterwards it is on sale. A withdrawn product
    comes back with its kept bags too, but only when ``shown`` is WITHDRAWN. Details that change
    are a DETAILS movement of their own, before that of the bags.
    """

    product_id: int
    price: Decimal
    quantity: int
    take_details: bool = False
    must_be_new: bool = False
    """Refuse the delivery with ShelfChanged when the shop knows the product already."""
    shown: Shelf | None = None
    """The shelf that the page showed; the delivery is refused when the product is on another one.
    None when the page showed none: any shelf but WITHDRAWN is accepted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """Bags that come in, in one transaction. The same rows again are refused unless ``again``.

    Raises :class:`ShelfChanged` for the first row whose product is not where it was shown.
    """

    rows: tuple[DeliveryRow, ...]
    again: bool = False
    fingerprint: str = ""
    """Identifies the delivery in place of its rows when not empty. A file may have empty cells that
    the shop fills in, and stays the same delivery when the shop's details change."""

    def __post_init__(self) -> None:
        if len({row.product_id for row in self.rows}) != len(self.rows):
            raise ValueError("a delivery has each product once")


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A count: ``counted`` bags were found where the form showed ``shown``.

    The difference is added to the stock at that time, so that bags sold meanwhile stay sold. For
    a withdrawn product it is added to the kept bags, and the product stays withdrawn. A result
    below zero raises :class:`ChangeRefused`. A sold-out product with a positive count is on sale
    again.
    """

    product_id: int
    shown: int
    counted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Several counts, written together or not at all; each product once."""

    rows: tuple[Correction, ...]

    def __post_init__(self) -> None:
        if len({row.product_id for row in self.rows}) != len(self.rows):
            raise ValueError("a count has each product once")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDetails(Details):
    """New price or words for a product; its quantity stays.

    With ``shown``, what the form showed, only the fields that differ from it are changed. Raises
    :class:`DetailsChanged` when another person has changed one of them since, to another value.
    """

    product_id: int
    price: Decimal
    shown: Details | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """Take a product off sale and keep its details and quantity."""

    product_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PutBack:
    """Put a withdrawn product back on sale with its kept bags; with none it is sold out."""

    product_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """Put the bags of a sale back. ``sale`` is the reference of the order that sold them.

    With ``written_off`` they come back in the ledger and are counted off at once, such as torn
    ones: the stock stays as it is.

    Bags of a withdrawn product are added to its kept bags, and it stays withdrawn; any other
    product is on sale afterwards. A second return of the same sale, under any key, changes nothing
    and gets the first decision.
    """

    sale: str
    written_off: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class UndoDelivery:
    """Undo a delivery: ``delivery`` is the key under which it was received.

    As many of its bags as are still there are counted down. Details that it changed are put back
    unless they were changed again since. A product that it put back on sale is withdrawn again;
    so is one that was new, once it has no bags. A second undo of the same delivery, under any key,
    changes nothing and gets the first decision. Raises UnknownProduct when there is no such
    delivery.
    """

    delivery: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptOutside:
    """Write into the ledger what other programs did to a product's quantity."""

    product_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceList:
    """New prices or words of several products, written together or not at all; each once."""

    rows: tuple[NewDetails, ...]

    def __post_init__(self) -> None:
        if len({row.product_id for row in self.rows}) != len(self.rows):
            raise ValueError("a price list has each product once")


Change = (
    Delivery
    | UndoDelivery
    | Correction
    | Counts
    | NewDetails
    | PriceList
    | Withdrawal
    | PutBack
    | Return
    | AcceptOutside
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """The one-time key of a change, who makes it and why. The same key is applied only once."""

    key: str
    who: str
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeResult:
    """What a change did to one product. ``is_new`` is True for a product new to the shop.

    ``before``, ``change`` and ``after`` are bags that can be bought.
    """

    product_id: int
    name: str
    before: int
    change: int
    after: int
    is_new: bool = False
    quantity: int
    """Bags that the change added (negative: removed), without kept bags that it put back."""
    kept: int | None = None
    """Kept bags afterwards if the product is withdrawn; else None."""
    details: str = ""
    """What changed of its details, such as "price 9.50 → 10.00, name was Nightwatch"."""
    was: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The details that a delivery changed, by name: as they were, and as it made them."""

    @property
    def put_back(self) -> int:
        """Kept bags that a delivery put back on sale, in addition to its own."""
        return self.change - self.quantity


# ── what can go wrong ───────────────────────────────────────────────────────────────────────────


class InventoryError(Exception):
    """Root of everything that an inventory raises on purpose. It carries data, not sentences."""


class InventoryUnavailable(InventoryError):
    """The store can't be reached, or failed. **This call changed nothing.**"""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InventoryTimeout(InventoryUnavailable):
    """The store gave no answer in time. Nothing was changed, and nothing will be."""


class LoginRefused(InventoryUnavailable):
    """The store refused the account, namespace or licence."""


class InventoryMisfit(InventoryUnavailable):
    """The store answers, but the shop can't use it; ``remedy`` says what to do."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.remedy = remedy


class InventoryBusy(InventoryError):
    """Another process held a lock for too long. Nothing was changed."""

    def __init__(self, product_id: int | None = None) -> None:
        super().__init__(product_id)
        self.product_id = product_id


class OutcomeUnknown(InventoryError):
    """The commit was sent and not answered: only the ledger knows whether it happened."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """A line that wants more than is left; ``left`` is 0 when the product is gone."""

    product_id: int
    name: str
    wanted: int
    left: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceChange:
    """A line whose price is no longer the shown one."""

    product_id: int
    name: str
    quantity: int
    shown: Decimal
    now: Decimal


class SaleRefused(InventoryError):
    """The order cannot be sold as shown. **Every** short line and changed price is named."""

    def __init__(
        self, shortages: Sequence[Shortage] = (), price_changes: Sequence[PriceChange] = ()
    ) -> None:
        super().__init__(shortages, price_changes)
        self.shortages = tuple(shortages)
        self.price_changes = tuple(price_changes)


class SaleIncomplete(InventoryError):
    """A sale was left before every line was sold; it was rolled back."""


class Decided(InventoryError):
    """The ledger already has a decision for this reference and token (or key)."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reference)
        self.decision = decision


class ReferenceTaken(InventoryError):
    """The ledger has this reference under another token. Use another reference."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class UnknownProduct(InventoryError):
    """The product of a change does not exist, or is not on the shelf that the change needs."""

    def __init__(self, product_id: int) -> None:
        super().__init__(product_id)
        self.product_id = product_id


class ChangeRefused(InventoryError):
    """A change would make a product's stock negative."""

    def __init__(self, product_id: int, in_stock: int, change: int) -> None:
        super().__init__(product_id, in_stock, change)
        self.product_id = product_id
        self.in_stock = in_stock
        self.change = change


class ShelfChanged(InventoryError):
    """A product is not on the shelf that was shown; ``now`` is None when it does not exist."""

    def __init__(self, product_id: int, shown: Shelf | None, now: Shelf | None) -> None:
        super().__init__(product_id, shown, now)
        self.product_id = product_id
        self.shown = shown
        self.now = now


class DetailsChanged(InventoryError):
    """Another person changed the same details; ``now`` has them by name, as they are now."""

    def __init__(self, product_id: int, now: Mapping[str, Any]) -> None:
        super().__init__(product_id, now)
        self.product_id = product_id
        self.now = now


class DeliveryRepeated(InventoryError):
    """A delivery with the same rows was received before, under ``earlier``."""

    def __init__(self, earlier: Decision) -> None:
        super().__init__(earlier.reference)
        self.earlier = earlier


# ── checking itself ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check of the store. ``remedy`` is empty when ``ok``."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetUp:
    """What setting up a store found and did, as sentences for an operator.

    ``made`` is what was made, or would be in a dry run; ``left`` is what was not changed, and why;
    ``wrong`` is what prevents the shop from selling, each with its remedy.
    """

    there: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


# ── the inventory ───────────────────────────────────────────────────────────────────────────────


class Inventory(ABC):
    """A store of coffee with its ledger. Safe to use from many threads and processes at once.

    Any method may raise :class:`InventoryUnavailable` or a subclass. Methods that change
    something may raise :class:`InventoryBusy` (nothing changed) and :class:`OutcomeUnknown`.
    Every change commits the stock, its movements, its decision and a new version together.
    """

    low_stock: int
    """A sale that leaves fewer bags than this, but some, raises the LOW alert."""

    outside_changes: bool = False
    """True where other programs write stock too, without leaving a new version."""

    clock: Callable[[], datetime] = staticmethod(partial(datetime.now, UTC))
    """The time of what is written from now on; made-up trade of the past sets another one."""

    shares_database_log: bool = False
    """True where a durable commit of the stock makes durable what was committed to Django's
    database before it. Where it is False, an order must be durable before its sale begins."""

    # reading

    @abstractmethod
    def version(self) -> str:
        """A value that every committed change replaces.

        A caller that reads the version first and the rows afterwards gets rows at least as new.
        """

    @abstractmethod
    def page(self, query: ProductQuery) -> ProductPage:
        """One range of the products on sale that match, without problem rows."""

    @abstractmethod
    def quantities(self, query: ProductQuery) -> dict[int, int]:
        """The bags of every product that :meth:`page` would list, by id, in the query's order.

        Cheap for thousands: nothing else of a row is read. ``offset`` and ``limit`` don't count.
        """

    @abstractmethod
    def beside_list(self, *, version: str) -> BesideList:
        """The origins to filter by and the latest sold-out products, at least as new as a version.

        ``version`` is the stock's, read before.
        """

    @abstractmethod
    def products(self, ids: Iterable[int]) -> dict[int, Product]:
        """The products with these ids, on sale, sold out or withdrawn; unknown ids are left out."""

    def product(self, product_id: int) -> Product | None:
        """One product, or None when the shop never had it or its row is unfit for sale."""
        return self.products([product_id]).get(product_id)

    @abstractmethod
    def sold_out(self, *, limit: int) -> tuple[Product, ...]:
        """The products whose last bag was sold, most recent first."""

    @abstractmethod
    def withdrawn(self) -> tuple[Product, ...]:
        """The products that staff took off sale, by id."""

    @abstractmethod
    def problems(self) -> tuple[ProblemRow, ...]:
        """The rows that cannot be sold, by id."""

    @abstractmethod
    def totals(self) -> StockTotals:
        """Totals over the products on sale."""

    # selling

    @abstractmethod
    def sale(self, request: SaleRequest) -> AbstractContextManager[Sale]:
        """One transaction that sells all of a request's lines or none.

        On entering, behind the lock on the decision: raises :class:`Decided` or
        :class:`ReferenceTaken` if the ledger has one; opens every line in id order under an
        exclusive lock; raises :class:`SaleRefused` with all shortages and price changes. The body
        calls :meth:`Sale.sell` once for each line. On leaving, commits if every line was sold;
        else rolls back and raises :class:`SaleIncomplete`, or what the body raised. After the
        commit, with every lock given back, calls the store's alert for each line that makes one
        due; nothing that happens there changes the sale or raises.
        """

    @abstractmethod
    def raise_alert(self, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
        """Call the store's alert again for a committed sale whose alert was not answered."""

    @abstractmethod
    def decision(self, reference: str) -> Decision | None:
        """The ledger's entry under a reference or key, committed ones only."""

    @abstractmethod
    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        """Decide that this order will never be sold; returns the decision in the ledger.

        That is the new VOID, or an earlier decision. Takes the same lock as a sale: a slow sale
        is either found here, or finds the void and stops.
        """

    # changing stock

    @abstractmethod
    def apply(self, change: Change, note: Note) -> Decision:
        """Make one change to stock, once: the same key again returns the first decision.

        Raises :class:`UnknownProduct`, :class:`ChangeRefused`, :class:`ShelfChanged`,
        :class:`DetailsChanged`, :class:`DeliveryRepeated`; and :class:`ReferenceTaken` when the key
        was used for a different change.
        """

    # the ledger

    @abstractmethod
    def movements(
        self, product_id: int, *, newest_first: bool = False, limit: int | None = None
    ) -> tuple[Movement, ...]:
        """A product's movements by number."""

    @abstractmethod
    def on_sale_since(
        self, ids: Iterable[int], *, after: datetime | None = None
    ) -> dict[int, datetime]:
        """When these products last came on sale, also of those that have left it since.

        Without products that came before ``after``, and without those that version 0.1 or another
        program put on sale.
        """

    @abstractmethod
    def all_movements(self) -> Iterator[Movement]:
        """Every movement, by product and number, in constant memory."""

    @abstractmethod
    def decisions(self) -> Iterator[Decision]:
        """Every SALE and VOID, by reference, in constant memory."""

    @abstractmethod
    def deliveries(self, *, limit: int, before: str = "") -> tuple[PastDelivery, ...]:
        """Committed deliveries, latest first.

        ``before`` is a delivery's key: only earlier deliveries are returned, none if there is no
        such delivery.
        """

    @abstractmethod
    def balance(self, product_id: int) -> Balance:
        """A product's stock and its quantity in the ledger, read together under the row's lock."""

    # itself

    @abstractmethod
    def check(self) -> Iterator[Check]:
        """Check the store for an operator; leaves it unchanged.

        The first check says whether the store can be reached.
        """

    def set_up(self, *, upgrade: bool, dry_run: bool) -> SetUp:  # noqa: ARG002
        """Make what is missing in the store; existing parts are changed only with ``upgrade``.

        Tables in Django's database are made by ``migrate``, and the default says so.
        """
        return SetUp(left=("Nothing is to be set up: python manage.py migrate makes the tables.",))

    def describe(self) -> str:
        """The store and its address, for people; never a password."""
        return type(self).__name__
