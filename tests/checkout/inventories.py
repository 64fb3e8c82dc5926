"""The inventory in Django's database, in which something happens at a named point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.conf import settings

from shop.inventory.contract import (
    Decision,
    InventoryError,
    InventoryTimeout,
    Product,
    ProductPage,
    ProductQuery,
    Sale,
    SaleRequest,
)
from shop.inventory.database.inventory import DatabaseInventory

Happening = InventoryError | Callable[[], object]


class Point(StrEnum):
    """Where something may happen."""

    VERSION = "before the version is read"
    PAGE = "before a page of products is read"
    PRODUCTS = "before products are read"
    DECISION = "before a decision is read"
    SALE = "before a sale is opened"
    BEFORE_COMMIT = "after the last line, before the commit"
    AFTER_COMMIT = "after the commit, before its answer"
    VOID = "before a void is written"
    AFTER_VOID = "after a void is committed, before its answer"


READING = (Point.VERSION, Point.PAGE, Point.PRODUCTS, Point.DECISION)
ALL = (*READING, Point.SALE, Point.VOID)


class EventfulInventory(DatabaseInventory):
    """Does what it should; a test may let an error be raised, or something be done, on the way."""

    def __init__(self) -> None:
        super().__init__(low_stock=settings.LOW_STOCK, lock_wait=1)
        self.passed: Counter[Point] = Counter()
        self._happenings: dict[Point, Happening] = {}

    def happen(self, point: Point, happening: Happening) -> None:
        """From now on this error is raised, or this is done, whenever the point is passed."""
        self._happenings[point] = happening

    def happen_once(self, point: Point, happening: Callable[[], object]) -> None:
        """The same, for the next time only."""

        def once() -> None:
            del self._happenings[point]
            happening()

        self._happenings[point] = once

    def go_away(self) -> None:
        """Nothing is answered in time any more."""
        for point in ALL:
            self.happen(point, InventoryTimeout("away for this test"))

    def calm_down(self) -> None:
        """All is well again."""
        self._happenings.clear()

    def _pass(self, point: Point) -> None:
        self.passed[point] += 1
        match self._happenings.get(point):
            case None:
                pass
            case InventoryError() as error:
                raise error
            case happening:
                happening()

    def version(self) -> str:
        self._pass(Point.VERSION)
        return super().version()

    def page(self, query: ProductQuery) -> ProductPage:
        self._pass(Point.PAGE)
        return super().page(query)

    def products(self, ids: Iterable[int]) -> dict[int, Product]:
        self._pass(Point.PRODUCTS)
        return super().products(ids)

    def decision(self, reference: str) -> Decision | None:
        self._pass(Point.DECISION)
        return super().decision(reference)

    @contextmanager
    def sale(self, request: SaleRequest) -> Iterator[Sale]:
        self._pass(Point.SALE)
        with super().sale(request) as sale:
            yield sale
            self._pass(Point.BEFORE_COMMIT)
        self._pass(Point.AFTER_COMMIT)

    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        self._pass(Point.VOID)
        decision = super().void(reference, token_hash, reason)
        self._pass(Point.AFTER_VOID)
        return decision
