"""The one door to stock: what an inventory is, whatever stands behind it.

Everything outside ``shop.inventory`` works with the abstract :class:`Inventory` and the frozen
values below, and never learns which store is in use. Both implementations are held to these
docstrings by one suite, ``tests/inventory/contract``.

Units: money is ``Decimal`` with two decimals, tax included; quantities are whole bags; times are
aware UTC ``datetime``. Text limits are those of ``coffeeco.Inventory``: name and origin 50
characters, description 500; what a wider column holds is shown and written down cut to them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

MAX_NAME = 50
MAX_ORIGIN = 50
MAX_DESCRIPTION = 500
MAX_PRICE = Decimal("99999999.99")


# ── products ────────────────────────────────────────────────────────────────────────────────────


class Shelf(StrEnum):
    """Where a product stands: its row is in the store, or only its details are kept."""

    ON_SALE = "on sale"
    SOLD_OUT = "sold out"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """A coffee that can be shown. Rows that cannot be sold are a :class:`ProblemRow` instead."""

    id: int
    name: str
    price: Decimal
    quantity: int
    origin: str
    description: str
    shelf: Shelf = Shelf.ON_SALE
    since: datetime | None = None
    """When it sold out or was withdrawn; None while on sale."""

    @property
    def left(self) -> int:
        """Bags that a shopper could buy now."""
        return self.quantity if self.shelf is Shelf.ON_SALE else 0

    @property
    def is_sold_out(self) -> bool:
        """True when nobody can buy it, whether its row is gone, empty or withdrawn."""
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
    """The orders that a page of products can be asked in; ties go by id."""

    NAME = "name"
    PRICE = "price"
    PRICE_DOWN = "-price"
    QUANTITY = "quantity"
    ID = "id"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductQuery:
    """Which products on sale, in what order, which stretch of them.

    ``text`` is looked for in name, origin and description without regard to case; ``origin`` is
    exact; ``below`` keeps products with fewer bags than that, ``in_stock`` those with at least one.
    """

    text: str = ""
    origin: str = ""
    in_stock: bool = False
    below: int | None = None
    sort: Sort = Sort.NAME
    offset: int = 0
    limit: int = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductPage:
    """One stretch of products and how many the query matches in all."""

    products: tuple[Product, ...]
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StockTotals:
    """Figures over every row that can be sold."""

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
    """What the store said to an alert: its answer, or its error, which is an answer too."""

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
    """What a reference or one-time key was decided to be. SALE and VOID belong to orders."""

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
    """How many of the products the shop had never known."""


class MovementKind(StrEnum):
    """Why a quantity changed. OPENING is what was there when the shop first touched a product."""

    OPENING = "opening"
    SALE = "sale"
    DELIVERY = "delivery"
    CORRECTION = "correction"
    OUTSIDE = "changed outside the shop"
    WITHDRAWAL = "withdrawal"
    """Also, with either sign, what a return or a count of a withdrawn product moves to or from the
    bags that are kept: so these and PUT_BACK together always say how many are."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """A product's stock beside its ledger, both read under the row's lock."""

    product_id: int
    in_stock: int
    in_ledger: int | None
    """None when no movement was ever written for it."""

    @property
    def drift(self) -> int:
        """Bags that other programs put in (or took out, negative) since the last movement."""
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
    """An order put to the inventory; at least one line, each product once, each quantity ≥ 1."""

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
    """By product: what the store answered to the alerts after the commit. One that is due and not
    among them was not answered, and is to be raised with :meth:`Inventory.raise_alert`."""

    @abstractmethod
    def sell(self, product_id: int) -> SoldLine:
        """Sell the held line of this product: delete the row, or save what is left.

        Raises ValueError for a product that is not in the sale or was sold already.
        """


# ── changing stock ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow:
    """One product of a delivery: ``quantity`` bags come in. A new product needs all details.

    For a product that the shop knows (on sale, sold out or withdrawn) the details are only taken
    over when ``take_details`` is set; else the known ones stay. It comes back on sale with its
    bags, a withdrawn one with the kept bags too, but only where ``shown`` says that the person
    saw it withdrawn.
    """

    product_id: int
    name: str
    price: Decimal
    quantity: int
    origin: str
    description: str
    take_details: bool = False
    shown: Shelf | None = None
    """Where the person who sends this saw the product; it is refused when it stands elsewhere by
    then. None when that was not looked at: taken from anywhere but withdrawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """Bags that come in, in one transaction. The same rows again are refused unless ``again``.

    Raises :class:`ShelfChanged` for the first row whose product is not where it was shown.
    """

    rows: tuple[DeliveryRow, ...]
    again: bool = False
    fingerprint: str = ""
    """What the rows are known again by, if not by themselves: a file may leave cells to the shop,
    and is the same file however the shop's details change."""

    def __post_init__(self) -> None:
        if len({row.product_id for row in self.rows}) != len(self.rows):
            raise ValueError("a delivery has each product once")


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A count: ``counted`` bags were found where the form showed ``shown``.

    The difference is applied to whatever is in stock by then, never the figure itself; for a
    withdrawn product to the bags that are kept, and it stays withdrawn. A result below zero
    raises :class:`ChangeRefused`. A sold-out product comes back with a positive count.
    """

    product_id: int
    shown: int
    counted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDetails:
    """New price or words for a product; its quantity stays."""

    product_id: int
    name: str
    price: Decimal
    origin: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawal:
    """Take a product off sale and keep its details and quantity."""

    product_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PutBack:
    """Put a withdrawn product back on sale with the bags kept; without any it is sold out."""

    product_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """Put the bags of a sale back. ``sale`` is the reference of the order that sold them.

    Bags of a withdrawn product join those that are kept, and it stays withdrawn; any other
    product is on sale afterwards.

    They come back once: a second return, under whatever key, is answered with the first decision.
    """

    sale: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptOutside:
    """Write into the ledger what other programs did to a product's quantity."""

    product_id: int


Change = Delivery | Correction | NewDetails | Withdrawal | PutBack | Return | AcceptOutside


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Under which one-time key, by whom and why stock is changed. The key makes it count once."""

    key: str
    who: str
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeResult:
    """What a change did to one product. ``is_new`` when the shop had never known it.

    ``before``, ``change`` and ``after`` are bags that can be bought.
    """

    product_id: int
    name: str
    before: int
    change: int
    after: int
    is_new: bool = False
    quantity: int
    """Bags that the change itself brought (took, when negative), without those put back by it:
    delivered, returned, found by a count, withdrawn or put back."""
    kept: int | None = None
    """Bags kept of it afterwards when it is withdrawn; None when it is not."""

    @property
    def put_back(self) -> int:
        """Kept bags that a delivery brought back on sale beside its own."""
        return self.change - self.quantity


# ── what can go wrong ───────────────────────────────────────────────────────────────────────────


class InventoryError(Exception):
    """Root of everything that an inventory raises on purpose. It carries data, not sentences."""


class InventoryUnavailable(InventoryError):
    """The store could not be asked, or failed. **Nothing was changed by this call.**"""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InventoryTimeout(InventoryUnavailable):
    """The store gave no answer in time. Nothing was changed, and nothing will be."""


class LoginRefused(InventoryUnavailable):
    """The store refused the account, namespace or licence."""


class InventoryMisfit(InventoryUnavailable):
    """The store answers, but is not one that the shop can work with; ``remedy`` says what to do."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.remedy = remedy


class InventoryBusy(InventoryError):
    """A lock was held by somebody else for too long. Nothing was changed."""

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
    """The ledger holds a decision for this reference and this token (or key) already."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reference)
        self.decision = decision


class ReferenceTaken(InventoryError):
    """The ledger holds this reference for another token. Take another reference."""

    def __init__(self, reference: str) -> None:
        super().__init__(reference)
        self.reference = reference


class UnknownProduct(InventoryError):
    """A change names a product that the shop does not have where the change needs it."""

    def __init__(self, product_id: int) -> None:
        super().__init__(product_id)
        self.product_id = product_id


class ChangeRefused(InventoryError):
    """A change would leave fewer than no bags of a product."""

    def __init__(self, product_id: int, in_stock: int, change: int) -> None:
        super().__init__(product_id, in_stock, change)
        self.product_id = product_id
        self.in_stock = in_stock
        self.change = change


class ShelfChanged(InventoryError):
    """A product stands elsewhere than where it was shown; ``now`` is None when it is gone."""

    def __init__(self, product_id: int, shown: Shelf | None, now: Shelf | None) -> None:
        super().__init__(product_id, shown, now)
        self.product_id = product_id
        self.shown = shown
        self.now = now


class DeliveryRepeated(InventoryError):
    """A delivery with the same rows was received before, under ``earlier``."""

    def __init__(self, earlier: Decision) -> None:
        super().__init__(earlier.reference)
        self.earlier = earlier


# ── checking itself ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that an operator wants to know of the store. ``remedy`` is empty when it is ok."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetUp:
    """What setting up a store found and did, in words for an operator.

    ``made`` is what would be made when it was a rehearsal; ``left`` is what was not touched, and
    why; ``wrong`` is what keeps the shop from selling there, each with its remedy.
    """

    there: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()


# ── the door ────────────────────────────────────────────────────────────────────────────────────


class Inventory(ABC):
    """A store of coffee with its ledger. Safe to use from many threads and processes at once.

    Any method may raise :class:`InventoryUnavailable` or one of its kinds. Methods that change
    something may raise :class:`InventoryBusy` (nothing changed) and :class:`OutcomeUnknown`.
    Every change commits the stock, its movements, its decision and a new version together.
    """

    low_stock: int
    """A sale that leaves fewer bags than this, but some, raises the LOW alert."""

    outside_changes: bool = False
    """True where other programs write stock too, without leaving a new version."""

    # reading

    @abstractmethod
    def version(self) -> str:
        """A value that every committed change replaces.

        Whoever reads the version first and rows afterwards never takes rows older than it.
        """

    @abstractmethod
    def page(self, query: ProductQuery) -> ProductPage:
        """The products on sale that match, one stretch of them, without problem rows."""

    @abstractmethod
    def origins(self) -> tuple[str, ...]:
        """The origins of the products on sale, each once as spelled, in alphabetical order."""

    @abstractmethod
    def products(self, ids: Iterable[int]) -> dict[int, Product]:
        """Those of these products that the shop knows: on sale, sold out or withdrawn."""

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
        """Figures over the products on sale."""

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
        """Call the store's alert for a sale that was committed, when that was not answered then."""

    @abstractmethod
    def decision(self, reference: str) -> Decision | None:
        """The ledger's entry under a reference or key, committed ones only."""

    @abstractmethod
    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        """Decide that this order never will be sold, and return the decision that now stands.

        That is the new VOID, or whatever was decided before. Takes the same lock as a sale, so a
        slow sale either is seen or finds the void: this is the fence.
        """

    # changing stock

    @abstractmethod
    def apply(self, change: Change, note: Note) -> Decision:
        """Make one change to stock, once: the same key again returns the first decision.

        Raises :class:`UnknownProduct`, :class:`ChangeRefused`, :class:`ShelfChanged`,
        :class:`DeliveryRepeated`; and :class:`ReferenceTaken` when the key was used for a
        different change.
        """

    # the ledger

    @abstractmethod
    def movements(
        self, product_id: int, *, newest_first: bool = False, limit: int | None = None
    ) -> tuple[Movement, ...]:
        """A product's movements by number."""

    @abstractmethod
    def all_movements(self) -> Iterator[Movement]:
        """Every movement, by product and number, in constant memory."""

    @abstractmethod
    def decisions(self) -> Iterator[Decision]:
        """Every SALE and VOID, by reference, in constant memory."""

    @abstractmethod
    def deliveries(self, *, limit: int, before: str = "") -> tuple[PastDelivery, ...]:
        """Committed deliveries, the latest first, whether of one product or of thousands.

        ``before`` is a delivery's key: only those that came before it, none when there is no such
        delivery.
        """

    @abstractmethod
    def balance(self, product_id: int) -> Balance:
        """A product's stock and the ledger's last figure, taken together under the row's lock."""

    # itself

    @abstractmethod
    def check(self) -> Iterator[Check]:
        """Look at the store as an operator would; leaves it as it was.

        The first check says whether the store can be reached at all.
        """

    def set_up(self, *, upgrade: bool, dry_run: bool) -> SetUp:  # noqa: ARG002
        """Make what is missing in the store; change what is there only with ``upgrade``.

        What stands in Django's own database is made by migrate, and says so.
        """
        return SetUp(left=("Nothing is to be set up: python manage.py migrate makes the tables.",))

    def describe(self) -> str:
        """What the store is and where, without any password, for people."""
        return type(self).__name__


MAX_ID = 2**53 - 1
