"""Placing an order and selling it, once."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice

import pytest
from django.db import connection

from checkout.errors import AlreadyPlaced, NotPlaced, OrderAbandoned, OrderRefused
from checkout.maintenance import reconcile
from checkout.models import Order, OrderEvent, OrderLine, OrderState, StockAlert
from checkout.references import references, token_hash
from shop.inventory import get_inventory
from shop.inventory.contract import DecisionKind, SaleIncomplete
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.orders import buy, place, sell, sell_only, service, shown, state_of
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    SLACK_WATER,
    THOUSAND_STEPS,
    left,
    reprice,
    stock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def events_of(order: Order) -> list[str]:
    return [event.what for event in OrderEvent.objects.filter(order=order)]


# placing


def test_an_order_is_pending_with_its_lines_as_they_were_shown() -> None:
    order = place((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1, "15.50"))
    assert order.state == OrderState.PENDING
    assert [(line.name, line.quantity, line.unit_price) for line in order.lines.all()] == [
        ("Harbour Light", 2, Decimal("12.50")),
        ("First Ferry", 1, Decimal("15.50")),
    ]
    assert events_of(order) == ["placed"]


def test_a_token_has_one_order_however_often_it_is_placed() -> None:
    first = place((HARBOUR_LIGHT, 2))
    again = place((FIRST_FERRY, 9))
    assert again == first
    assert [line.product_id for line in again.lines.all()] == [1001]
    assert OrderLine.objects.count() == 1


def test_two_attempts_at_once_place_one_order() -> None:
    both = threading.Barrier(2)
    placed: list[Order] = []

    def press() -> None:
        both.wait(30)
        placed.append(place((HARBOUR_LIGHT, 2)))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(placed) == 2
    assert placed[0] == placed[1] == Order.objects.get()
    assert OrderLine.objects.count() == 1


def test_a_reference_follows_from_the_token_so_that_a_lost_order_meets_its_decision_again() -> None:
    stock()
    lost = buy((HARBOUR_LIGHT, 2), token="ana's basket").reference
    Order.objects.all().delete()
    again = place((HARBOUR_LIGHT, 2), token="ana's basket")
    assert again.reference == lost
    with pytest.raises(AlreadyPlaced):
        sell(again)
    assert left(HARBOUR_LIGHT) == 46


def test_a_reference_that_another_order_has_is_passed_over() -> None:
    first, second = islice(references(token_hash("b")), 2)
    taken = place((HARBOUR_LIGHT, 1), token="a")
    Order.objects.filter(pk=taken.pk).update(reference=first)
    assert place((HARBOUR_LIGHT, 1), token="b").reference == second


def test_an_order_is_not_placed_when_all_its_references_are_other_orders() -> None:
    for reference in references(token_hash("b")):
        taken = place((HARBOUR_LIGHT, 1), token=f"of {reference}")
        Order.objects.filter(pk=taken.pk).update(reference=reference)
    with pytest.raises(NotPlaced):
        place((HARBOUR_LIGHT, 1), token="b")
    assert service().find(token_hash("b")) is None


# selling


def test_a_sale_confirms_the_order_and_takes_its_bags_off_the_shelf() -> None:
    stock()
    order = sell(place((HARBOUR_LIGHT, 2), (FIRST_FERRY, 30)))
    assert order.state == state_of(order) == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46
    assert left(FIRST_FERRY) == 0
    decision = get_inventory().decision(order.reference)
    assert decision
    assert decision.kind is DecisionKind.SALE
    assert decision.token_hash == order.token_hash
    assert events_of(order) == ["placed", "confirmed"]


def test_a_sale_that_is_left_early_sells_nothing_and_can_be_done_again() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1))
    with pytest.raises(SaleIncomplete):
        sell_only(order, order.lines.all()[0])
    assert (left(HARBOUR_LIGHT), left(FIRST_FERRY)) == (48, 30)
    assert state_of(order) == OrderState.PENDING
    sell(order)
    assert (left(HARBOUR_LIGHT), left(FIRST_FERRY)) == (46, 29)


def test_an_error_before_the_commit_sells_nothing(inventory: EventfulInventory) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1))
    inventory.happen(Point.BEFORE_COMMIT, partial(divmod, 1, 0))
    with pytest.raises(ZeroDivisionError):
        sell(order)
    assert (left(HARBOUR_LIGHT), left(FIRST_FERRY)) == (48, 30)
    assert inventory.decision(order.reference) is None


def test_a_line_sold_twice_sells_nothing() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    (line,) = order.lines.all()
    with pytest.raises(ValueError, match="1001"):
        sell_only(order, line, line)
    assert left(HARBOUR_LIGHT) == 48


def test_the_receipt_has_the_names_of_the_moment_of_the_sale() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    reprice(HARBOUR_LIGHT, "12.50", name="Harbour Dawn")
    sell(order)
    assert order.lines.get().name == "Harbour Dawn"


# alerts


def test_each_alert_of_a_sale_is_recorded_with_what_is_left() -> None:
    stock()
    order = sell(
        place((HARBOUR_LIGHT, 45), (SLACK_WATER, 58), (THOUSAND_STEPS, 1), (KEEPERS_RESERVE, 1))
    )
    alerts = StockAlert.objects.filter(reference=order.reference).order_by("product_id")
    assert [(alert.name, alert.kind, alert.left) for alert in alerts] == [
        ("Slack Water", "low", 2),
        ("Thousand Steps", "low", 1),
        ("Keeper's Reserve", "out", 0),
    ]
    assert alerts[2].answer == "Out of stock: Keeper's Reserve (1011)"


def test_an_alert_is_recorded_once_however_often_its_sale_is_found_out() -> None:
    stock()
    order = place((KEEPERS_RESERVE, 1))
    stale = Order.objects.get()
    sell(order)
    with pytest.raises(AlreadyPlaced):
        sell(stale)
    assert StockAlert.objects.count() == 1
    assert events_of(order) == ["placed", "confirmed"]


def test_an_alert_that_fails_stops_no_sale_and_is_recorded_with_its_error(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(product_id: int, name: str) -> str:
        raise RuntimeError("<METHOD DOES NOT EXIST>")

    stock()
    monkeypatch.setattr(inventory.alerts, "out_of_stock", fail)
    order = sell(place((KEEPERS_RESERVE, 1)))
    assert order.state == OrderState.CONFIRMED
    assert StockAlert.objects.get().error == "<METHOD DOES NOT EXIST>"


# resuming


def test_a_confirmed_order_is_not_sold_again() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    with pytest.raises(AlreadyPlaced) as ending:
        sell(Order.objects.get())
    assert ending.value.order == order
    assert left(HARBOUR_LIGHT) == 46


def test_a_settled_order_needs_no_inventory_to_say_so(inventory: EventfulInventory) -> None:
    stock()
    buy((HARBOUR_LIGHT, 2))
    inventory.go_away()
    with pytest.raises(AlreadyPlaced):
        sell(Order.objects.get())


def test_a_refused_order_stays_refused_though_its_coffee_is_back() -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    with pytest.raises(OrderRefused) as first:
        sell(order)
    stock(KEEPERS_RESERVE)
    with pytest.raises(OrderRefused) as second:
        sell(Order.objects.get())
    assert second.value.refusal == first.value.refusal
    assert left(KEEPERS_RESERVE) == 2


def test_an_abandoned_order_is_never_sold() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    service().fence(order)
    with pytest.raises(OrderAbandoned):
        sell(order)
    assert state_of(order) == OrderState.ABANDONED
    assert left(HARBOUR_LIGHT) == 48


def test_a_pending_order_is_sold_under_its_first_reference_at_the_prices_it_showed() -> None:
    stock()
    first = place((HARBOUR_LIGHT, 2)).reference
    resumed = service().place(token_hash("ana's basket"), shown(), branch="landing", email="")
    sell(resumed)
    assert resumed.reference == first
    assert resumed.branch_slug == "roastery"
    assert left(HARBOUR_LIGHT) == 46


def test_an_order_whose_shop_died_after_the_commit_is_found_sold(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))

    class PowerCut(BaseException):
        pass

    def cut() -> None:
        raise PowerCut

    inventory.happen(Point.AFTER_COMMIT, cut)
    with pytest.raises(PowerCut):
        sell(order)
    inventory.calm_down()
    assert state_of(order) == OrderState.PENDING
    with pytest.raises(AlreadyPlaced):
        sell(Order.objects.get())
    assert state_of(order) == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46


def test_another_token_s_reference_in_the_ledger_makes_the_order_take_another() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    first = order.reference
    get_inventory().void(first, "f" * 64, {"abandoned": "an order of a lost database"})
    sell(order)
    assert order.reference != first
    assert [first, order.reference] == list(islice(references(order.token_hash), 2))
    assert order.state == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46
    assert events_of(order) == ["placed", "took another reference", "confirmed"]


def test_a_reference_that_another_order_has_is_passed_over_in_the_middle_of_a_sale_too() -> None:
    stock()
    order, other = place((HARBOUR_LIGHT, 2)), place((HARBOUR_LIGHT, 1), token="another")
    first, second, third = islice(references(order.token_hash), 3)
    Order.objects.filter(pk=other.pk).update(reference=second)
    get_inventory().void(first, "f" * 64, {"abandoned": "an order of a lost database"})
    sell(order)
    assert order.reference == third
    assert left(HARBOUR_LIGHT) == 46


def test_an_order_all_of_whose_references_are_taken_in_the_ledger_is_not_sold() -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    for reference in references(order.token_hash):
        get_inventory().void(reference, "f" * 64, {"abandoned": "an order of a lost database"})
    with pytest.raises(NotPlaced):
        sell(order)
    assert left(HARBOUR_LIGHT) == 48
    # Nor does it keep later orders from being settled.
    later = place((HARBOUR_LIGHT, 2), token="later")
    list(reconcile(service(), older_than=timedelta(0)))
    assert state_of(order) == OrderState.PENDING
    assert state_of(later) == OrderState.ABANDONED
