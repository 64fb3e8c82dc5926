"""The inventory in InterSystems IRIS."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from shop.inventory.changes import digest
from shop.inventory.contract import (
    AlertAnswer,
    AlertKind,
    Balance,
    BesideList,
    Change,
    Check,
    Counts,
    Decided,
    Decision,
    Delivery,
    Inventory,
    InventoryError,
    Movement,
    Note,
    PastDelivery,
    PriceList,
    ProblemRow,
    Product,
    ProductPage,
    ProductQuery,
    Sale,
    SaleRequest,
    SetUp,
    StockTotals,
    UndoDelivery,
)
from shop.inventory.iris.check import all_checks
from shop.inventory.iris.client import (
    Address,
    AddressError,
    Deadline,
    Iris,
    Pool,
    Transaction,
    row_wait,
)
from shop.inventory.iris.request_deadline import deadline, prolonged
from shop.inventory.iris.setup import set_up
from shop.inventory.iris.store import (
    IrisChange,
    balance,
    contract_errors,
    decisions,
    iris_sale,
    ledger,
    products,
    raise_alert,
    rows,
    schema,
)

log = logging.getLogger(__name__)

T = TypeVar("T")

FORM = "iris://user:password@host:1972/NAMESPACE"
DELIVERY_SECONDS = 60.0
# More products than any basket has; the preview of a delivery may have thousands.
MANY = 100
MANY_ROWS = (Counts, Delivery, PriceList, UndoDelivery)
# Ledger entries read at a time, because others wait for the connection.
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
        """``timeout`` and ``lock_wait``: seconds that a shopper's call, and one lock, may wait."""
        self.low_stock = low_stock
        self._address = address
        self._timeout = timeout
        self._lock_wait = lock_wait
        self._server_version = (0, 0)
        self._sold_out_last: tuple[str, list[Product]] = "", []
        self.pool = Pool(
            address,
            self._prepare,
            size=connections,
            timeout=timeout,
            lock_wait=lock_wait,
            expected=(InventoryError,),
        )

    @classmethod
    @sensitive_variables()
    def from_url(cls, url: str) -> IrisInventory:
        """The inventory at an address, with the limits of the settings.

        Raises ImproperlyConfigured, which never repeats the address.
        """
        try:
            address = Address.from_url(url)
        except AddressError as error:
            raise ImproperlyConfigured(
                f"INVENTORY_URL is not one the shop can use: {error}. Set it to {FORM}; "
                "letters such as @ : / in a password are written %40 %3A %2F."
            ) from None
        return cls(
            address,
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

    def quantities(self, query: ProductQuery) -> dict[int, int]:
        return self._read(lambda iris: rows.quantities(iris, query))

    def beside_list(self, *, version: str) -> BesideList:
        # Only the shop sells coffees out, and each time it leaves a new version.
        kept = self._sold_out_last
        if kept[0] != version:
            kept = self._sold_out_last = version, self._read(ledger.sold_out_last)
        return self._read(lambda iris: products.beside_list(iris, kept[1]))

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
        with (
            contract_errors(request.reference),
            self.pool.session(self._deadline()) as session,
            iris_sale(session, request, at=self.clock(), low_stock=self.low_stock) as sale,
        ):
            yield sale

    def raise_alert(self, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
        return self._read(lambda iris: raise_alert(iris, kind, product_id, name))

    def decision(self, reference: str) -> Decision | None:
        return self._read(
            lambda iris: decisions.committed_decision(iris, reference, self._lock_wait)
        )

    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        at = self.clock()
        return self._decide(
            reference,
            token_hash,
            lambda tx: decisions.void(tx.iris, reference, token_hash, reason, at),
        )

    # changing stock

    def apply(self, change: Change, note: Note) -> Decision:
        seconds = DELIVERY_SECONDS if isinstance(change, MANY_ROWS) else None
        at = self.clock()
        return self._decide(
            note.key,
            digest(change),
            lambda tx: IrisChange(change, note, tx, at=at).make(),
            seconds,
        )

    # the ledger

    def movements(
        self, product_id: int, *, newest_first: bool = False, limit: int | None = None
    ) -> tuple[Movement, ...]:
        return self._read(
            lambda iris: tuple(
                islice(ledger.movements(iris, product_id, newest_first=newest_first), limit)
            )
        )

    def on_sale_since(
        self, ids: Iterable[int], *, after: datetime | None = None
    ) -> dict[int, datetime]:
        wanted = frozenset(ids)
        seconds = DELIVERY_SECONDS if len(wanted) > MANY else None
        since = self._read(lambda iris: ledger.on_sale_since(iris, wanted), seconds)
        return {id_: at for id_, at in since.items() if after is None or at > after}

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
        with (
            contract_errors(),
            self.pool.session(self._deadline()) as session,
            session.holding() as tx,
        ):
            return session.run(balance, tx, product_id)

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
        with contract_errors():
            return set_up(self._address, upgrade=upgrade, dry_run=dry_run)

    def check(self) -> Iterator[Check]:
        return all_checks(self._address, timeout=self._timeout, lock_wait=self._lock_wait)

    # connections

    def _prepare(self, iris: Iris) -> None:
        """Set up a new connection; read the server's version and check the store."""
        # %OpenId waits as long too, and the server's default is longer than a shopper may wait.
        iris.execute(f"SET OPTION LOCK_TIMEOUT = {row_wait(self._lock_wait)}")
        # For each connection, since a server may restart as another version or with another store.
        self._server_version = iris.server_version()
        schema.raise_misfit(iris)
        ledger.mend_sold_out_last(iris)
        # The number by which the server's process and lock lists name this connection.
        job = iris.job_number() or "of unknown number"
        log.info("Connected to %s: process %s there", self._address, job)

    def _read(self, ask: Callable[[Iris], T], seconds: float | None = None) -> T:
        """Run a read on a connection, with ``seconds`` where a shopper's timeout is too short."""
        with contract_errors(), self.pool.session(self._deadline(seconds)) as session:
            return session.run(ask, session.iris)

    def _decide(
        self,
        reference: str,
        token_hash: str,
        make: Callable[[Transaction], Decision],
        seconds: float | None = None,
    ) -> Decision:
        """What ``make`` decides in a transaction, or what was decided before."""
        first = partial(ledger.raise_decided, reference, token_hash)
        due = self._deadline(seconds)
        try:
            with (
                contract_errors(reference),
                self.pool.transaction(ledger.DECISION, reference, deadline=due, first=first) as tx,
            ):
                return tx.run(make, tx)
        except Decided as known:
            return known.decision

    def _deadline(self, seconds: float | None = None) -> Deadline:
        """The time that the request has left, or ``seconds`` for longer work of staff."""
        return prolonged(seconds) if seconds else deadline(self._timeout)
