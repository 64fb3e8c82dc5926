"""What became of a basket's token: registered as ``shop.basket.session.guard``."""

from __future__ import annotations

from django.urls import reverse

from checkout.models import OrderState
from checkout.references import sign, token_hash
from checkout.service import CheckoutService
from shop.basket import OPEN, BasketState, BasketStatus
from shop.inventory import get_inventory

STATUS = {
    OrderState.PENDING: BasketStatus.PENDING,
    OrderState.CONFIRMED: BasketStatus.SPENT,
    OrderState.REFUSED: BasketStatus.CLOSED,
    OrderState.ABANDONED: BasketStatus.CLOSED,
}


def basket_state(token: str) -> BasketState:
    """Look at the token's order; a pending one is settled first, if that can be done now."""
    service = CheckoutService(get_inventory())
    order = service.find(token_hash(token))
    if order is None:
        return OPEN
    service.settle(order)
    if order.is_given_up:
        # Nothing was sold and nobody tries to: the basket is free again.
        return OPEN
    return BasketState(
        status=STATUS[OrderState(order.state)],
        reference=order.reference,
        url=reverse("thanks", args=[sign(order.reference)]),
    )
