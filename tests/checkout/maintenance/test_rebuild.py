"""``audit_ledger --rebuild``: the ledger outlives Django's database, and nobody buys twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connections

from checkout.errors import AlreadyPlaced
from checkout.maintenance import Audit, rebuild_orders, reconcile
from checkout.models import Order, OrderEvent, OrderLine, OrderState
from shop.inventory import get_inventory
from tests.checkout.orders import buy, let_grow_old, place, sell, service
from tests.inventory.contract.fixtures import database_world, iris_world, world
from tests.inventory.contract.world import World
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    Shopper,
    left,
    reprice,
    stock,
)
from tests.support.inventory import OverrideInventory

__all__ = ["database_world", "iris_world", "world"]

pytestmark = pytest.mark.django_db(transaction=True)

Kept = list[dict[str, Any]]


@pytest.fixture
def shop(world: World, override_inventory: OverrideInventory) -> World:
    """The small shelf, on either inventory."""
    override_inventory(world.inventory)
    stock()
    return world


def lose_every_order() -> None:
    """Django's database is made anew; the ledger stands."""
    Order.objects.all().delete()


@contextmanager
def sessions_from_before() -> Iterator[None]:
    """What happens to sessions inside is undone: they come back from an older copy."""
    kept = list(Session.objects.values())
    yield
    Session.objects.all().delete()
    Session.objects.bulk_create(Session(**row) for row in kept)


def orders() -> Kept:
    """What the shop knows of each order that the ledger could know too."""
    fields = ("reference", "token_hash", "state", "settled_at")
    return list(Order.objects.order_by("reference").values(*fields))


def lines() -> Kept:
    fields = ("order__reference", "product_id", "name", "origin", "quantity", "unit_price")
    return list(OrderLine.objects.order_by("order__reference", "product_id").values(*fields))


def ana_at_the_checkout() -> Shopper:
    """Ana has two coffees in her basket and the Pay button before her."""
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    ana.put_in_basket(KEEPERS_RESERVE, 1)
    ana.open("/checkout/")
    return ana


# ── orders ───────────────────────────────────────────────────────────────────────────────────────


def test_every_sold_order_comes_back_as_it_was_but_for_whom_to_write_to(shop: World) -> None:
    buy((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), token="ana")
    buy((KEEPERS_RESERVE, 1), token="ben")
    reprice(HARBOUR_LIGHT, "99.00", name="Another Light")
    before = orders(), lines()
    lose_every_order()
    assert rebuild_orders(shop.inventory) == 2
    assert (orders(), lines()) == before
    assert set(Order.objects.values_list("email", "branch_slug")) == {("", "")}
    assert set(OrderEvent.objects.values_list("what", flat=True)) == {"rebuilt"}
    assert list(Audit(shop.inventory).run()) == []


def test_orders_that_were_never_sold_do_not_come_back(shop: World) -> None:
    order = place((HARBOUR_LIGHT, 2))
    service().fence(order)
    lose_every_order()
    assert rebuild_orders(shop.inventory) == 0


def test_orders_that_are_there_stay_as_they_are(shop: World) -> None:
    buy((HARBOUR_LIGHT, 2), token="ana")
    buy((HARBOUR_LIGHT, 1), token="ben")
    Order.objects.filter(lines__quantity=1).delete()
    assert rebuild_orders(shop.inventory) == 1
    assert rebuild_orders(shop.inventory) == 0
    assert Order.objects.get(lines__quantity=2).email == "ana@example.com"


def test_an_older_copy_in_which_the_order_was_still_pending_is_settled_by_reconciling(
    shop: World,
) -> None:
    order = buy((HARBOUR_LIGHT, 2))
    Order.objects.update(state=OrderState.PENDING, settled_at=None)
    assert rebuild_orders(shop.inventory) == 0
    let_grow_old(order)
    list(reconcile(service(), older_than=timedelta(0)))
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert left(HARBOUR_LIGHT) == 46


def test_two_rebuilds_at_once_make_each_order_once(shop: World) -> None:
    for number in range(12):
        buy((HARBOUR_LIGHT, 1), token=str(number))
    lose_every_order()

    def rebuild() -> int:
        try:
            return rebuild_orders(get_inventory())
        finally:
            shop.leave()
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        made = [each.result(60) for each in [pool.submit(rebuild) for _ in range(2)]]
    assert sum(made) == Order.objects.count() == 12
    assert list(Audit(shop.inventory).run()) == []


def test_the_command_restores_and_then_proves(
    shop: World, capsys: pytest.CaptureFixture[str]
) -> None:
    buy((HARBOUR_LIGHT, 2), token="ana")
    lose_every_order()
    call_command("audit_ledger", "--rebuild")
    assert capsys.readouterr().out.splitlines() == [
        "1 order restored from the ledger.",
        "5 products, 6 movements, 1 decision and 1 order: all fits.",
    ]
    call_command("audit_ledger", "--rebuild", "--json")
    assert '"restored": 0' in capsys.readouterr().out


# ── sessions that come back ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rebuilt", [False, True], ids=["not rebuilt", "rebuilt"])
def test_the_same_session_pays_again_and_meets_the_old_sale(shop: World, rebuilt: bool) -> None:
    ana = ana_at_the_checkout()
    again = ana.tab()
    again.open("/checkout/")
    with sessions_from_before():
        thanks = ana.press("Pay now")
        assert thanks.h1 == "Thank you for your order"
    reference = Order.objects.get().reference
    lose_every_order()
    if rebuilt:
        assert rebuild_orders(shop.inventory) == 1

    page = again.press("Pay now")

    assert page.h1 == "Thank you for your order"
    assert reference in page.text
    order = Order.objects.get()
    assert (order.reference, order.state) == (reference, OrderState.CONFIRMED)
    assert left(HARBOUR_LIGHT) == 46
    assert left(KEEPERS_RESERVE) == 0
    assert again.basket() == {}
    assert list(Audit(shop.inventory).run()) == []


def test_after_a_rebuild_the_restored_basket_is_recognised_as_spent(shop: World) -> None:
    ana = ana_at_the_checkout()
    with sessions_from_before():
        ana.press("Pay now")
    lose_every_order()
    rebuild_orders(shop.inventory)
    page = ana.open("/checkout/")
    assert page.h1 == "Thank you for your order"
    assert ana.basket() == {}


def test_an_order_that_was_given_up_stays_given_up_for_the_restored_session(shop: World) -> None:
    ana = ana_at_the_checkout()
    ben = ana.tab()
    ben.open("/checkout/")
    order = place((HARBOUR_LIGHT, 2), (KEEPERS_RESERVE, 1), token=ana.page.value("token"))
    service().fence(order)
    lose_every_order()

    page = ben.press("Pay now")

    assert page.status == 409
    assert left(HARBOUR_LIGHT) == 48
    assert Order.objects.get().state == OrderState.ABANDONED
    # Nothing was bought yet, so the basket stands, under the token that follows; paying it sells.
    assert page.h1 == "Check your order"
    assert ben.press("Pay now").h1 == "Thank you for your order"
    assert left(HARBOUR_LIGHT) == 46


def test_an_order_under_its_second_reference_is_met_again_under_its_second_reference(
    shop: World,
) -> None:
    """Its first choice is another basket's decision, which outlives the database too."""
    order = place((HARBOUR_LIGHT, 2), token="ana")
    first = order.reference
    shop.inventory.void(first, "f" * 64, {"abandoned": "somebody else's"})
    sell(order)
    second = Order.objects.get().reference
    assert second != first
    lose_every_order()
    with pytest.raises(AlreadyPlaced):
        buy((HARBOUR_LIGHT, 2), token="ana")
    assert Order.objects.get().reference == second
    assert left(HARBOUR_LIGHT) == 46


def test_the_rebuild_tells_how_far_it_is(shop: World) -> None:
    buy((HARBOUR_LIGHT, 1), token="ana")
    read: list[int] = []
    step: Callable[[int], object] = read.append
    rebuild_orders(shop.inventory, step=step)
    assert sum(read) == 1
