"""Orders for tests that talk to the checkout's service without any page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from checkout.models import Order, OrderLine
from checkout.references import token_hash
from checkout.service import CheckoutService, ShownLine
from shop.inventory import get_inventory
from shop.inventory.contract import DeliveryRow

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
    return service().place(token_hash(token), lines, branch="roastery", email="ana@example.com")


def sell(order: Order) -> Order:
    """Do what Pay does with an order; raises what it raises."""
    return sell_only(order, *order.lines.all())


def sell_only(order: Order, *lines: OrderLine) -> Order:
    """The same, but with these lines, whatever the order's are."""
    with service().sale(order) as sale:
        for line in lines:
            sale.sell(line)
    return order


def buy(*wanted: Wanted, token: str = "somebody else's basket") -> Order:
    """Somebody places an order and it is sold."""
    return sell(place(*wanted, token=token))


def let_grow_old(order: Order) -> None:
    """Make an order older than any sale of it could last."""
    age = timedelta(seconds=3 * settings.INVENTORY_TIMEOUT)
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - age)
    order.refresh_from_db()


def state_of(order: Order) -> str:
    """What the order's row says now, whatever the object at hand does."""
    return Order.objects.get(pk=order.pk).state
