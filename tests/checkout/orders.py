"""Orders for tests that talk to the checkout's service without any page."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import TypeVar

from django.conf import settings
from django.db import connections
from django.utils import timezone

from checkout.models import Order, OrderLine
from checkout.references import token_hash
from checkout.service import CheckoutService, Placement, ShownLine
from shop.inventory import get_inventory
from shop.inventory.contract import DeliveryRow

T = TypeVar("T")
Wanted = tuple[DeliveryRow, int] | tuple[DeliveryRow, int, str]
"""A coffee, how many bags, and the price that the page showed if it is not the coffee's."""


def service() -> CheckoutService:
    return CheckoutService(get_inventory())


def shown(*wanted: Wanted) -> list[ShownLine]:
    return [
        ShownLine(
            product_id=coffee.product_id,
            name=coffee.name,
            origin=coffee.origin,
            quantity=quantity,
            unit_price=Decimal(price[0]) if price else coffee.price,
        )
        for coffee, quantity, *price in wanted
    ]


def place(*wanted: Wanted, token: str = "ana's basket") -> Order:
    """An order for these lines, PENDING."""
    lines = shown(*wanted)
    placed = service().place(token_hash(token), lines, branch="roastery", email="ana@example.com")
    return placed.order


def sell(order: Order) -> Order:
    """Do what Pay does with an order; raises what it raises."""
    return sell_only(order, *order.lines.all())


def sell_only(order: Order, *lines: OrderLine) -> Order:
    """The same, but with these lines, whatever the order's are."""
    with service().sale(Placement(order, list(order.lines.all()))) as sale:
        for line in lines:
            sale.sell(line)
    return order


def buy(*wanted: Wanted, token: str = "another basket") -> Order:
    """Place an order and sell it."""
    return sell(place(*wanted, token=token))


def let_grow_old(order: Order) -> None:
    """Make an order older than any sale of it could last."""
    age = timedelta(seconds=3 * settings.INVENTORY_TIMEOUT)
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - age)
    order.refresh_from_db()


def state_of(order: Order) -> str:
    """What the order's row says now, whatever the object at hand does."""
    return Order.objects.get(pk=order.pk).state


def at_once(*acts: Callable[[], T]) -> list[T]:
    """Do all of this in the same moment, each in a thread of its own; what each returned."""
    start = Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T:
        try:
            start.wait(60)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [begun.result(60) for begun in [pool.submit(begin, act) for act in acts]]
