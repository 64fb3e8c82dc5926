"""The product's own code with one named line disabled; each must be found out.

A control does not rewrite a method: it replaces the one call that the line makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from checkout import service, views
from checkout.models import Order, OrderLine, OrderState
from checkout.references import token_hash
from checkout.service import CheckoutService, OrderSale
from shop.inventory.contract import Decision, DecisionKind
from tests.proofs.protocol.model import ModelInventory

Control = Callable[[pytest.MonkeyPatch], None]


def _unwritten(order: Order, reason: Mapping[str, Any]) -> Decision:
    """A void that stands nowhere."""
    return Decision(
        reference=order.reference,
        kind=DecisionKind.VOID,
        token_hash=order.token_hash,
        at=datetime.now(UTC),
        reason=reason,
    )


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """``settle_from_ledger``: ``decision = self.fence(order)`` gives an order up without a void."""
    patch.setattr(
        CheckoutService, "fence", lambda _self, order: _unwritten(order, {"abandoned": "control"})
    )


def refusal_without_void(patch: pytest.MonkeyPatch) -> None:
    """``_refuse``: ``decision = self._void(order, …)`` refuses without telling the ledger."""
    real = CheckoutService._void

    def void(self: CheckoutService, order: Order, reason: Mapping[str, Any]) -> Decision:
        return _unwritten(order, reason) if "refused" in reason else real(self, order, reason)

    patch.setattr(CheckoutService, "_void", void)


def no_lock_on_the_decision(patch: pytest.MonkeyPatch) -> None:
    """``sale``: ``with self._lock(request.reference)`` is skipped; the rows are still locked."""
    real = ModelInventory._lock

    @contextmanager
    def lock(self: ModelInventory, name: str, why: str) -> Iterator[None]:
        if name.startswith("CC-"):
            yield
        else:
            with real(self, name, why):
                yield

    patch.setattr(ModelInventory, "_lock", lock)


def no_token(patch: pytest.MonkeyPatch) -> None:
    """``_order``: ``hash_ = token_hash(form.token)`` gives every press an order of its own."""
    numbers = count()
    patch.setattr(views, "token_hash", lambda token: token_hash(f"{token} {next(numbers)}"))


def no_wait_before_another_log(patch: pytest.MonkeyPatch) -> None:
    """``_before_the_sale``: the order need not be durable, though the stock has another log."""
    # The stage's own, not the one that this module would import.
    patch.setattr(
        CheckoutService, "_before_the_sale", lambda _self: vars(service)["committed"](waits=False)
    )


def confirm_before_commit(patch: pytest.MonkeyPatch) -> None:
    """``sale``: the order becomes CONFIRMED with its last line, not after the commit."""
    real = OrderSale.sell

    def sell(self: OrderSale, line: OrderLine) -> None:
        real(self, line)
        Order.objects.filter(pk=line.order.pk).update(state=OrderState.CONFIRMED)

    patch.setattr(OrderSale, "sell", sell)
