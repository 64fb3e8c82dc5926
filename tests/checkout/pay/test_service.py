"""Placing an order and selling it, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import islice

import pytest

from checkout.errors import AlreadyPlaced, NotPlaced, OrderRefused
from checkout.maintenance import reconcile
from checkout.models import Order, OrderEvent, OrderLine, OrderState, StockAlert
from checkout.references import references, token_hash
from shop.inventory import get_inventory
from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import at_once, buy, place, sell, service, shown, state_of
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


def test_two_attempts_at_once_place_one_order() -> None:
    placed = at_once(*[lambda: place((HARBOUR_LIGHT, 2))] * 2)
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


def test_references_that_other_orders_have_are_passed_over_until_none_is_left() -> None:
    *all_but_one, last = references(token_hash("b"))
    for reference in all_but_one:
        taken = place((HARBOUR_LIGHT, 1), token=f"of {reference}")
        Order.objects.filter(pk=taken.pk).update(reference=reference)
    order = place((HARBOUR_LIGHT, 1), token="b")
    assert order.reference == last
    Order.objects.filter(pk=order.pk).update(token_hash=token_hash("of another"))
    with pytest.raises(NotPlaced):
        place((HARBOUR_LIGHT, 1), token="b")
    assert service().find(token_hash("b")) is None


# selling


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


# resuming


def test_a_confirmed_order_is_not_sold_again_and_needs_no_inventory_to_say_so(
    inventory: EventfulInventory,
) -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    inventory.go_away()
    with pytest.raises(AlreadyPlaced) as ending:
        sell(Order.objects.get())
    assert ending.value.order == order


def test_a_refused_order_stays_refused_though_its_coffee_is_back() -> None:
    stock()
    order = place((KEEPERS_RESERVE, 2))
    with pytest.raises(OrderRefused) as first:
        sell(order)
    stock(KEEPERS_RESERVE)
    with pytest.raises(OrderRefused) as second:
        sell(Order.objects.get())
    assert second.value.order.refusal == first.value.order.refusal
    assert left(KEEPERS_RESERVE) == 2


def test_a_pending_order_is_sold_under_its_first_reference_at_the_prices_it_showed() -> None:
    stock()
    first = place((HARBOUR_LIGHT, 2)).reference
    resumed = service().place(token_hash("ana's basket"), shown(), branch="landing", email="").order
    sell(resumed)
    assert resumed.reference == first
    assert resumed.branch_slug == "roastery"
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
