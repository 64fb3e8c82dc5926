"""Shoppers, their sessions, the shop's own database and a model inventory, made anew each time."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from checkout import service as service_module
from checkout.maintenance import reconcile
from checkout.models import Order, OrderLine, OrderState
from checkout.references import token_hash
from checkout.service import CheckoutService
from coffeeco_site.sessions import SessionStore
from shop.basket.session import KEY
from shop.inventory.contract import Decision, DecisionKind
from shop.transactions import committed
from tests.proofs.protocol.actors import Actor, Point, reach
from tests.proofs.protocol.model import ModelInventory
from tests.support.inventory import inventory_from

WRITES = ("INSERT", "UPDATE", "DELETE")
Build = Callable[["World"], list[Actor]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """What is there at the start, and who does what."""

    name: str
    stock: Mapping[int, int]
    baskets: Mapping[str, Mapping[int, int]]
    actors: Build
    before: Callable[[World], None] = lambda _world: None
    faults: int = 1
    switches: int | None = None
    """The most times that an actor who could go on stands still for another; None: any number."""
    one_log: bool = True
    """Whether a commit of the stock makes Django's database durable, as the default shop's does."""


@dataclass
class World:
    """One run's state. Everybody's token at the start is ``<name>-token``."""

    scenario: Scenario
    inventory: ModelInventory = field(init=False)
    shoppers: dict[str, Client] = field(default_factory=dict)
    pressed: list[tuple[str, str]] = field(default_factory=list)
    left_by_a_cut: object | None = None
    """What a power cut would leave in Django's database; None if it would take nothing."""
    _durable: str | None = None

    def __post_init__(self) -> None:
        self.inventory = ModelInventory(self.scenario.stock)
        self.inventory.shares_database_log = self.scenario.one_log
        if self.scenario.one_log:
            self.inventory.synced = self.synced
        numbers = count(1)
        # stage() hands out the inventory, and undoes the next line.
        _worlds[:] = [self]
        secrets.token_hex = lambda nbytes=None: f"new-token-{next(numbers)}"
        for name, lines in self.scenario.baskets.items():
            client = Client(HTTP_HOST="localhost")
            session = client.session
            session[KEY] = {
                "token": f"{name}-token",
                "lines": {str(id_): quantity for id_, quantity in lines.items()},
            }
            session.save()
            client.cookies["sessionid"] = str(session.session_key)
            self.shoppers[name] = client
        self.synced()
        self.scenario.before(self)

    # what is durable

    def synced(self) -> None:
        """All that was committed so far is on the disk."""
        self._durable, self.left_by_a_cut = transaction.savepoint(), None

    def relaxes(self) -> None:
        """A commit follows that does not wait for the disk."""
        if self.left_by_a_cut is None:
            self.left_by_a_cut = self._in_the_database()

    def power_cut(self) -> None:
        """Take away what was committed after the last commit that waited for the disk."""
        transaction.savepoint_rollback(str(self._durable))
        self.synced()

    # what actors do

    def presses_pay(self, name: str, token: str = "") -> Callable[[], object]:
        """Post the Pay form of the page that showed the basket of this token."""

        def press() -> object:
            chosen = token or f"{name}-token"
            self.pressed.append((name, chosen))
            shown = {f"price_{id_}": "10.00" for id_ in self.scenario.stock}
            return self.shoppers[name].post(
                "/checkout/pay/", {"token": chosen, "branch": "landing", **shown}
            )

        return press

    def changes_basket(self, name: str, product_id: int, quantity: int) -> Callable[[], object]:
        """Post the basket's change form."""

        def change() -> object:
            data = {f"quantity_{product_id}": quantity}
            return self.shoppers[name].post("/basket/update/", data)

        return change

    def reconciles(self) -> object:
        """An operator in a hurry: every pending order is old enough."""
        reach(Point("reconcile", learns=self.orders))
        return list(reconcile(CheckoutService(self.inventory), older_than=timedelta(0)))

    # what can be seen

    def orders(self) -> list[tuple[Any, ...]]:
        """Every order: reference, token's hash, state."""
        return rows("SELECT reference, token_hash, state FROM checkout_order ORDER BY id")

    def baskets(self) -> dict[str, Any]:
        """What the database keeps of each shopper's session."""
        return {name: basket_of(client) for name, client in self.shoppers.items()}

    def key(self) -> object:
        """All that is durable or held, as far as it matters: two equal keys are one state."""
        inventory = self.inventory
        return (
            tuple(sorted(inventory.stock.items())),
            tuple(
                sorted((ref, repr(d.kind), repr(d.reason)) for ref, d in inventory.ledger.items())
            ),
            len(inventory.committed),
            tuple(sorted(inventory.locked)),
            self._in_the_database(),
            self.left_by_a_cut,
        )

    def _in_the_database(self) -> object:
        # How often Pay was pressed matters only until the order is settled.
        return tuple(self.orders()), tuple(pending_attempts()), repr(self.baskets())

    def recover(self) -> None:
        """What happens after every crash: jobs run, shoppers look at their baskets again."""
        self.inventory.locked.clear()
        list(reconcile(CheckoutService(self.inventory), older_than=timedelta(0)))
        for client in self.shoppers.values():
            client.get("/basket/")


def basket_of(client: Client) -> object:
    """The basket in the database's copy of a session, or None."""
    return _kept_basket(client.cookies["sessionid"].value)


def _kept_basket(key: str | None) -> object:
    found = rows("SELECT session_data FROM django_session WHERE session_key = %s", key)
    return _decoded(*found[0]).get(KEY) if found else None


@cache
def _decoded(data: str) -> dict[str, Any]:
    return SessionStore().decode(data)


def rows(sql: str, *values: str | None) -> list[tuple[Any, ...]]:
    """What the database says; asked at every point, so without the time that the ORM takes."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


_worlds: list[World] = []
"""The world of the present run."""


@contextmanager
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The shop's real code, with a point before each of its durable effects and reads.

    In Django's database these are each transaction, and each statement that writes without one.
    """
    inside = False

    @contextmanager
    def step(*, waits: bool) -> Iterator[None]:
        """Stands in for shop.transactions.committed in the service."""
        nonlocal inside
        # Which transaction it is: that of the method that begins it.
        reach(Point(f"write the order ({sys._getframe(2).f_code.co_name})"))
        if not waits:
            _worlds[-1].relaxes()
        inside = True
        try:
            with committed(waits=waits):
                yield
        finally:
            inside = False
        if waits:
            _worlds[-1].synced()

    def ask(execute: Callable[..., Any], sql: str, *question: Any) -> Any:
        if inside or not sql.startswith(WRITES):
            return execute(sql, *question)
        reach(Point(sql))
        answer = execute(sql, *question)
        _worlds[-1].synced()
        return answer

    real_load, real_save, real_find = SessionStore.load, SessionStore.save, CheckoutService.find

    def load(self: SessionStore) -> dict[str, Any]:
        reach(Point("read the session", learns=lambda: _kept_basket(self.session_key)))
        return real_load(self)

    def save(self: SessionStore, must_create: bool = False) -> None:
        nonlocal inside
        reach(Point("save the session"))
        inside = True
        try:
            real_save(self, must_create)
        finally:
            inside = False
        _worlds[-1].synced()

    def find(self: CheckoutService, hash_: str) -> Order | None:
        reach(Point("look for the order"))
        return real_find(self, hash_)

    with (
        monkeypatch.context() as patch,
        connection.execute_wrapper(ask),
        inventory_from(lambda: _worlds[-1].inventory),
    ):
        patch.setattr(service_module, "committed", step)
        patch.setattr(SessionStore, "load", load)
        patch.setattr(SessionStore, "save", save)
        patch.setattr(CheckoutService, "find", find)
        patch.setattr(secrets, "token_hex", secrets.token_hex)
        yield


def pending_attempts() -> list[tuple[Any, ...]]:
    """How many attempts of Pay each PENDING order counts."""
    pending = "SELECT attempts FROM checkout_order WHERE state = %s ORDER BY id"
    return rows(pending, OrderState.PENDING)


def violations(world: World, *, final: bool) -> list[str]:
    """Everything that must never be so, now or at the end, and is."""
    found = [*_in_stock(world.inventory), *_in_the_ledger(world.inventory)]
    found += [*_in_orders(world, final=final), *_in_baskets(world, final=final)]
    return found


def _in_stock(inventory: ModelInventory) -> Iterator[str]:
    sales = _sales(inventory)
    for id_, left in inventory.stock.items():
        if left < 0:
            yield f"stock of {id_} is {left}"
        sold = sum(x.quantity for d in sales for x in d.lines if x.product_id == id_)
        if sold + left != inventory.received[id_]:
            yield f"{id_}: {sold} sold + {left} left != {inventory.received[id_]} received"


def _in_the_ledger(inventory: ModelInventory) -> Iterator[str]:
    tokens = [d.token_hash for d in _sales(inventory)]
    if len(set(tokens)) != len(tokens):
        yield "one basket sold twice"
    references = [d.reference for d in inventory.committed]
    if len(set(references)) != len(references):
        yield "a decision was overwritten"


def _in_orders(world: World, *, final: bool) -> Iterator[str]:
    ledger = world.inventory.ledger
    states = {reference: state for reference, _hash, state in world.orders()}
    for reference, state in states.items():
        kind = str(ledger[reference].kind) if reference in ledger else ""
        wanted = {OrderState.CONFIRMED: "sale", OrderState.PENDING: kind}.get(state, "void")
        if kind != wanted:
            yield f"an order is {state}, the ledger says {kind or 'nothing'}"
        if final and state == OrderState.PENDING:
            yield "an order is pending for ever"
    for sale in _sales(world.inventory):
        if sale.reference not in states:
            yield "a sale without its order"
        elif final and states[sale.reference] != OrderState.CONFIRMED:
            yield "a sale without a confirmed order"
        elif final and _lines_of(sale.reference) != {
            (line.product_id, line.quantity) for line in sale.lines
        }:
            yield "a sale without the lines of its order"


def _lines_of(reference: str) -> set[tuple[int, int]]:
    lines = OrderLine.objects.filter(order__reference=reference)
    return set(lines.values_list("product_id", "quantity"))


def _in_baskets(world: World, *, final: bool) -> Iterator[str]:
    confirmed = {hash_ for _ref, hash_, state in world.orders() if state == OrderState.CONFIRMED}
    for name, basket in world.baskets().items():
        if not basket and token_hash(f"{name}-token") not in confirmed:
            yield f"{name}'s basket is empty and no order stands for it"
        if final and basket and token_hash(basket["token"]) in confirmed:
            yield f"{name} still has a basket that was paid for"


def _sales(inventory: ModelInventory) -> list[Decision]:
    return [d for d in inventory.committed if d.kind is DecisionKind.SALE]
