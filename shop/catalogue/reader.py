"""Reading what is for sale, fast: each process remembers what it read under the stock's version.

Asking for the version is one small question; as long as the answer is the same, so is the stock.
When the inventory is away, what was last known is shown, marked as such.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from math import ceil
from typing import TypeVar, cast

from shop.inventory import get_inventory
from shop.inventory.contract import (
    MAX_ID,
    Inventory,
    InventoryUnavailable,
    Product,
    ProductPage,
    ProductQuery,
    Shelf,
)

PER_PAGE = 24
RECENT = 4


# Where other programs write stock too, what was read is trusted for this many seconds.
TRUSTED = 1.0
REMEMBERED = 500
# Pages kept as HTML, of some 20 KB each.
DRAWN = 200

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """One page of the catalogue. ``stale`` when it is as last known at ``as_of``."""

    products: tuple[Product, ...]
    total: int
    page: int
    pages: int
    stale: bool
    as_of: datetime

    @property
    def first(self) -> int:
        """Number of the first product shown, from 1; 0 when there is none."""
        return (self.page - 1) * PER_PAGE + 1 if self.products else 0

    @property
    def last(self) -> int:
        """Number of the last product shown."""
        return (self.page - 1) * PER_PAGE + len(self.products)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Products by id, and whether that is live."""

    products: dict[int, Product]
    stale: bool
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was read, under which version of the stock, and when (monotonic seconds)."""

    value: object
    version: str
    read_at: float


class Memory:
    """What a process has read of one inventory. Safe to share between threads."""

    def __init__(
        self, inventory: Inventory, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock`` counts seconds."""
        self.inventory = inventory
        self.live_at = datetime.now(UTC)
        self._clock = clock
        self._answers: dict[object, _Answer] = {}
        self._drawn: dict[object, _Answer] = {}

    def drawn(self, page: object, version: str) -> object | None:
        """A page that was drawn under this version of the stock, if it still says what is so."""
        answer = self._drawn.get(page)
        return answer.value if answer and self.holds(answer, version) else None

    def keep_drawn(self, page: object, drawn: object, version: str) -> None:
        """Remember a page that was drawn after the stock's version was read."""
        if len(self._drawn) >= DRAWN:
            self._drawn.clear()
        self._drawn[page] = _Answer(drawn, version, self._clock())

    def answer(self, question: object) -> _Answer | None:
        """What was last read, however long ago."""
        return self._answers.get(question)

    def keep(self, question: object, value: object, version: str) -> _Answer:
        """Remember what was read after the stock's version was."""
        if len(self._answers) >= REMEMBERED:
            self._answers.clear()
        answer = self._answers[question] = _Answer(value, version, self._clock())
        return answer

    def holds(self, answer: _Answer, version: str) -> bool:
        """True while an answer says what the inventory would say."""
        if answer.version != version:
            return False
        return not self.inventory.outside_changes or self._clock() - answer.read_at <= TRUSTED

    def products(self) -> dict[int, Product]:
        """Every product in any answer, for a basket shown while the inventory is away."""
        known: dict[int, Product] = {}
        for answer in sorted(self._answers.values(), key=lambda answer: answer.read_at):
            if isinstance(answer.value, ProductPage):
                known |= {product.id: product for product in answer.value.products}
            elif isinstance(answer.value, dict):
                known |= answer.value
        return known


class Catalogue:
    """One look at what is for sale, for one request.

    It asks for the stock's version at most once; and an inventory that did not answer once is not
    asked again, so that a request waits for it no longer than one answer may take.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._version: str | None = None
        self._away: InventoryUnavailable | None = None

    def listing(self, query: ProductQuery, *, page: int = 1) -> Listing:
        """A page of the products that match; a page past the end is the last one."""
        wanted = replace(query, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
        found, stale = self._ask(wanted, lambda: self._memory.inventory.page(wanted))
        pages = max(1, ceil(found.total / PER_PAGE))
        if page > pages:
            return self.listing(query, page=pages)
        return Listing(
            products=found.products,
            total=found.total,
            page=page,
            pages=pages,
            stale=stale,
            as_of=self._memory.live_at,
        )

    def origins(self) -> tuple[str, ...]:
        """The origins to filter by."""
        return self._ask("origins", self._memory.inventory.origins)[0]

    def recently_sold_out(self) -> tuple[Product, ...]:
        """The few products whose last bag went most recently.

        Only the shop adds to them, and leaves a new version: asked once under each.
        """
        read = partial(self._memory.inventory.sold_out, limit=RECENT)
        return self._ask("sold out", read, by_version=True)[0]

    def product(self, product_id: int) -> Shown:
        """One product, as :meth:`products` would show it; remembered like a listing."""
        found: dict[int, Product] = {}
        stale = False
        if 0 < product_id <= MAX_ID:
            read = partial(self._memory.inventory.products, [product_id])
            found, stale = self._ask(product_id, read)
        return Shown(products=found, stale=stale, as_of=self._memory.live_at)

    def products(self, ids: Iterable[int]) -> Shown:
        """These products, always asked anew; what was last known when the inventory is away."""
        wanted = tuple(id_ for id_ in ids if 0 < id_ <= MAX_ID)
        stale = False
        try:
            found = self._live(lambda: self._memory.inventory.products(wanted)) if wanted else {}
        except InventoryUnavailable:
            known = self._memory.products()
            if not known:
                raise
            found = {id_: known[id_] for id_ in wanted if id_ in known}
            stale = True
        return Shown(products=found, stale=stale, as_of=self._memory.live_at)

    def drawn(self, page: object, draw: Callable[[], T]) -> T:
        """A page, drawn anew only when the stock has changed since it was drawn.

        What is drawn while the inventory is away says so, and is not kept.
        """
        try:
            version = self._current()
        except InventoryUnavailable:
            return draw()
        kept = self._memory.drawn(page, version)
        if kept is not None:
            return cast("T", kept)
        drawn = draw()
        if not self._away:
            self._memory.keep_drawn(page, drawn, version)
        return drawn

    def _current(self) -> str:
        """The stock's version, asked for once."""
        if self._version is None:
            self._version = self._live(self._memory.inventory.version)
        return self._version

    def _ask(
        self, question: object, read: Callable[[], T], *, by_version: bool = False
    ) -> tuple[T, bool]:
        """The answer, and whether it is only as last known.

        ``by_version`` when other programs don't change what is asked for.
        """
        answer = self._memory.answer(question)
        try:
            # The version first, the rows after: what is kept under a version is never older.
            version = self._current()
            if by_version and answer and answer.version == version:
                return cast("T", answer.value), False
            if answer is None or not self._memory.holds(answer, version):
                answer = self._memory.keep(question, self._live(read), version)
            return cast("T", answer.value), False
        except InventoryUnavailable:
            if answer is None:
                raise
            return cast("T", answer.value), True

    def _live(self, read: Callable[[], T]) -> T:
        if self._away:
            raise self._away
        try:
            found = read()
        except InventoryUnavailable as error:
            self._away = error
            raise
        self._memory.live_at = datetime.now(UTC)
        return found


def get_catalogue() -> Catalogue:
    """A look at the catalogue of this process's inventory; take one for each request."""
    return Catalogue(_memory_of(get_inventory()))


@lru_cache(maxsize=4)
def _memory_of(inventory: Inventory) -> Memory:
    return Memory(inventory)


def is_on_sale(product: Product | None) -> bool:
    """True when a shopper may put it into a basket."""
    return product is not None and product.shelf is Shelf.ON_SALE and not product.is_sold_out
