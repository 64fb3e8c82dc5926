"""Forty days of trade that never happened, for a shop that is shown and not used.

Everything goes through the services that the pages use, on a clock that is handed to them, so that
stock, ledger and orders fit. The same shop always gets the same trade.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from django.utils import timezone

from checkout import aftercare
from checkout.alerts import close_restocked
from checkout.models import Order, OrderEvent
from checkout.references import token_hash
from checkout.service import CheckoutService, ShownLine
from shop.branches import BRANCHES
from shop.inventory.contract import (
    Correction,
    Delivery,
    DeliveryRow,
    Inventory,
    Note,
    Product,
    ProductQuery,
    Sort,
)

DAYS = 40
WHO = "made up"
"""The name under which everything is written that no person did."""
ORDERS = (5, 5, 6, 7, 10, 13, 8)
"""On a Monday, a Tuesday, and so on, give or take two."""
CANCELLED = 0.03
COLLECTED_AFTER = (0, 0, 0, 1, 1, 1, 2, 2, 3, 5)
LEFT = 0.02
"""The share of orders that stay on the shelf."""
FULL = 60
"""Bags of a coffee after its weekly delivery."""


NEW_SHOP = (
    "Trade is made up only for a new shop, such as that of DATABASE_URL=sqlite:///demo.sqlite3 "
    "INVENTORY_URL=database://."
)


class Refused(Exception):
    """Trade must not be made up here; the text says why, and what to do."""


def has_coffee(inventory: Inventory) -> bool:
    """False for a new shop; True for one that sold out or withdrew everything."""
    return bool(
        inventory.totals().products
        or inventory.problems()
        or inventory.sold_out(limit=1)
        or inventory.withdrawn()
    )


def refuse_unless_new(inventory: Inventory, hosts: Sequence[str], local: Sequence[str]) -> None:
    """Raise Refused where an order or a coffee exists, or others than this machine reach the shop.

    Sales of the past would stand behind a delivery of today in the ledger of a coffee.
    """
    if Order.objects.exists():
        raise Refused(f"This shop has orders. {NEW_SHOP}")
    if has_coffee(inventory):
        raise Refused(f"This shop has coffee. {NEW_SHOP}")
    if named := sorted(set(hosts) - set(local)):
        raise Refused(f"ALLOWED_HOSTS names {named[0]}: trade is made up only on your own machine.")


@contextmanager
def clock_at(inventory: Inventory, moment: Callable[[], datetime]) -> Iterator[None]:
    """Hand the inventory, and the checkout that uses it, this clock."""
    former = inventory.clock
    inventory.clock = moment
    try:
        yield
    finally:
        inventory.clock = former


@contextmanager
def _quiet_alerts() -> Iterator[None]:
    """Keep alerts of days that are over out of the log."""
    alerts = logging.getLogger("coffeeco.alerts")
    former = alerts.level
    alerts.setLevel(logging.ERROR)
    try:
        yield
    finally:
        alerts.setLevel(former)


class Trade:
    """Orders, deliveries, counts and collections, in the order in which they would happen."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._random = random.Random(2026)  # noqa: S311 (nothing here is secret)
        self._now = timezone.now()
        self._at = self._now
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = count()
        self.orders = 0

    @property
    def first_day(self) -> datetime:
        """The morning before the first order."""
        return self._moment(DAYS, hour=8)

    def happen(self) -> None:
        """Let everything happen up to now."""
        for ago in range(DAYS - 1, -1, -1):
            self._plan(ago)
        with clock_at(self._inventory, lambda: self._at), _quiet_alerts():
            while self._coming:
                self._at, _, act = heappop(self._coming)
                if self._at < self._now:
                    act()

    def _plan(self, ago: int) -> None:
        weekday = self._moment(ago).weekday()
        if weekday == 0:
            self._later(self._moment(ago, hour=7), self._delivery)
        if weekday == 3:
            self._later(self._moment(ago, hour=7), self._torn_bag)
        for _ in range(ORDERS[weekday] + self._random.randint(-2, 2)):
            minute = self._random.randrange(10 * 60)
            self._later(self._moment(ago, hour=8) + timedelta(minutes=minute), self._order)

    def _order(self) -> None:
        wanted = self._wanted()
        if not wanted:
            return
        service = CheckoutService(self._inventory)
        number = next(self._number)
        branch = self._random.choices([one.slug for one in BRANCHES], range(len(BRANCHES), 0, -1))
        placement = service.place(token_hash(f"{WHO} {number}"), wanted, branch=branch[0], email="")
        with service.sale(placement) as sale:
            for line in placement.lines:
                sale.sell(line)
        order = placement.order
        OrderEvent.objects.create(
            order=order, at=self._at, what=WHO, detail="no customer placed it"
        )
        self.orders += 1
        fate = self._random.random()
        days = timedelta(days=self._random.choice(COLLECTED_AFTER), hours=self._random.random() * 3)
        if fate < CANCELLED:
            self._later(self._at + days, partial(self._cancel, order))
        elif fate > CANCELLED + LEFT:
            self._later(self._at + days, partial(self._hand_over, order))

    def _wanted(self) -> list[ShownLine]:
        """One to three coffees, the first of the list more often, at most as many as are left."""
        products = self._on_sale()
        weights = [1 / (2 + place) for place in range(len(products))]
        wished = self._random.choices(products, weights, k=self._random.choice((1, 1, 1, 2, 2, 3)))
        return [
            ShownLine(
                product_id=product.id,
                name=product.name,
                origin=product.origin,
                quantity=min(product.left, self._random.choice((1, 1, 1, 2, 2, 3))),
                unit_price=product.price,
            )
            for product in dict.fromkeys(wished)
        ]

    def _hand_over(self, order: Order) -> None:
        aftercare.hand_over(order, who=WHO, at=self._at)

    def _cancel(self, order: Order) -> None:
        aftercare.cancel(order, self._inventory, who=WHO)

    def _delivery(self) -> None:
        """Most coffees that run low are filled up; the dearest one sells out and stays so."""
        known = (*self._on_sale(), *self._inventory.sold_out(limit=FULL))
        dearest = max(product.price for product in known)
        low = [
            product
            for product in known
            if product.left < FULL / 2 and product.price < dearest and self._random.random() < 0.8
        ]
        rows = tuple(
            DeliveryRow(
                **product.details,
                product_id=product.id,
                quantity=FULL - product.left,
                shown=product.shelf,
            )
            for product in sorted(low, key=lambda product: product.id)
        )
        if rows:
            self._write(Delivery(rows=rows), "delivery")
            close_restocked(self._inventory, [row.product_id for row in rows])

    def _torn_bag(self) -> None:
        product = self._random.choice(self._on_sale())
        shown = product.quantity
        self._write(Correction(product_id=product.id, shown=shown, counted=shown - 1), "count")

    def _write(self, change: Delivery | Correction, kind: str) -> None:
        key = f"made-up-{kind}-{self._at:%Y%m%d}"
        why = "torn bag" if kind == "count" else "weekly delivery"
        self._inventory.apply(change, Note(key=key, who=WHO, why=f"{why}, {WHO}"))

    def _on_sale(self) -> tuple[Product, ...]:
        return self._inventory.page(ProductQuery(sort=Sort.ID, limit=100)).products

    def _later(self, moment: datetime, act: Callable[[], None]) -> None:
        heappush(self._coming, (moment, next(self._number), act))

    def _moment(self, ago: int, *, hour: int = 12) -> datetime:
        """That hour of a day, in the shop's time zone."""
        day = timezone.localdate(self._now) - timedelta(days=ago)
        return timezone.make_aware(datetime.combine(day, time(hour)))
