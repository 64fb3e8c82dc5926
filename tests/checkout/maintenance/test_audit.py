"""``audit_ledger``: stock, ledger and orders tell one story, and every other story is found."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.models import QuerySet
from django.utils import timezone

from checkout.errors import OrderRefused
from checkout.maintenance import Audit, Finding, FindingKind, reconcile
from checkout.management.commands.audit_ledger import REMEDIES
from checkout.models import Order, OrderLine, OrderState
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryBusy, InventoryTimeout
from shop.inventory.models import LedgerDecision, LedgerMovement
from tests.checkout.inventories import EventfulInventory, Point
from tests.checkout.maintenance.ledger_damage import Damage, damage_to
from tests.checkout.orders import buy, place, sell, service
from tests.inventory.contract.fixtures import database_world, iris_world, world
from tests.inventory.contract.world import World
from tests.support.cast import (
    FIRST_FERRY,
    HARBOUR_LIGHT,
    KEEPERS_RESERVE,
    THOUSAND_STEPS,
    left,
    stock,
)
from tests.support.inventory import OverrideInventory

__all__ = ["database_world", "iris_world", "world"]

pytestmark = pytest.mark.django_db(transaction=True)

# Where only the orders differ, one store says as much as both.
IN_THE_DATABASE = pytest.mark.parametrize("world", ["database"], indirect=True)
LIGHT, FERRY = HARBOUR_LIGHT.product_id, FIRST_FERRY.product_id


@pytest.fixture(autouse=True)
def _short_sales(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit waits a moment for sales under way; on a slow machine no sale is too late."""
    settings.INVENTORY_TIMEOUT = 0.05
    monkeypatch.setattr("checkout.service.monotonic", lambda: 0.0)


@pytest.fixture
def shop(world: World, override_inventory: OverrideInventory) -> World:
    """A shop on either inventory: the small shelf, Ana's sale, a last bag, a refusal, a void."""
    override_inventory(world.inventory)
    stock()
    buy((HARBOUR_LIGHT, 2), (FIRST_FERRY, 3), token="ana")
    buy((KEEPERS_RESERVE, 1), token="ben")
    with pytest.raises(OrderRefused):
        buy((THOUSAND_STEPS, 3), token="cleo")
    place((HARBOUR_LIGHT, 1), token="dan")
    list(reconcile(service(), older_than=timedelta(0)))
    return world


@pytest.fixture
def damage(shop: World) -> Damage:
    """A way into the shop's ledger."""
    return damage_to(shop)


def findings() -> list[Finding]:
    return list(Audit(get_inventory()).run())


def found() -> list[tuple[FindingKind, str]]:
    return sorted((finding.kind, finding.subject) for finding in findings())


def ana() -> Order:
    return Order.objects.filter(lines__product_id=FERRY).get()


# ── nothing is wrong ─────────────────────────────────────────────────────────────────────────────


def test_a_shop_in_which_all_fits_has_no_findings_and_everything_was_looked_at(
    shop: World,
) -> None:
    audit = Audit(shop.inventory)
    assert list(audit.run()) == []
    # Five deliveries and three sold lines; two sales and two voids.
    assert (audit.products, audit.movements, audit.decisions, audit.orders) == (5, 8, 4, 4)


# ── one test for each thing that can be wrong ────────────────────────────────────────────────────


def test_a_figure_that_was_changed_in_the_ledger_breaks_its_product_s_chain(
    damage: Damage,
) -> None:
    damage.movement(LIGHT, 1, {"after": 50})
    # The movement itself, and the one that follows on it: the first is where to look.
    assert findings() == [
        Finding(kind=FindingKind.BROKEN_CHAIN, subject=str(LIGHT), detail="at movement 1")
    ]


# Movement 2 of Harbour Light is Ana's sale of two bags of it; she bought First Ferry besides.
ANA = "Ana's reference"
DAMAGES: dict[str, tuple[Callable[[Damage, str], object], list[tuple[FindingKind, str]]]] = {
    "a movement that is missing": (
        lambda damage, _ana: damage.movement(LIGHT, 1, None),
        [(FindingKind.BROKEN_CHAIN, str(LIGHT))],
    ),
    "a movement below zero": (
        lambda damage, _ana: damage.movement(LIGHT, 1, {"after": -1, "change": -1}),
        [(FindingKind.BROKEN_CHAIN, str(LIGHT))],
    ),
    "a sale without its movement": (
        lambda damage, _ana: damage.movement(LIGHT, 2, None),
        [(FindingKind.OUTSIDE, str(LIGHT)), (FindingKind.SALE_WITHOUT_MOVEMENT, ANA)],
    ),
    "a sale of another quantity than its movement": (
        lambda damage, _ana: damage.movement(LIGHT, 2, {"change": -1, "after": 47}),
        [
            (FindingKind.OUTSIDE, str(LIGHT)),
            (FindingKind.MOVEMENT_WITHOUT_SALE, ANA),
            (FindingKind.SALE_WITHOUT_MOVEMENT, ANA),
        ],
    ),
    "a confirmed order without its decision": (
        lambda damage, ana: damage.decision(ana, None),
        [
            (FindingKind.ORDER_WITHOUT_SALE, ANA),
            (FindingKind.MOVEMENT_WITHOUT_SALE, ANA),
            (FindingKind.MOVEMENT_WITHOUT_SALE, ANA),
        ],
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_to_the_ledger_is_found(damage: Damage, name: str) -> None:
    act, expected = DAMAGES[name]
    reference = ana().reference
    act(damage, reference)
    assert found() == sorted(
        (kind, reference if subject == ANA else subject) for kind, subject in expected
    )


@pytest.mark.parametrize("bags", [49, 40, 0])
def test_stock_that_another_program_changed_or_deleted_is_told_with_its_difference(
    shop: World, bags: int
) -> None:
    row = shop.row(LIGHT)
    assert row is not None
    assert row.quantity == 46
    if bags:
        shop.put_row(type(row)(id=LIGHT, name=row.name, price=row.price, quantity=bags))
    else:
        shop.delete_row(LIGHT)
    assert findings() == [
        Finding(kind=FindingKind.OUTSIDE, subject=str(LIGHT), detail=f"{bags - 46:+} bags")
    ]


def changed(**fields: Any) -> Callable[[Order], object]:
    return lambda order: Order.objects.filter(pk=order.pk).update(**fields)


def ferries(order: Order) -> QuerySet[OrderLine]:
    return order.lines.filter(product_id=FERRY)


ORDERS: dict[str, tuple[Callable[[Order], object], FindingKind]] = {
    "gone": (lambda order: order.delete(), FindingKind.SALE_WITHOUT_ORDER),
    "refused": (changed(state=OrderState.REFUSED), FindingKind.CLOSED_BUT_SOLD),
    "abandoned": (changed(state=OrderState.ABANDONED), FindingKind.CLOSED_BUT_SOLD),
    "pending": (changed(state=OrderState.PENDING), FindingKind.NOT_SETTLED),
    "another basket's": (changed(token_hash="f" * 64), FindingKind.OTHER_BASKET),
    "of more bags": (lambda order: ferries(order).update(quantity=9), FindingKind.OTHER_LINES),
    "cheaper": (lambda order: ferries(order).update(unit_price="0.01"), FindingKind.OTHER_LINES),
    "short of a line": (lambda order: ferries(order).delete(), FindingKind.OTHER_LINES),
}


@IN_THE_DATABASE
@pytest.mark.parametrize("name", ORDERS)
def test_an_order_that_was_sold_and_says_something_else(shop: World, name: str) -> None:
    change, kind = ORDERS[name]
    reference = ana().reference
    change(ana())
    assert found() == [(kind, reference)]


@IN_THE_DATABASE
def test_a_confirmed_order_whose_decision_is_a_void(shop: World) -> None:
    dan = Order.objects.get(state=OrderState.ABANDONED)
    Order.objects.filter(pk=dan.pk).update(state=OrderState.CONFIRMED)
    assert found() == [(FindingKind.ORDER_WITHOUT_SALE, dan.reference)]


@IN_THE_DATABASE
def test_an_order_that_nobody_ever_decided_is_left_behind_after_some_minutes(shop: World) -> None:
    order = place((HARBOUR_LIGHT, 1), token="eva")
    assert found() == []
    for placed in (timedelta(minutes=-6), timedelta(days=365)):  # the clock was a year ahead
        Order.objects.filter(pk=order.pk).update(created_at=timezone.now() + placed)
        assert found() == [(FindingKind.LEFT_BEHIND, order.reference)]


def test_a_clock_that_is_put_back_while_the_audit_runs_does_not_stop_it(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("checkout.maintenance.audit.sleep", waits.append)
    stock()
    order = place((HARBOUR_LIGHT, 1), token="eva")
    service().inventory.void(order.reference, order.token_hash, {"abandoned": "for this test"})
    audit = Audit(inventory, _started=timezone.now() + timedelta(hours=1))
    assert [finding.kind for finding in audit.run()] == [FindingKind.NOT_SETTLED]
    assert waits == [2 * settings.INVENTORY_TIMEOUT]


def test_a_movement_whose_sale_is_nowhere(shop: World, damage: Damage) -> None:
    damage.movement(LIGHT, 3, {"change": -6, "after": 40})
    row = shop.row(LIGHT)
    assert row is not None
    shop.put_row(type(row)(id=LIGHT, name=row.name, price=row.price, quantity=40))
    assert findings() == [
        Finding(
            kind=FindingKind.MOVEMENT_WITHOUT_SALE,
            subject="CC-NOBODY99",
            detail=f"6 of product {LIGHT}",
        )
    ]


# ── while the shop goes on selling ───────────────────────────────────────────────────────────────


def test_a_sale_between_the_two_readings_is_no_difference(inventory: EventfulInventory) -> None:
    stock()
    inventory.happen_once(Point.PRODUCTS, lambda: buy((HARBOUR_LIGHT, 2)))
    assert found() == []
    assert left(HARBOUR_LIGHT) == 46


def test_an_order_that_is_confirmed_a_moment_later_is_no_finding(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock()
    order = place((HARBOUR_LIGHT, 2))
    sold, confirm = Event(), Event()

    def pause() -> None:
        sold.set()
        confirm.wait(60)

    def slow_sale() -> None:
        try:
            sell(Order.objects.get(pk=order.pk))
        finally:
            connections.close_all()

    inventory.happen(Point.AFTER_COMMIT, pause)
    with ThreadPoolExecutor(1) as pool:
        selling = pool.submit(slow_sale)
        assert sold.wait(60)
        waited: list[float] = []

        def let_it_end(seconds: float) -> None:
            waited.append(seconds)
            confirm.set()
            selling.result(60)

        monkeypatch.setattr("checkout.maintenance.audit.sleep", let_it_end)
        assert found() == []
        assert len(waited) == 1


def test_a_movement_that_is_undone_while_the_audit_runs_is_no_finding(
    damage: Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In IRIS everybody sees what a transaction wrote before it ended."""
    undone: list[float] = []

    def undo(seconds: float) -> None:
        undone.append(seconds)
        damage.movement(FERRY, 3, None)

    monkeypatch.setattr("checkout.maintenance.audit.sleep", undo)
    damage.movement(FERRY, 3, {"change": -7, "after": 27})
    assert found() == []
    assert len(undone) == 1


def test_a_row_that_is_locked_for_a_moment_is_asked_for_again(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock()
    balance = inventory.balance
    refused: list[int] = []

    def busy_at_first(product_id: int) -> Any:
        if len(refused) < 3:
            refused.append(product_id)
            raise InventoryBusy(product_id)
        return balance(product_id)

    monkeypatch.setattr(inventory, "balance", busy_at_first)
    LedgerMovement.objects.filter(product_id=LIGHT).update(change=50, after=50)
    assert found() == [(FindingKind.OUTSIDE, str(LIGHT))]
    assert refused == [LIGHT] * 3


def test_audits_during_sales_find_nothing(
    world: World, override_inventory: OverrideInventory
) -> None:
    override_inventory(world.inventory)
    stock()
    audits = 3
    done = Event()

    def shopper(number: int) -> int:
        coffee = (HARBOUR_LIGHT, FIRST_FERRY)[number % 2]
        bought = 0
        try:
            while not done.is_set() and bought < 14:
                buy((coffee, 1), token=f"{number} {bought}")
                bought += 1
        finally:
            world.leave()
            connections.close_all()
        return bought

    with ThreadPoolExecutor(2) as pool:
        shoppers = [pool.submit(shopper, number) for number in range(2)]
        try:
            results = [found() for _ in range(audits)]
        finally:
            done.set()
        bought = sum(each.result(60) for each in shoppers)
    assert results == [[]] * audits
    assert bought
    assert found() == []
    assert left(HARBOUR_LIGHT) + left(FIRST_FERRY) + bought == 48 + 30


# ── the command ──────────────────────────────────────────────────────────────────────────────────

Ran = tuple[int, str, str]


@pytest.fixture
def audit_ledger(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command: its exit code and what it said on either stream."""

    def run(*arguments: str) -> Ran:
        code = 0
        try:
            call_command("audit_ledger", *arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@IN_THE_DATABASE
def test_the_command_says_what_it_looked_at(shop: World, audit_ledger: Callable[..., Ran]) -> None:
    assert audit_ledger() == (
        0,
        "5 products, 8 movements, 4 decisions and 4 orders: no findings.\n",
        "",
    )


@IN_THE_DATABASE
def test_the_command_names_each_finding_with_what_to_do(
    shop: World, audit_ledger: Callable[..., Ran]
) -> None:
    shop.delete_row(FERRY)
    reference = ana().reference
    Order.objects.filter(reference=reference).delete()
    code, said, _ = audit_ledger()
    assert code == 1
    assert said.splitlines() == [
        f"{FERRY}: changed outside the shop (-27 bags); accept it into the ledger with --accept",
        f"{reference}: sale without an order; restore the order with --rebuild",
        "5 products, 8 movements, 4 decisions and 3 orders: 2 findings.",
    ]


@pytest.mark.parametrize("kind", FindingKind)
def test_whatever_is_found_there_is_something_to_do(kind: FindingKind) -> None:
    assert REMEDIES[kind]


def test_accept_writes_the_outside_change_into_the_ledger(
    shop: World, audit_ledger: Callable[..., Ran]
) -> None:
    row = shop.row(LIGHT)
    assert row is not None
    shop.put_row(type(row)(id=LIGHT, name=row.name, price=row.price, quantity=49))
    code, said, _ = audit_ledger("--accept")
    assert code == 0
    assert said.splitlines()[0] == "1 change accepted into the ledger."
    last = shop.inventory.movements(LIGHT, newest_first=True, limit=1)[0]
    assert (last.kind, last.change, last.after) == ("changed outside the shop", 3, 49)
    assert audit_ledger("--accept")[1].startswith("0 changes accepted")


@IN_THE_DATABASE
def test_json_tells_the_same(shop: World, audit_ledger: Callable[..., Ran]) -> None:
    shop.delete_row(LIGHT)
    code, said, _ = audit_ledger("--json")
    assert code == 1
    finding = {"kind": "changed outside the shop", "subject": str(LIGHT), "detail": "-46 bags"}
    seen = {"products": 5, "movements": 8, "decisions": 4, "orders": 4}
    assert json.loads(said) == {**seen, "findings": [finding]}
    code, said, _ = audit_ledger("--json", "--accept")
    assert code == 0
    assert json.loads(said) == {**seen, "movements": 9, "findings": [], "accepted": 1}


@pytest.mark.parametrize("options", [(), ("--accept",), ("--rebuild",)])
def test_an_inventory_that_is_away_is_told_with_exit_code_2(
    inventory: EventfulInventory,
    audit_ledger: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
) -> None:
    def away() -> None:
        raise InventoryTimeout("away for this test")

    monkeypatch.setattr(inventory, "all_movements", away)
    monkeypatch.setattr(inventory, "decisions", away)
    code, said, warned = audit_ledger(*options)
    assert (code, said) == (2, "")
    assert "cannot be reached: away for this test." in warned
    assert "check_inventory" in warned
    code, said, _ = audit_ledger("--json", *options)
    assert (code, json.loads(said)) == (2, {"away": "away for this test"})


@IN_THE_DATABASE
def test_what_was_found_before_the_inventory_went_away_is_told(
    shop: World, audit_ledger: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise InventoryTimeout("away for this test")

    shop.delete_row(LIGHT)
    monkeypatch.setattr(shop.inventory, "decisions", away)
    code, said, _ = audit_ledger()
    assert code == 2
    assert said.startswith(f"{LIGHT}: changed outside the shop (-46 bags);")


def test_a_database_that_is_away_is_told_with_exit_code_2(
    inventory: EventfulInventory,
    audit_ledger: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away() -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr("checkout.maintenance.audit._stored_orders", away)
    code, said, warned = audit_ledger()
    assert (code, said) == (2, "")
    assert "no such table" in warned


@IN_THE_DATABASE
def test_at_a_terminal_there_is_a_progress_bar_and_elsewhere_none(
    shop: World, audit_ledger: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert audit_ledger()[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = audit_ledger()[2]
    # Four orders, three sold lines and the four coffees that are left; a fifth sold out.
    assert "/11 [" in bar
    assert " entries" in bar
    assert audit_ledger("--json")[2] == ""


# ── memory ───────────────────────────────────────────────────────────────────────────────────────

SOLD = "2026-01-01T10:00:00+00:00"


def fill_ledger(groups: int, sales: int) -> None:
    """A long history: so many confirmed sales of one bag of each of a group's four coffees."""
    at = datetime.fromisoformat(SOLD).astimezone(UTC)
    for group in range(groups):
        coffees = range(4 * group + 1, 4 * group + 5)
        LedgerMovement.objects.bulk_create(
            (
                LedgerMovement(
                    product_id=coffee,
                    number=number + 1,
                    kind="sale" if number else "opening",
                    change=-1 if number else sales,
                    after=sales - number,
                    at=at,
                    reference=f"CC-{group:04}{number:04}" if number else "",
                )
                for coffee in coffees
                for number in range(sales + 1)
            ),
            batch_size=1000,
        )
        LedgerDecision.objects.bulk_create(
            (
                _decision(f"CC-{group:04}{number:04}", coffees, sales - number, at)
                for number in range(1, sales + 1)
            ),
            batch_size=1000,
        )


def _decision(reference: str, coffees: range, left: int, at: datetime) -> LedgerDecision:
    line = {"name": "Harbour Light", "origin": "", "quantity": 1, "unit_price": "12.50"}
    lines = [line | {"id": coffee, "left": left, "alert": None} for coffee in coffees]
    entry: dict[str, object] = {"kind": "sale", "token_hash": reference, "at": SOLD, "reason": {}}
    entry |= {"lines": lines, "results": []}
    return LedgerDecision(reference=reference, kind="sale", at=at, entry=entry)


@pytest.mark.slow
def test_fifty_thousand_movements_are_read_in_the_memory_of_a_few_hundred(
    inventory: EventfulInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of the movements alone would take more than twenty megabytes."""
    fill_ledger(groups=25, sales=500)
    # Each sale lacks its order, which is not what is measured; nor are its thousands of findings.
    monkeypatch.setattr("checkout.maintenance.audit._disagreement", lambda _decision, _order: None)
    audit = Audit(inventory)
    tracemalloc.start()
    try:
        assert list(audit.run()) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(f"{audit.movements} movements, {audit.decisions} decisions, peak {peak / 2**20:.1f} MiB")
    assert (audit.movements, audit.decisions) == (50_100, 12_500)
    assert peak < 8 * 2**20
