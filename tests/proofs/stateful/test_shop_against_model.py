"""Long, drawn histories of the whole shop against a model in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock
from unittest.mock import DEFAULT

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from checkout.models import Order
from checkout.service import CheckoutService
from shop.basket import Basket
from shop.inventory import decisions
from shop.inventory.contract import Decision, Product, SaleRefused, SaleRequest
from shop.inventory.database import sale
from shop.inventory.decisions import HeldLine
from tests.inventory.races.controls import counting_the_figure
from tests.proofs import extent
from tests.proofs.stateful.machine import Shop

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = settings(
    # Looking for the shortest way to a failure can take minutes; the long profile does.
    phases=[Phase.generate],
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(
    SHORT,
    phases=[Phase.generate, Phase.shrink],
    max_examples=100 if extent.WHOLE else 20,
    stateful_step_count=60,
    derandomize=False,
    print_blob=True,
)
CONTROL = settings(SHORT, max_examples=400, stateful_step_count=30)


# With make proofs, six thousand steps, drawn anew each time: many minutes on a busy machine.
IN_LENGTH = [pytest.mark.slow, pytest.mark.timeout(3_600)]


@pytest.mark.parametrize(
    ("length", "met"),
    [
        (SHORT, {"sold", "paid again", "old page"}),
        pytest.param(LONG, {"sold", "paid again", "refused again", "old page"}, marks=IN_LENGTH),
    ],
    ids=["short", "long"],
)
def test_the_shop_agrees_with_the_model(
    length: settings, met: set[str], record_property: Callable[[str, object], None]
) -> None:
    Shop.met.clear()
    run_state_machine_as_test(Shop, settings=length)
    record_property("figures", dict(Shop.met))
    print("pages paid:", dict(Shop.met))
    assert met <= Shop.met.keys()


Control = AbstractContextManager[object]
Shelved = Callable[[Collection[int]], Mapping[int, Product]]


def refusing_less(seen: Callable[[SaleRefused], SaleRefused]) -> Control:
    """Sales that see only a part of what stands in their way."""

    def held_lines(
        request: SaleRequest, found: Mapping[int, Product], shelved: Shelved
    ) -> dict[int, HeldLine]:
        try:
            return decisions.held_lines(request, found, shelved)
        except SaleRefused as refused:
            left = seen(refused)
            if left.shortages or left.price_changes:
                raise left from None
            return {
                line.product_id: HeldLine(line, found[line.product_id]) for line in request.lines
            }

    return mock.patch.object(sale, "held_lines", held_lines)


def blind_to_prices() -> Control:
    """A sale that does not compare the live price with the shown one."""
    return refusing_less(lambda refused: SaleRefused(refused.shortages))


def blind_to_stock() -> Control:
    """A sale that looks whether there is a bag, not whether there are enough."""
    return refusing_less(
        lambda refused: SaleRefused(
            [short for short in refused.shortages if short.left < 1], refused.price_changes
        )
    )


def forgetting_the_refusal() -> Control:
    """A refused order that keeps no reason."""
    real = CheckoutService._void

    def void(service: CheckoutService, order: Order, reason: Mapping[str, Any]) -> Decision:
        return real(service, order, {"refused": {}} if "refused" in reason else reason)

    return mock.patch.object(CheckoutService, "_void", void)


def keeping_the_basket() -> Control:
    """A basket that is still full after it was sold."""
    return mock.patch.multiple(Basket, drop=DEFAULT, emptying=DEFAULT)


@pytest.mark.slow
@pytest.mark.parametrize(
    "control",
    [
        blind_to_prices,
        blind_to_stock,
        counting_the_figure,
        forgetting_the_refusal,
        keeping_the_basket,
    ],
)
def test_control_the_model_finds_what_is_wrong(
    control: Callable[[], Control],
) -> None:
    with control(), pytest.raises(AssertionError):
        run_state_machine_as_test(Shop, settings=CONTROL)
