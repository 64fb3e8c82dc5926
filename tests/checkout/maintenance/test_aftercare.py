"""What becomes of an order after its sale, whatever dies in between."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from checkout import aftercare
from checkout.desk.orders import STAGES, Stage, stage_of
from checkout.models import Order
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Change,
    Decision,
    Inventory,
    InventoryBusy,
    InventoryTimeout,
    Note,
    UnknownProduct,
)
from shop.inventory.models import LedgerDecision
from tests.checkout.orders import buy, place
from tests.support.cast import HARBOUR_LIGHT, left, stock

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def order() -> Order:
    """Two bags of 48, paid for and waiting at the branch."""
    stock()
    return buy((HARBOUR_LIGHT, 2))


def cancel(order: Order, *, why: str = "") -> Decision | None:
    return aftercare.cancel(order, get_inventory(), who="rosa", why=why)


def reconcile() -> tuple[object, str]:
    said = io.StringIO()
    try:
        call_command("reconcile_orders", "--older-than", "0", stdout=said)
    except SystemExit as end:
        return end.code, said.getvalue()
    return 0, said.getvalue()


def killed_before(monkeypatch: pytest.MonkeyPatch, order: Order) -> None:
    """Rosa cancels, and the server dies before any bag went back."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", die)
        with pytest.raises(Killed):
            cancel(order, why="rang us")
    order.refresh_from_db()


def killed_after(monkeypatch: pytest.MonkeyPatch, order: Order) -> None:
    """Rosa cancels, and the server dies when the bags are back, before the order says so."""
    real = type(get_inventory()).apply

    def die(inventory: Inventory, change: Change, note: Note) -> Decision:
        real(inventory, change, note)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", die)
        with pytest.raises(Killed):
            cancel(order, why="rang us")
    order.refresh_from_db()


@pytest.mark.parametrize("killed", [killed_before, killed_after])
def test_a_cancellation_that_was_killed_is_finished_by_reconciling(
    monkeypatch: pytest.MonkeyPatch, order: Order, killed: object
) -> None:
    killed(monkeypatch, order)  # type: ignore[operator]
    assert not order.is_cancelled
    code, said = reconcile()
    assert code == 1
    assert f"The bags of cancelled orders are back: {order.reference}." in said
    order.refresh_from_db()
    assert (order.is_cancelled, order.cancelled_by) == (True, "rosa")
    assert left(HARBOUR_LIGHT) == 48
    assert [(event.what, event.detail) for event in order.events.all()][-2:] == [
        ("cancelling", "rang us"),
        ("cancelled", "by rosa: its bags are back in stock"),
    ]
    assert reconcile()[0] == 0
    assert left(HARBOUR_LIGHT) == 48


@pytest.mark.parametrize("killed", [killed_before, killed_after])
def test_a_cancellation_that_was_killed_is_finished_by_pressing_again(
    monkeypatch: pytest.MonkeyPatch, order: Order, killed: object
) -> None:
    killed(monkeypatch, order)  # type: ignore[operator]
    assert cancel(order)
    assert not cancel(order)
    assert order.is_cancelled
    assert left(HARBOUR_LIGHT) == 48


def test_what_is_being_cancelled_counts_as_cancelled(
    monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    killed_before(monkeypatch, order)
    assert aftercare.is_being_cancelled(order)
    assert stage_of(order) is Stage.CANCELLED
    for stage, condition in STAGES.items():
        assert Order.objects.filter(condition).exists() == (stage is Stage.CANCELLED)
    assert not aftercare.hand_over(order, who="stella")


@pytest.mark.parametrize("error", [InventoryBusy(1001), InventoryTimeout("away")])
def test_a_cancellation_that_the_stock_could_not_take_waits_for_the_next_round(
    monkeypatch: pytest.MonkeyPatch, order: Order, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(type(get_inventory()), "apply", fails)
        with pytest.raises(type(error)):
            cancel(order)
    assert reconcile()[0] == 1
    order.refresh_from_db()
    assert order.is_cancelled
    assert left(HARBOUR_LIGHT) == 48


def test_an_order_without_a_sale_in_the_ledger_is_left_as_it_was(order: Order) -> None:
    LedgerDecision.objects.filter(reference=order.reference).delete()
    with pytest.raises(UnknownProduct):
        cancel(order)
    assert stage_of(order) is Stage.TO_COLLECT
    assert aftercare.hand_over(order, who="stella")


def test_an_order_that_was_never_sold_is_not_cancelled() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    with pytest.raises(aftercare.NotCancellable):
        cancel(order)
    assert order.cancelled_by == ""


def test_a_dry_run_puts_nothing_back(monkeypatch: pytest.MonkeyPatch, order: Order) -> None:
    killed_before(monkeypatch, order)
    call_command("reconcile_orders", "--dry-run", stdout=io.StringIO())
    assert left(HARBOUR_LIGHT) == 46
