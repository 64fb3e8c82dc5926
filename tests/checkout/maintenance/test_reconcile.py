"""``reconcile_orders``: what was left pending is settled as the ledger says, at any time."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError
from django.utils import timezone

from checkout.errors import OrderAbandoned
from checkout.maintenance import reconcile
from checkout.models import Order, OrderEvent, OrderState
from shop.inventory.contract import DecisionKind, InventoryBusy, InventoryTimeout, OutcomeUnknown
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import at_once, buy, place, sell, service, state_of
from tests.inventory.contract.acts import decided
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timedelta(0)
RECONCILE = import_module("checkout.maintenance.reconcile")
Ran = tuple[int, str, str]


def settle_all() -> dict[str, str]:
    """Reconcile as an operator in a hurry; each reference with the state that was told."""
    return {one.reference: one.state for one in reconcile(service(), older_than=NOW)}


def left_pending(order: Order) -> Order:
    """As if the process had died between the ledger's decision and the order's own row."""
    Order.objects.filter(pk=order.pk).update(state=OrderState.PENDING, settled_at=None)
    return order


def refused(token: str) -> Order:
    order = place((KEEPERS_RESERVE, 2), token=token)
    service().inventory.void(order.reference, order.token_hash, {"refused": {"shortages": []}})
    return order


def test_an_order_that_a_clock_ahead_placed_in_the_future_is_settled_all_the_same(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    next_year = timezone.now() + timedelta(days=365)
    Order.objects.filter(pk=order.pk).update(created_at=next_year)
    settled = list(reconcile(service(), older_than=timedelta(minutes=2)))
    assert [one.state for one in settled] == [OrderState.ABANDONED]
    with pytest.raises(OrderAbandoned):
        sell(order)
    assert left(HARBOUR_LIGHT) == 48


# ── at any time, by many at once ─────────────────────────────────────────────────────────────────


def test_a_slow_sale_finds_the_fence_and_sells_nothing(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    inventory.happen_once(Point.SALE, settle_all)
    with pytest.raises(OrderAbandoned):
        sell(order)
    assert state_of(order) == OrderState.ABANDONED
    assert left(HARBOUR_LIGHT) == 48


def test_a_sale_that_is_quicker_than_the_fence_stands(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    inventory.happen_once(Point.VOID, lambda: sell(Order.objects.get(pk=order.pk)))
    assert settle_all() == {order.reference: OrderState.CONFIRMED}
    assert left(HARBOUR_LIGHT) == 46


def test_an_order_that_somebody_else_settled_meanwhile_is_not_told_twice(
    inventory: EventfulInventory,
) -> None:
    stock()
    orders = [left_pending(buy((HARBOUR_LIGHT, 1), token=str(number))) for number in range(3)]
    told = reconcile(service(), older_than=NOW)
    first = next(told)
    assert settle_all() == {order.reference: "confirmed" for order in orders[1:]}
    assert first.reference == orders[0].reference
    assert list(told) == []


def test_many_reconcilers_at_once_settle_each_order_once(inventory: EventfulInventory) -> None:
    stock()
    sold = [left_pending(buy((HARBOUR_LIGHT, 1), token=f"sold {n}")) for n in range(6)]
    void = [refused(f"void {n}") for n in range(6)]
    open_ = [place((HARBOUR_LIGHT, 1), token=f"open {n}") for n in range(6)]
    OrderEvent.objects.all().delete()
    told = at_once(*[settle_all] * 3)
    # What one of them could not lock in time it left PENDING, for the next round.
    assert len([state for states in told for state in states.values()]) >= 18
    settle_all()
    assert {state_of(order) for order in sold} == {OrderState.CONFIRMED}
    assert {state_of(order) for order in void} == {OrderState.REFUSED}
    assert {state_of(order) for order in open_} == {OrderState.ABANDONED}
    events = OrderEvent.objects.values_list("order__reference", flat=True)
    assert sorted(events) == sorted(order.reference for order in [*sold, *void, *open_])
    assert left(HARBOUR_LIGHT) == 42


def test_no_order_is_left_out_when_others_write_between_two_stretches(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RECONCILE, "STRETCH", 3)
    orders = [place((HARBOUR_LIGHT, 1), token=str(number)) for number in range(8)]
    moment = timezone.now()
    # All in one moment: the stretches must not lose or repeat what was placed together.
    Order.objects.update(created_at=moment)

    def write() -> None:
        Session.objects.create(session_key="somebody", session_data="", expire_date=moment)

    inventory.happen_once(Point.VOID, lambda: at_once(write))
    assert settle_all() == {order.reference: "abandoned" for order in orders}
    assert inventory.passed[Point.VOID] == 8


@pytest.mark.parametrize("error", [InventoryBusy(), OutcomeUnknown("CC-")], ids=repr)
def test_an_order_that_can_t_be_settled_stays_pending_and_the_next_one_is_settled(
    inventory: EventfulInventory, error: Exception
) -> None:
    first, second = place((HARBOUR_LIGHT, 1), token="ana"), place((HARBOUR_LIGHT, 1), token="ben")

    def fail() -> None:
        raise error

    inventory.happen_once(Point.VOID, fail)
    assert settle_all() == {first.reference: "pending", second.reference: "abandoned"}
    assert settle_all() == {first.reference: "abandoned"}


def test_a_void_that_was_written_and_not_answered_is_found_the_next_time(
    inventory: EventfulInventory,
) -> None:
    order = place((HARBOUR_LIGHT, 1))

    def lose_the_answer() -> None:
        raise OutcomeUnknown(order.reference)

    inventory.happen_once(Point.AFTER_VOID, lose_the_answer)
    assert settle_all() == {order.reference: "pending"}
    assert settle_all() == {order.reference: "abandoned"}


# ── the command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def reconcile_orders(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command: its exit code and what it said on either stream."""

    def run(*arguments: str) -> Ran:
        code = 0
        try:
            call_command("reconcile_orders", *arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def three_orders(inventory: EventfulInventory) -> list[Order]:
    """One that was sold, one that was refused, one that nobody decided, all three PENDING."""
    stock()
    sold = left_pending(buy((HARBOUR_LIGHT, 1), token="ana"))
    return [sold, refused("ben"), place((HARBOUR_LIGHT, 1), token="cleo")]


def test_with_nothing_to_do_it_says_so(
    inventory: EventfulInventory, reconcile_orders: Callable[..., Ran]
) -> None:
    assert reconcile_orders() == (0, "No pending orders.\n", "")


def test_it_says_what_it_did_and_exits_with_1(
    three_orders: list[Order],
    inventory: EventfulInventory,
    reconcile_orders: Callable[..., Ran],
) -> None:
    assert reconcile_orders("--older-than", "0") == (
        1,
        "3 pending orders checked: 1 confirmed, 1 refused, 1 abandoned.\n",
        "",
    )
    assert [state_of(order) for order in three_orders] == ["confirmed", "refused", "abandoned"]
    assert Order.objects.get(state=OrderState.REFUSED).refusal == {"shortages": []}
    decision = decided(inventory, three_orders[2].reference)
    assert decision.kind is DecisionKind.VOID
    assert left(HARBOUR_LIGHT) == 47
    assert reconcile_orders("--older-than", "0")[0] == 0


def test_orders_younger_than_two_minutes_are_left_to_their_shoppers(
    three_orders: list[Order], reconcile_orders: Callable[..., Ran]
) -> None:
    left_alone = "3 younger than 2 minutes are left to their pages.\n"
    assert reconcile_orders()[:2] == (0, f"No pending orders older than 2 minutes.\n{left_alone}")
    Order.objects.update(created_at=timezone.now() - timedelta(seconds=121))
    assert reconcile_orders()[0] == 1


def test_verbose_it_names_each_order(
    three_orders: list[Order], reconcile_orders: Callable[..., Ran]
) -> None:
    said = reconcile_orders("--older-than", "0", "--verbosity", "2")[1]
    states = ("confirmed", "refused", "abandoned")
    named = zip(three_orders, states, strict=True)
    assert said.splitlines()[:3] == [f"{order.reference} {state}" for order, state in named]


def test_a_rehearsal_says_what_would_be_and_changes_nothing(
    three_orders: list[Order],
    inventory: EventfulInventory,
    reconcile_orders: Callable[..., Ran],
) -> None:
    code, said, _ = reconcile_orders("--older-than", "0", "--dry-run")
    assert code == 0
    assert "1 would be confirmed, 1 would be refused, 1 would be abandoned" in said
    assert {state_of(order) for order in three_orders} == {OrderState.PENDING}
    assert inventory.decision(three_orders[2].reference) is None


def test_json_has_every_order(
    three_orders: list[Order], reconcile_orders: Callable[..., Ran]
) -> None:
    code, said, _ = reconcile_orders("--older-than", "0", "--json")
    assert code == 1
    states = ("confirmed", "refused", "abandoned")
    named = {order.reference: state for order, state in zip(three_orders, states, strict=True)}
    assert json.loads(said) == {"orders": named, "cancelled": [], "away": ""}


def test_an_order_that_could_not_be_settled_is_counted_and_nothing_changed(
    inventory: EventfulInventory, reconcile_orders: Callable[..., Ran]
) -> None:
    order = place((HARBOUR_LIGHT, 1))
    inventory.happen(Point.VOID, InventoryBusy())
    code, said, _ = reconcile_orders("--older-than", "0")
    assert code == 0
    assert said.startswith("1 pending order checked:")
    assert said.endswith("1 still pending.\n")
    assert state_of(order) == OrderState.PENDING


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_an_inventory_that_is_away_is_told_with_exit_code_2(
    three_orders: list[Order],
    inventory: EventfulInventory,
    reconcile_orders: Callable[..., Ran],
    options: tuple[str, ...],
) -> None:
    inventory.go_away()
    code, said, warned = reconcile_orders("--older-than", "0", *options)
    assert (code, said) == (2, "")
    assert "away for this test" in warned
    assert "check_inventory" in warned
    assert {state_of(order) for order in three_orders} == {OrderState.PENDING}


def test_what_was_settled_before_the_inventory_went_away_is_told_too(
    three_orders: list[Order], inventory: EventfulInventory, reconcile_orders: Callable[..., Ran]
) -> None:
    inventory.happen(Point.VOID, InventoryTimeout("gone in the middle"))
    code, said, warned = reconcile_orders("--older-than", "0", "--json")
    assert code == 2
    named = {three_orders[0].reference: "confirmed", three_orders[1].reference: "refused"}
    assert json.loads(said) == {"orders": named, "cancelled": [], "away": "gone in the middle"}
    assert "gone in the middle" in warned


def test_a_database_that_is_away_is_no_word_of_success(
    inventory: EventfulInventory,
    reconcile_orders: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(RECONCILE, "_waiting", away)
    code, said, warned = reconcile_orders()
    assert (code, said) == (2, "")
    # Not the stock, with which check_inventory would find nothing wrong.
    assert "Django's database can't be asked: no such table." in warned
    assert "check_inventory" not in warned
