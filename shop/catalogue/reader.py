"""Reads what is for sale; each process keeps what it read under the stock's version.

Reading the version is one small query; while it is the same, the stock is the same. While the
inventory is away, the last known stock is shown and marked as such.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from math import ceil
from threading import Lock
from typing import TypeVar, cast

from shop.inventory import get_inventory
from shop.inventory.contract import (
    MAX_ID,
    BesideList,
    Inventory,
    InventoryUnavailable,
    Product,
    ProductPage,
    ProductQuery,
    Shelf,
)
from shop.inventory.words import words_of

PER_PAGE = 24
ORPHANS = 8
"""So many products or fewer are no page of their own: the last page takes them too."""
RECENT = 4
MOST_NAMES = 1000
"""Names in which a similar word is looked for."""

TRUSTED = 1.0
"""Seconds for which an answer is trusted where other programs write stock too."""
MOST_ANSWERS = 200
"""Answers kept for each inventory: 19 MB if all are full pages of the longest descriptions."""
MOST_PAGES = 100
LARGEST_PAGE = 32 * 1024
"""Bytes of a page that is kept as HTML: some 25 tiles. All of them take at most 3.2 MB."""

TURNS = 32
WAIT_TO_DRAW = 0.2
"""Seconds; a page takes some hundredths."""

T = TypeVar("T")
P = TypeVar("P", bound=Sized)


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
        self.answers: dict[object, _Answer] = {}
        self.pages: dict[object, _Answer] = {}
        self._turns = [Lock() for _ in range(TURNS)]

    @contextmanager
    def turn(self, key: object) -> Iterator[None]:
        """Lets one thread after the other draw the same page, so that those after it need not.

        Waits WAIT_TO_DRAW at most, because the thread before may wait for a silent inventory.
        """
        lock = self._turns[hash(key) % TURNS]
        is_mine = lock.acquire(timeout=WAIT_TO_DRAW)
        try:
            yield
        finally:
            if is_mine:
                lock.release()

    def keep(
        self, kept: dict[object, _Answer], most: int, key: object, value: object, version: str
    ) -> _Answer:
        """Keep in one of the two what was read or rendered after the stock's version was read."""
        # Not a least-recently-used cache: clear() is safe between threads without a lock.
        if len(kept) >= most:
            kept.clear()
        answer = kept[key] = _Answer(value, version, self._clock())
        return answer

    def page(self, key: object, version: str) -> _Answer | None:
        """The page that is kept under this key, if the inventory would give the same."""
        kept = self.pages.get(key)
        return kept if kept and self.holds(kept, version) else None

    def holds(self, answer: _Answer, version: str) -> bool:
        """True while the inventory would give the same answer."""
        if answer.version != version:
            return False
        return not self.inventory.outside_changes or self._clock() - answer.read_at <= TRUSTED

    def products(self) -> dict[int, Product]:
        """Every product in any answer, for a basket shown while the inventory is away."""
        known: dict[int, Product] = {}
        for answer in sorted(self.answers.values(), key=lambda answer: answer.read_at):
            if isinstance(answer.value, ProductPage):
                known |= {product.id: product for product in answer.value.products}
            elif isinstance(answer.value, dict):
                known |= answer.value
        return known


class Catalogue:
    """What is for sale, as one request sees it.

    It reads the stock's version at most once. An inventory that did not answer is not asked again,
    so that a request waits for one timeout only.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._version: str | None = None
        self._away: InventoryUnavailable | None = None

    def listing(self, query: ProductQuery, *, page: int = 1) -> Listing:
        """A page of the products that match; a page past the end is the last one."""
        wanted = replace(query, offset=(page - 1) * PER_PAGE, limit=PER_PAGE + ORPHANS)
        found, stale = self._ask(wanted, lambda: self._memory.inventory.page(wanted))
        pages = max(1, ceil((found.total - ORPHANS) / PER_PAGE))
        if page > pages and found.total:
            return self.listing(query, page=pages)
        return Listing(
            products=found.products if page >= pages else found.products[:PER_PAGE],
            total=found.total,
            page=min(page, pages),
            pages=pages,
            stale=stale,
            as_of=self._memory.live_at,
        )

    def some(self, query: ProductQuery) -> tuple[Product, ...]:
        """The first products that match, at most a page of them."""
        wanted = replace(query, limit=PER_PAGE, is_counted=False)
        return self._ask(wanted, lambda: self._memory.inventory.page(wanted))[0].products

    def origins(self) -> tuple[str, ...]:
        """The origins of all coffees, sold-out ones too: those that differ in case are together."""
        sold_out = {product.origin for product in self.sold_out()} - {""}
        origins = sold_out.union(self._beside_list.origins)
        return tuple(sorted(origins, key=lambda origin: (origin.casefold(), origin)))

    def recently_sold_out(self) -> tuple[Product, ...]:
        """The few products whose last bag went most recently."""
        return self.sold_out()[:RECENT]

    def sold_out(self) -> tuple[Product, ...]:
        """The latest products without a bag, most recent first, for a search to look at."""
        return self._beside_list.sold_out

    @cached_property
    def _beside_list(self) -> BesideList:
        def read() -> BesideList:
            return self._memory.inventory.beside_list(version=self._current())

        return self._ask("beside a list", read)[0]

    def words(self) -> frozenset[str]:
        """The words in the names of products, for a search that is mistyped."""

        def read() -> frozenset[str]:
            asked = ProductQuery(limit=MOST_NAMES, is_counted=False)
            page = self._memory.inventory.page(asked)
            names = [product.name for product in (*page.products, *self.sold_out())]
            return frozenset(word for name in names for word in words_of(name))

        return self._ask("words", read)[0]

    def product(self, product_id: int) -> Shown:
        """One product, as :meth:`products` would show it; remembered like a listing."""
        found: dict[int, Product] = {}
        stale = False
        if 0 < product_id <= MAX_ID:
            read = partial(self._memory.inventory.products, [product_id])
            found, stale = self._ask(product_id, read)
        return Shown(products=found, stale=stale)

    def products(self, ids: Iterable[int]) -> Shown:
        """These products, always read live; the last known ones while the inventory is away."""
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
        return Shown(products=found, stale=stale)

    def page(self, key: object, render: Callable[[], P]) -> P:
        """A page; rendered only when none is kept or the stock has changed since.

        A page rendered while the inventory is away says so, and is not kept.
        """
        try:
            version = self._current()
        except InventoryUnavailable:
            return render()
        memory = self._memory
        if kept := memory.page(key, version):
            return cast("P", kept.value)
        with memory.turn(key):
            if kept := memory.page(key, version):
                return cast("P", kept.value)
            page = render()
            if not self._away and len(page) <= LARGEST_PAGE:
                memory.keep(memory.pages, MOST_PAGES, key, page, version)
            return page

    def _current(self) -> str:
        """The stock's version, asked for once."""
        if self._version is None:
            self._version = self._live(self._memory.inventory.version)
        return self._version

    def _ask(self, question: object, read: Callable[[], T]) -> tuple[T, bool]:
        """The answer, and whether it is only the last known one."""
        memory = self._memory
        answer = memory.answers.get(question)
        try:
            # The version is read before the rows, so that rows kept under it are never older.
            version = self._current()
            if answer is None or not memory.holds(answer, version):
                found = self._live(read)
                answer = memory.keep(memory.answers, MOST_ANSWERS, question, found, version)
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
    """The catalogue of this process's inventory, for one request."""
    return Catalogue(_memory_of(get_inventory()))


@lru_cache(maxsize=4)
def _memory_of(inventory: Inventory) -> Memory:
    return Memory(inventory)


def is_on_sale(product: Product | None) -> bool:
    """True when a shopper may put it into a basket."""
    return product is not None and product.shelf is Shelf.ON_SALE and not product.is_sold_out
