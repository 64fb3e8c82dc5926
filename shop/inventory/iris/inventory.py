"""The inventory in InterSystems IRIS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from shop.inventory.contract import (
    Balance,
    Change,
    Check,
    Decision,
    Delivery,
    Inventory,
    InventoryBusy,
    InventoryTimeout,
    Movement,
    Note,
    OutcomeUnknown,
    PastDelivery,
    ProblemRow,
    Product,
    ProductPage,
    ProductQuery,
    Sale,
    SaleRequest,
    SetUp,
    StockTotals,
)
from shop.inventory.iris.check.checks import checks
from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.connection import LeftAlone, Overdue
from shop.inventory.iris.client.deadlines import Deadline, Patience, deadline, give_up, prolonged
from shop.inventory.iris.client.driver import Iris
from shop.inventory.iris.client.pool import NoneFree, Pool
from shop.inventory.iris.setup import plan
from shop.inventory.iris.store import decisions, ledger, products, rows, schema
from shop.inventory.iris.store.changes import IrisChange, balance
from shop.inventory.iris.store.sale import IrisSale
from shop.inventory.iris.store.transaction import Lease, row_wait

T = TypeVar("T")

DELIVERY_SECONDS = 60.0
# No basket has as many products; a delivery that is looked at may have thousands.
MANY = 100
# A server that waits for a lock answers a little later than the wait is long.
LONGER_THAN_A_LOCK = 0.5
# How much of the ledger is read in one go, while others wait for the connection.
STRETCH = 200


class IrisInventory(Inventory):
    """Stock in ``coffeeco.Inventory``, the ledger in globals beside it, over a few connections."""

    outside_changes = True

    def __init__(
        self,
        address: Address,
        *,
        connections: int,
        timeout: float,
        lock_wait: float,
        low_stock: int,
    ) -> None:
        """The most seconds that a shopper's call may wait, and that it may wait for one lock."""
        self.low_stock = low_stock
        self._address = address
        self._timeout = timeout
        self._lock_wait = lock_wait
        self._patience = Patience(timeout)
        self._server_version = (0, 0)
        self.pool = Pool(address, self._prepare, size=connections, timeout=timeout)

    @classmethod
    @sensitive_variables()
    def from_url(cls, url: str) -> IrisInventory:
        """The inventory at an address, as the settings want it used."""
        return cls(
            Address.from_url(url),
            connections=settings.IRIS_CONNECTIONS,
            timeout=settings.INVENTORY_TIMEOUT,
            # Two locks, one after the other, still leave time for the rest.
            lock_wait=settings.INVENTORY_TIMEOUT / 3,
            low_stock=settings.LOW_STOCK,
        )

    def describe(self) -> str:
        return f"InterSystems IRIS at {self._address}"

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self.pool.close()

    # reading

    def version(self) -> str:
        return self._read(ledger.version)

    def page(self, query: ProductQuery) -> ProductPage:
        return self._read(lambda iris: rows.page(iris, query, self._server_version))

    def origins(self) -> tuple[str, ...]:
        return self._read(rows.origins)

    def products(self, ids: Iterable[int]) -> dict[int, Product]:
        wanted = frozenset(ids)
        seconds = DELIVERY_SECONDS if len(wanted) > MANY else None
        return self._read(lambda iris: products.products(iris, wanted), seconds)

    def sold_out(self, *, limit: int) -> tuple[Product, ...]:
        return self._read(lambda iris: products.sold_out(iris, limit))

    def withdrawn(self) -> tuple[Product, ...]:
        return self._read(products.withdrawn)

    def problems(self) -> tuple[ProblemRow, ...]:
        return self._read(lambda iris: tuple(rows.problems(iris)))

    def totals(self) -> StockTotals:
        return self._read(lambda iris: rows.totals(iris, self.low_stock))

    # selling

    @contextmanager
    def sale(self, request: SaleRequest) -> Iterator[Sale]:
        with self._lease(request.reference) as lease:
            sale = IrisSale(request, lease, at=datetime.now(UTC), low_stock=self.low_stock)
            lease.call(sale.open)
            yield sale
            sale.decision = lease.call(sale.commit)

    def decision(self, reference: str) -> Decision | None:
        return self._read(
            lambda iris: decisions.committed_decision(iris, reference, self._lock_wait)
        )

    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        at = datetime.now(UTC)
        with self._lease(reference) as lease:
            return lease.call(lambda: decisions.void(lease, token_hash, reason, at))

    # changing stock

    def apply(self, change: Change, note: Note) -> Decision:
        due = prolonged(DELIVERY_SECONDS) if isinstance(change, Delivery) else None
        with self._lease(note.key, due) as lease:
            return lease.call(IrisChange(change, note, lease, at=datetime.now(UTC)).make)

    # the ledger

    def movements(
        self, product_id: int, *, newest_first: bool = False, limit: int | None = None
    ) -> tuple[Movement, ...]:
        return self._read(
            lambda iris: tuple(
                islice(ledger.movements(iris, product_id, newest_first=newest_first), limit)
            )
        )

    def all_movements(self) -> Iterator[Movement]:
        product_id: str | None = None
        while (product_id := self._next_with_movements(product_id)) is not None:
            yield from self._movements_of(int(product_id))

    def decisions(self) -> Iterator[Decision]:
        after: str | None = None
        while True:
            found, after = self._some_decisions(after)
            yield from found
            if after is None:
                return

    def deliveries(self, *, limit: int, before: str = "") -> tuple[PastDelivery, ...]:
        return self._read(
            lambda iris: decisions.past_deliveries(iris, limit, before, self._lock_wait)
        )

    def balance(self, product_id: int) -> Balance:
        with self._lease(f"balance of {product_id}") as lease:
            return lease.call(lambda: balance(lease.transaction, product_id))

    def _next_with_movements(self, after: str | None) -> str | None:
        return self._read(lambda iris: ledger.next_with_movements(iris, after))

    def _movements_of(self, product_id: int) -> Iterator[Movement]:
        number = 0
        while found := self._some_movements(product_id, number):
            yield from found
            number = found[-1].number

    def _some_movements(self, product_id: int, number: int) -> list[Movement]:
        return self._read(
            lambda iris: list(islice(ledger.movements_after(iris, product_id, number), STRETCH))
        )

    def _some_decisions(self, after: str | None) -> tuple[list[Decision], str | None]:
        return self._read(
            lambda iris: decisions.some_decisions(iris, after, STRETCH, self._lock_wait)
        )

    # itself

    def set_up(self, *, upgrade: bool, dry_run: bool) -> SetUp:
        return plan.set_up(self._address, upgrade=upgrade, dry_run=dry_run)

    def check(self) -> Iterator[Check]:
        return checks(self._address, timeout=self._timeout, lock_wait=self._lock_wait)

    # connections

    def _prepare(self, iris: Iris) -> None:
        """Make a new connection ready, and find out what server and store it is."""
        # It is also the wait of %OpenId, and the server's own default is longer than a shopper's.
        iris.execute(f"SET OPTION LOCK_TIMEOUT = {row_wait(self._lock_wait)}")
        # Each time: a server that was away may come back as another, or with another store.
        self._server_version = iris.server_version()
        schema.raise_misfit(iris)

    def _read(self, ask: Callable[[Iris], T], seconds: float | None = None) -> T:
        """Ask on a connection, for so many seconds where a shopper's time is not enough.

        InventoryTimeout soon when the server was silent lately.
        """
        mine = _in_time(prolonged(seconds) if seconds else deadline(self._timeout))
        due = Deadline(seconds or self._timeout)
        is_short = self._patience.seconds < mine.left
        leave_by = Deadline(min(self._patience.seconds, mine.left))
        came = self._silence(is_short=is_short)
        try:
            connection = self.pool.take(leave_by)
        except NoneFree as none:
            if is_short:
                give_up()
            raise self._no_connection(none, came) from None

        def work() -> T:
            began = monotonic()
            answer = ask(connection.iris)
            self._patience.answered(monotonic() - began)
            return answer

        if seconds and not self._patience.is_suspect:
            leave_by = mine
        asked = self._silence(is_short=is_short)
        try:
            answer = connection.call(work, due, patience=leave_by.left)
        except LeftAlone:
            # The question stays: its answer, when it comes, takes the connection home. Who asked
            # only just now, after a long wait in line, has not seen the server be silent.
            if asked.is_over:
                self._patience.unanswered()
            if is_short:
                give_up()
            raise InventoryTimeout("no answer in time") from None
        except Overdue:
            self._patience.unanswered()
            connection.shut()
            raise InventoryTimeout("no answer in time") from None
        except BaseException:
            self.pool.give_back(connection)
            raise
        self.pool.give_back(connection)
        return answer

    @contextmanager
    def _lease(self, reference: str, due: Deadline | None = None) -> Iterator[Lease]:
        """A connection for one transaction, which is undone if the body raises."""
        if self._patience.is_suspect:
            # One short question instead of the full wait, which others stand in line behind.
            self._read(ledger.version)
        due = _in_time(due or deadline(self._timeout))
        came = self._silence()
        try:
            connection = self.pool.take(due)
        except NoneFree as none:
            unavailable = self._no_connection(none, came)
            raise unavailable if self._patience.is_suspect else InventoryBusy() from None
        lease = Lease(connection, reference=reference, deadline=due, lock_wait=self._lock_wait)
        asked = self._silence()
        try:
            yield lease
        except BaseException as error:
            if isinstance(error, (InventoryTimeout, OutcomeUnknown)) and asked.is_over:
                self._patience.unanswered()
            lease.finish(keep=False)
            raise
        else:
            self._patience.answered()
            lease.finish(keep=True)
        finally:
            self.pool.give_back(connection)

    def _silence(self, *, is_short: bool = False) -> Deadline:
        """From when on somebody who asks now has seen the server be silent.

        Only patience that is ``short`` by itself tells it early. Else the request may have had
        little time left, and the server may have waited for a lock.
        """
        return Patience.enough() if is_short else Deadline(self._lock_wait + LONGER_THAN_A_LOCK)

    def _no_connection(self, none: NoneFree, came: Deadline) -> InventoryTimeout:
        if none.connecting and came.is_over:
            self._patience.unanswered()
        return InventoryTimeout("no connection was free in time")


def _in_time(due: Deadline) -> Deadline:
    """This deadline; raises InventoryTimeout, and nobody is asked, when it is over already."""
    if due.is_over:
        raise InventoryTimeout("the request has no time left")
    return due
