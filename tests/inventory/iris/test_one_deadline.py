"""A request has one deadline, and nobody waits for a server that was found silent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import sleep

import pytest
from django.core.signals import request_finished, request_started
from pytest_django.fixtures import Settings

from checkout.models import Order, OrderState
from checkout.service import CheckoutService
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Delivery,
    InventoryBusy,
    InventoryTimeout,
    InventoryUnavailable,
    Note,
    OutcomeUnknown,
    ProductQuery,
)
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.inventory import MANY
from shop.inventory.iris.request_deadline import prolonged
from tests.inventory.iris.clock import time_flies
from tests.inventory.iris.shop import (
    BAGS,
    PLENTY,
    ROW_LOCK,
    SIDAMO,
    MakeShop,
    bags_left,
    bags_of_sidamo,
    in_a_hurry,
    no_longer_than,
    put,
    sell,
    wait_until,
    wait_until_it_answers,
)
from tests.support.cast import Shopper
from tests.support.superserver import Superserver

AMPLE = 15.0
TIMES = 10


@contextmanager
def a_request() -> Iterator[None]:
    """What Django says at the beginning and at the end of each."""
    request_started.send(sender=a_request)
    try:
        yield
    finally:
        request_finished.send(sender=a_request)


@pytest.fixture
def shop(make_shop: MakeShop) -> IrisInventory:
    """A shop whose connections are open."""
    shop = make_shop()
    shop.version()
    return shop


def ask_in_vain(shop: IrisInventory) -> None:
    """Everything that a shopper's request may ask, one after the other."""
    with pytest.raises(InventoryTimeout):
        sell(shop, "CC-AMINA001", {SIDAMO: 1})
    with pytest.raises(InventoryTimeout):
        shop.void("CC-AMINA001", "token", {})
    with pytest.raises(InventoryTimeout):
        shop.page(ProductQuery())
    with pytest.raises(InventoryTimeout):
        shop.decision("CC-AMINA001")


def test_all_questions_of_a_request_have_one_deadline_and_after_it_nothing_is_asked(
    shop: IrisInventory, server: Superserver
) -> None:
    server.faults.freeze()
    with in_a_hurry(shop), a_request(), no_longer_than(AMPLE):
        for _ in range(TIMES):
            ask_in_vain(shop)
        server.faults.thaw()
        with server.count() as sent:
            ask_in_vain(shop)
        assert "lock" not in sent.by_kind
        assert "PQ" not in sent.by_kind
    wait_until_it_answers(shop)
    with a_request():
        assert shop.product(SIDAMO) is not None


def test_outside_a_request_each_question_has_its_own_time(
    shop: IrisInventory, server: Superserver
) -> None:
    server.faults.freeze()
    with in_a_hurry(shop):
        ask_in_vain(shop)
        server.faults.thaw()
    wait_until_it_answers(shop)
    assert shop.decision("CC-AMINA001") is None


def test_staff_who_deliver_have_the_time_that_a_delivery_takes(
    shop: IrisInventory, server: Superserver
) -> None:
    server.faults.freeze()
    with a_request():
        with in_a_hurry(shop):
            ask_in_vain(shop)
        server.faults.thaw()
        wait_until_it_answers(shop)
        shop.apply(Delivery(rows=(bags_of_sidamo(5),)), Note(key="dora-1", who="Dora"))
        assert shop.decision("dora-1") is not None
    assert bags_left(server)[SIDAMO] == BAGS + 5


def test_staff_who_look_at_a_big_delivery_have_that_time_too(
    shop: IrisInventory, server: Superserver
) -> None:
    unknown = range(10_001, 10_001 + MANY + 1)
    server.faults.freeze()
    with a_request():
        with in_a_hurry(shop):
            ask_in_vain(shop)
        server.faults.thaw()
        wait_until_it_answers(shop)
        assert shop.products(unknown) == {}
        assert shop.product(SIDAMO) is not None
    server.before("PQ", lambda _: sleep(1.5))
    with in_a_hurry(shop, 1.0), a_request():
        assert shop.products(unknown) == {}


# ── the circuit breaker ─────────────────────────────────────────────────────────────────────────


def test_once_the_server_was_silent_no_request_waits_for_it_until_it_answers(
    shop: IrisInventory, server: Superserver
) -> None:
    server.faults.freeze()
    with in_a_hurry(shop), pytest.raises(InventoryTimeout):
        sell(shop, "CC-AMINA001", {SIDAMO: 1})
    assert shop.pool.is_silent
    with no_longer_than(AMPLE):
        for number in range(5):
            with pytest.raises(InventoryTimeout):
                sell(shop, f"CC-BRUNO00{number}", {SIDAMO: 1})
            with pytest.raises(InventoryTimeout):
                shop.version()
    # One at a time is tried in the background, whoever asks.
    assert len(shop.pool.connections) <= 2
    server.faults.thaw()
    wait_until(lambda: not shop.pool.is_silent)
    sell(shop, "CC-AMINA001", {SIDAMO: 1})
    assert bags_left(server)[SIDAMO] == BAGS - 1


@pytest.mark.parametrize(
    ("step", "is_silent"),
    [
        ("lock", True),
        ("tCommit", True),
        ("%DowngradeConcurrency", True),
        ("releaseAllLocks", True),
        # An alert may be slow by itself.
        ("LowStockAlert", False),
        ("getTLevel", True),
    ],
)
def test_the_server_counts_as_silent_wherever_it_froze_but_not_for_a_slow_alert(
    shop: IrisInventory,
    server: Superserver,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    is_silent: bool,
) -> None:
    time_flies(monkeypatch, server)
    server.faults.freeze_at(1, step)
    with contextlib.suppress(InventoryTimeout, OutcomeUnknown):
        sell(shop, "CC-AMINA001", {SIDAMO: BAGS - 1})
    assert shop.pool.is_silent is is_silent


@pytest.mark.parametrize("held", ["row", "nothing"])
def test_too_little_time_says_nothing_about_the_server(
    make_shop: MakeShop, server: Superserver, held: str
) -> None:
    shop = make_shop(lock_wait=1.0, connections=1)
    shop.version()
    with server.session() as somebody, a_request():
        if held == "row":
            assert somebody.lock(ROW_LOCK, SIDAMO)
        else:
            server.faults.freeze()
        prolonged(0.4)
        with pytest.raises((InventoryTimeout, InventoryBusy)):
            sell(shop, "CC-AMINA001", {SIDAMO: 1})
    assert not shop.pool.is_silent
    server.faults.thaw()
    wait_until(lambda: not shop.pool.connections)
    sell(shop, "CC-AMINA001", {SIDAMO: 1})


def test_a_server_that_refuses_is_not_silent(make_shop: MakeShop, server: Superserver) -> None:
    shop = make_shop(connections=1)
    server.faults.freeze()
    with in_a_hurry(shop), pytest.raises(InventoryTimeout):
        shop.version()
    server.stop()
    with no_longer_than(AMPLE):
        wait_until(lambda: not asked_in_vain_and_silent(shop))


def asked_in_vain_and_silent(shop: IrisInventory) -> bool:
    """Ask once; True while the server counts as silent."""
    with pytest.raises(InventoryUnavailable):
        shop.version()
    return shop.pool.is_silent


@pytest.fixture
def whole_shop(server: Superserver, settings: Settings) -> Iterator[IrisInventory]:
    """The pages of the shop, on the server."""
    settings.INVENTORY_URL = server.url
    settings.INVENTORY_TIMEOUT = PLENTY
    shop = get_inventory()
    assert isinstance(shop, IrisInventory)
    yield shop
    shop.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("step", "told"), [("lock", "Your order has not been placed"), ("tCommit", "We’re checking")]
)
def test_an_order_whose_refusal_could_not_be_written_down_in_time_is_settled_later(
    whole_shop: IrisInventory, server: Superserver, step: str, told: str
) -> None:
    amina = Shopper("Amina")
    amina.put_in_basket(bags_of_sidamo(BAGS), 3)
    amina.open("/checkout/")
    put(server, SIDAMO, StockQuantity=1)
    # The sale is refused and rolled back; then the server says nothing more.
    server.after("tRollback", lambda _: server.faults.freeze_at(1, step))
    with in_a_hurry(whole_shop, 3.0), no_longer_than(AMPLE):
        page = amina.press("Pay now")
    assert page.h1.startswith(told)
    order = Order.objects.get()
    assert order.state == OrderState.PENDING

    server.faults.clear()
    CheckoutService(whole_shop).settle_from_ledger(order, fence_after=timedelta(0))
    order.refresh_from_db()
    assert order.state in (OrderState.ABANDONED, OrderState.REFUSED)
    assert amina.basket() == {"Sidamo": "3"}
    assert bags_left(server)[SIDAMO] == 1
    assert whole_shop.movements(SIDAMO) == ()
