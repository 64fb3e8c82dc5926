"""Long, drawn histories of the whole shop against a model in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from checkout import service
from shop import basket
from shop.inventory.database.sale import DatabaseSale
from tests.races.controls import counting_the_figure, line_replaced
from tests.stateful.machine import Shop

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = settings(
    # Looking for the shortest way to a failure can take minutes; the long profile does.
    phases=[Phase.generate],
    max_examples=20,
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
    max_examples=400,
    stateful_step_count=60,
    derandomize=False,
    print_blob=True,
)
CONTROL = settings(SHORT, max_examples=100, stateful_step_count=15)


# Twenty-four thousand steps: on PostgreSQL, on a busy machine, that is a matter of many minutes.
IN_LENGTH = [pytest.mark.slow, pytest.mark.timeout(3_600)]


@pytest.mark.parametrize(
    "length", [SHORT, pytest.param(LONG, marks=IN_LENGTH)], ids=["short", "long"]
)
def test_the_shop_agrees_with_the_model(
    length: settings, record_property: Callable[[str, object], None]
) -> None:
    Shop.met.clear()
    run_state_machine_as_test(Shop, settings=length)
    record_property("figures", dict(Shop.met))
    print("pages paid:", dict(Shop.met))
    assert {"sold", "paid again", "refused again", "old page"} <= Shop.met.keys()


def blind_to_prices() -> AbstractContextManager[None]:
    """A sale that does not compare the live price with the shown one."""
    line = "if product and product.price != line.unit_price:"
    return line_replaced(DatabaseSale, "open", line, "if False:")


def blind_to_stock() -> AbstractContextManager[None]:
    """A sale that looks whether there is a bag, not whether there are enough."""
    line = "product.left < line.quantity"
    return line_replaced(DatabaseSale, "open", line, "product.left < 1")


def forgetting_the_refusal() -> AbstractContextManager[None]:
    """A refused order that keeps no reason."""
    line = 'self._void(order, {"refused": refusal.to_json()})'
    instead = 'self._void(order, {"refused": {}})'
    return line_replaced(service.CheckoutService, "_refuse", line, instead)


def keeping_the_basket() -> AbstractContextManager[None]:
    """A basket that is still full after it was sold."""
    return line_replaced(basket.Basket, "drop", "self._session.pop(KEY, None)", "pass")


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
    control: Callable[[], AbstractContextManager[None]],
) -> None:
    with control(), pytest.raises(AssertionError):
        run_state_machine_as_test(Shop, settings=CONTROL)
