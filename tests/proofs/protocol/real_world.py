"""Shoppers in threads on a real inventory, stopped at the durable steps of their work.

One actor runs at a time. It stands still before and after every commit, before every statement
that writes or locks in Django's database, and before every message of a sale to the superserver.
"""

from __future__ import annotations

import re
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, cast

from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.color import no_style
from django.db import DatabaseError, OperationalError, connection, connections
from django.db.models import AutoField, DateTimeField, Model
from django.test import Client

from checkout.maintenance import reconcile
from checkout.models import Order, OrderState
from checkout.references import token_hash
from checkout.service import CheckoutService, ShownLine
from shop.basket.session import KEY
from shop.inventory import get_inventory
from shop.inventory.contract import (
    Change,
    Decision,
    Delivery,
    DeliveryRow,
    Inventory,
    InventoryError,
    MovementKind,
    Note,
    Sale,
    SaleRequest,
)
from shop.inventory.database.inventory import DatabaseInventory
from shop.inventory.iris import IrisInventory
from tests.inventory.iris.shop import PRICE, a_shop
from tests.proofs.protocol.world import basket_of
from tests.support.superserver import Superserver
from tests.support.superserver.messages import LinkClosed

PATIENCE = 60.0
LOCK_WAIT = 0.05
WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE")


def _columns(table: type[Model]) -> str:
    """All but the times, which differ in every schedule."""
    fields = [x for x in table._meta.concrete_fields if not isinstance(x, DateTimeField)]
    return ", ".join(f'"{field.column}"' for field in fields)


TABLES = {
    table._meta.db_table: _columns(table)
    for label in ("inventory", "shop", "checkout")
    for table in apps.get_app_config(label).get_models()
}
"""What the shop keeps in Django's database, beside the sessions."""
NUMBERED = [
    table._meta.db_table
    for table in apps.get_models()
    if table._meta.db_table in TABLES and isinstance(table._meta.pk, AutoField)
]
"""Tables whose rows the database numbers."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+")
DRAWN = re.compile(r"CC-\w{8}|\b[0-9a-f]{64}\b|\b[0-9a-f]{16}\b|\b[0-9a-f]{8}\b")
"""References, keys, hashes and marks, which differ in every schedule."""
STEPS = ("lock", "tStart", "%OpenId", "set", "%Save", "%DeleteId", "tCommit", "releaseAllLocks")


class Crash(BaseException):
    """The process ends here; nothing of it catches this."""


class Fate(StrEnum):
    """How an actor goes on from the step at which it was stopped."""

    ON = "goes on"
    CRASH = "crashes"
    LOST = "loses its connection"


class Actor:
    """A piece of real work in a thread of its own, which is stopped at one of its steps."""

    def __init__(self, work: Callable[[], object], *, stop_at: int = 0, crash_at: int = 0) -> None:
        """Both count steps from 1; 0 lets it run to its end."""
        self.steps: list[str] = []
        self.crashed = False
        self._work = work
        self._stop_at = stop_at
        self._crash_at = crash_at
        self._fate = Fate.ON
        self._stopped, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def run_to_its_stop(self) -> None:
        """Start it; it stands still, or has ended, on return."""
        self._thread.start()
        assert self._stopped.wait(PATIENCE), f"hung after {self.steps}"

    def run_to_its_end(self, fate: Fate = Fate.ON) -> None:
        """Let it go on from where it stands."""
        self._fate = fate
        self._go.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"hung after {self.steps}"

    def reach(self, step: str) -> Fate:
        """Called at every step; what is to happen there."""
        if self.crashed:
            return Fate.CRASH
        self.steps.append(step)
        if len(self.steps) == self._crash_at:
            self.crashed = True
            return Fate.CRASH
        if len(self.steps) != self._stop_at:
            return Fate.ON
        self._stopped.set()
        assert self._go.wait(PATIENCE), "nobody said how to go on"
        self.crashed = self._fate is Fate.CRASH
        return self._fate

    def _run(self) -> None:
        try:
            with stepping(self):
                self._work()
        except Crash:
            pass
        finally:
            connections.close_all()
            self._stopped.set()


class Stage(ABC):
    """One inventory for all actors of a test."""

    def __init__(self) -> None:
        self.current: Actor | None = None
        """Who runs, or stands still in the middle of a step."""
        self.judged: set[object] = set()
        """The ends of schedules that were found to be right, each judged once."""
        self._own: dict[Actor | None, Inventory] = {}

    def clear(self) -> None:
        """A schedule begins with empty stores, so that its end can be compared with others."""
        self._own.clear()
        # PostgreSQL deletes some rows much faster than it truncates some tables.
        empty = [f'DELETE FROM "{table}"' for table in [*reversed(TABLES), "django_session"]]
        numbered = [{"table": table, "column": "id"} for table in NUMBERED]
        again = connection.ops.sequence_reset_by_name_sql(no_style(), numbered)
        connection.ops.execute_sql_flush([*empty, *again])

    def kept(self) -> list[object]:
        """Every row of the stores."""
        rows = []
        with connection.cursor() as cursor:
            for table, columns in TABLES.items():
                cursor.execute(f'SELECT {columns} FROM "{table}" ORDER BY 1')
                rows.append(cursor.fetchall())
        return [*rows]

    def whose_turn_it_is(self) -> Inventory:
        """Each actor has an inventory of its own, as each process has."""
        if self.current not in self._own:
            self._own[self.current] = self.inventory(self.current)
        return self._own[self.current]

    @abstractmethod
    def inventory(self, actor: Actor | None) -> Inventory:
        """The inventory as this actor's process has it; None: that of whoever recovers."""


class DatabaseStage(Stage):
    """The steps are those of Django's database alone: the stock is in it."""

    def inventory(self, actor: Actor | None) -> Inventory:
        return DatabaseInventory(low_stock=3, lock_wait=LOCK_WAIT if actor else 5)


class IrisStage(Stage):
    """Besides Django's steps, those of the superserver, hooked before the message is served."""

    def __init__(self, server: Superserver) -> None:
        super().__init__()
        self._server = server
        self._opened: list[IrisInventory] = []
        self._recovering = a_shop(server.url, lock_wait=5)
        for step in STEPS:
            self._hook(step)
        # A commit that was served and is not yet answered.
        self._hook_after("tCommit")

    def inventory(self, actor: Actor | None) -> Inventory:
        if actor is None:
            return self._recovering
        made = a_shop(self._server.url, lock_wait=LOCK_WAIT, timeout=PATIENCE)
        self._opened.append(made)
        return cast("Inventory", MortalIris(made, actor))

    def close(self) -> None:
        """Close every connection."""
        for inventory in [*self._opened, self._recovering]:
            inventory.close()

    def clear(self) -> None:
        """Close the connections of the last schedule's actors as well."""
        while self._opened:
            self._opened.pop().close()
        super().clear()
        with self._server.session() as other:
            for name in self._server.globals():
                other.kill(name)
        for table in self._server.instance.storage.tables:
            self._server.instance.storage.execute(f'DELETE FROM "{table}"')

    def kept(self) -> list[object]:
        """Besides, all that the server has; a transaction that is open shows in its locks."""
        locks = [(lock.name, lock.exclusive) for lock in self._server.locks()]
        return [*super().kept(), locks, self._server.rows(), self._server.globals()]

    def _hook(self, step: str) -> None:
        def arrived(_session: object) -> None:
            self._hook(step)
            self._reach(f"before {step}")

        self._server.before(step, arrived)

    def _hook_after(self, step: str) -> None:
        def served(_session: object) -> None:
            self._hook_after(step)
            self._reach(f"after {step}")

        self._server.after(step, served)

    def _reach(self, step: str) -> None:
        if self.current and self.current.reach(step) is not Fate.ON:
            raise LinkClosed("cut on purpose")


class MortalIris:
    """An actor's own connections to IRIS, which are of no more use to it once it has crashed."""

    def __init__(self, real: IrisInventory, actor: Actor) -> None:
        self.real = real
        self._actor = actor

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    @contextmanager
    def sale(self, request: SaleRequest) -> Iterator[Sale]:
        with self._mortal(), self.real.sale(request) as sale:
            yield sale

    def void(self, reference: str, token: str, reason: Mapping[str, Any]) -> Decision:
        with self._mortal():
            return self.real.void(reference, token, reason)

    def decision(self, reference: str) -> Decision | None:
        with self._mortal():
            return self.real.decision(reference)

    def apply(self, change: Change, note: Note) -> Decision:
        with self._mortal():
            return self.real.apply(change, note)

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        try:
            yield
        except InventoryError:
            if self._actor.crashed:
                raise Crash from None
            raise
        if self._actor.crashed:
            raise Crash


@contextmanager
def stepping(actor: Actor) -> Iterator[None]:
    """In this thread, every durable step of Django's database is a step of the actor's."""

    def act(step: str) -> None:
        match actor.reach(step):
            case Fate.CRASH:
                raise Crash
            case Fate.LOST:
                raise OperationalError("the connection was lost")

    def ask(execute: Callable[..., Any], sql: str, *question: Any) -> Any:
        if sql.startswith(WRITES) or "FOR UPDATE" in sql:
            act(" ".join(sql.split()[:3]))
        return execute(sql, *question)

    connection.ensure_connection()
    # Nobody waits for long for an actor that stands still, neither in line nor at a lock.
    connection.patience = LOCK_WAIT  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(
            f"PRAGMA busy_timeout = {int(LOCK_WAIT * 1000)}"
            if connection.vendor == "sqlite"
            else f"SET lock_timeout = {int(LOCK_WAIT * 1000)}"
        )
    commit = connection._commit  # type: ignore[attr-defined]

    def committing() -> None:
        act("before COMMIT")
        commit()
        act("after COMMIT")

    with ExitStack() as undo:
        connections["default"]._commit = committing  # type: ignore[attr-defined]
        undo.callback(lambda: delattr(connections["default"], "_commit"))
        undo.enter_context(connection.execute_wrapper(ask))
        yield


@dataclass
class Snapshot:
    """What ``violations`` in world.py asks of an inventory, read from a real one."""

    stock: dict[int, int]
    received: dict[int, int]
    ledger: dict[str, Decision]

    @property
    def committed(self) -> list[Decision]:
        return list(self.ledger.values())


@dataclass
class RealWorld:
    """One schedule's shoppers, coffees and orders, apart from those of every other schedule."""

    stage: Stage
    people: Mapping[str, int]
    """How many bags of the one coffee each has in the basket."""
    bags: int
    coffee: int
    shoppers: dict[str, Client] = field(default_factory=dict)
    pressed: list[str] = field(default_factory=list)
    thanked: list[str] = field(default_factory=list)
    """Who got an answer when the order was confirmed."""
    mark: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        self._receive(self.stage.inventory(None), self.bags)
        for name, quantity in self.people.items():
            session = SessionStore()
            lines = {str(self.coffee): quantity}
            session[KEY] = {"token": self.token(name), "lines": lines}
            session.save()
            self.shoppers[name] = self.browser(str(session.session_key))

    def _receive(self, inventory: Inventory, bags: int) -> None:
        row = DeliveryRow(
            product_id=self.coffee,
            name=f"Coffee {self.coffee}",
            price=PRICE,
            quantity=bags,
            origin="Colombia",
            description="Chocolate",
        )
        note = Note(key=f"stock {secrets.token_hex(8)}", who="Rosa")
        inventory.apply(Delivery(rows=(row,), again=True), note)

    def token(self, name: str) -> str:
        """What stands for this shopper's basket, in this schedule only."""
        return f"{name} {self.mark}-token"

    def browser(self, session: str) -> Client:
        """A browser with this session; a page that fails is a page like others."""
        client = Client(HTTP_HOST="localhost", raise_request_exception=False)
        client.cookies["sessionid"] = session
        return client

    def presses_pay(self, name: str) -> Callable[[], object]:
        """A click on Pay, on the page that showed this shopper's basket."""

        def press() -> object:
            self.pressed.append(name)
            client = self.browser(self.shoppers[name].cookies["sessionid"].value)
            fields = {"token": self.token(name), f"price_{self.coffee}": str(PRICE)}
            answer = client.post("/checkout/pay/", fields | {"branch": "landing"})
            mine = Order.objects.filter(token_hash=token_hash(self.token(name)))
            if mine.filter(state=OrderState.CONFIRMED).exists():
                self.thanked.append(name)
            return answer

        return press

    def delivers(self) -> object:
        """Rosa receives two bags more; she is told when that failed."""
        with suppress(InventoryError):
            self._receive(get_inventory(), 2)
        return None

    def left_behind(self, name: str) -> None:
        """This shopper's order was placed, and then the server died."""
        lines = [
            ShownLine(
                product_id=self.coffee,
                name=f"Coffee {self.coffee}",
                origin="Colombia",
                quantity=self.people[name],
                unit_price=PRICE,
            )
        ]
        service = CheckoutService(self.stage.inventory(None))
        service.place(token_hash(self.token(name)), lines, branch="", email="")

    def reconciles(self) -> object:
        """An operator in a hurry, who is told when the stores can't be asked."""
        with suppress(InventoryError, DatabaseError):
            self._reconcile()
        return None

    def _reconcile(self) -> None:
        list(reconcile(CheckoutService(get_inventory()), older_than=timedelta(0)))

    def recover(self) -> None:
        """What happens after every crash: jobs run, shoppers look at their baskets again."""
        self.stage.current = None
        self._reconcile()
        for client in self.shoppers.values():
            client.get("/basket/")

    def standing(self) -> str:
        """All that its future depends on; what was drawn is named by its place in the text."""
        sessions = {
            name: SessionStore(client.cookies["sessionid"].value).load()
            for name, client in self.shoppers.items()
        }
        whole = repr((self.stage.kept(), sessions, self.pressed, self.thanked))
        whole = TIME.sub("then", re.sub(rf"\b{self.coffee}\b", "the coffee", whole))
        drawn: dict[str, str] = {}
        return DRAWN.sub(lambda found: drawn.setdefault(found[0], f"#{len(drawn)}"), whole)

    # what tests.proofs.protocol.world.violations looks at

    @property
    def inventory(self) -> Snapshot:
        real = self.stage.inventory(None)
        product = real.product(self.coffee)
        references = [reference for reference, _, _ in self.orders()]
        movements = real.movements(self.coffee)
        references += [m.reference for m in movements if m.kind == MovementKind.SALE]
        found = {ref: real.decision(ref) for ref in references}
        return Snapshot(
            stock={self.coffee: product.left if product else 0},
            received={
                self.coffee: sum(m.change for m in movements if m.kind == MovementKind.DELIVERY)
            },
            ledger={ref: decision for ref, decision in found.items() if decision},
        )

    def orders(self) -> list[tuple[Any, ...]]:
        """This schedule's orders: reference, token's hash, state."""
        hashes = [token_hash(self.token(name)) for name in self.people]
        mine = Order.objects.filter(lines__product_id=self.coffee) | Order.objects.filter(
            token_hash__in=hashes
        )
        rows = mine.distinct().order_by("pk").values_list("reference", "token_hash", "state")
        return list(rows)

    def baskets(self) -> dict[str, Any]:
        """What the database keeps of each session."""
        return {f"{name} {self.mark}": basket_of(client) for name, client in self.shoppers.items()}
