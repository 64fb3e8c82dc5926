"""What pages of the shop need of orders."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from checkout.models import Order, OrderState
from checkout.references import sign
from shop.basket import orders_of


def orders(request: HttpRequest) -> dict[str, Callable[[], list[tuple[Order, str]]]]:
    """The last orders of this browser, each with its signed link; read only where shown."""

    def last_orders() -> list[tuple[Order, str]]:
        references = orders_of(request.session) if hasattr(request, "session") else []
        if not references:
            return []
        found = Order.objects.filter(reference__in=references).order_by("-created_at")
        placed = found.filter(state__in=(OrderState.CONFIRMED, OrderState.PENDING))
        return [(order, sign(order.reference)) for order in placed]

    return {"last_orders": last_orders}
