"""The inventory in Django's own database: SQLite or PostgreSQL.

The protocol is that of IRIS. The decision is inserted first, under its unique key; then rows are
locked in id order; then conditional writes must each change exactly one row.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Lower

from shop.inserts import insert, is_taken, is_unique_violation
from shop.inventory import changes
from shop.inventory.changes import CHANGE_NAMES
from shop.inventory.contract import (
    CENT,
    LATEST_SOLD_OUT,
    TEXTS,
    AlertAnswer,
    AlertKind,
    Balance,
    BesideList,
    Change,
    Check,
    Decided,
    Decision,
    DecisionKind,
    Delivery,
    Inventory,
    InventoryBusy,
    InventoryError,
    InventoryUnavailable,
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
    Shelf,
    Sort,
    StockTotals,
)
from shop.inventory.database import sql
from shop.inventory.database.rows import (
    MOVEMENT,
    hold,
    movement_of,
    movement_row,
    row_of,
    shelved_product,
    storable,
    write,
)
from shop.inventory.database.sale import DatabaseSale, LocalAlerts
from shop.inventory.decisions import standing_error, void_decision
from shop.inventory.ledger import new_version
from shop.inventory.models import (
    LedgerDecision,
    LedgerMovement,
    OnSaleSince,
    ShelvedProduct,
    StockRow,
)
from shop.inventory.records import (
    decision_from_json,
    decision_to_json,
    past_delivery,
)
from shop.inventory.row import Row, problems_of, product_of
from shop.inventory.words import folded, is_product_number, words_of

log = logging.getLogger(__name__)

# Not id__gte: SQLite would look up each row in the index of ids.
SELLABLE = ~Q(name="") & ~Q(id__lt=1) & Q(price__gte=0, quantity__gte=0)
ORDERS: dict[Sort, tuple[Any, ...]] = {
    Sort.NAME: ("name_key", Lower("name"), "id"),
    Sort.PRICE: ("price", "id"),
    Sort.PRICE_DOWN: (F("price").desc(), "id"),
    Sort.QUANTITY: ("quantity", "id"),
    Sort.ID: ("id",),
}
# Ledger entries held in memory at a time.
STRETCH = 500
# PostgreSQL's codes for: lock not available, deadlock found, statement timeout.
LOCK_CODES = {"55P03", "40P01", "57014"}


class _AlreadyDecided(Exception):
    """The decision's key was taken; the standing decision is read after the rollback."""


class DatabaseInventory(Inventory):
    """Stock and ledger as tables beside the orders, in transactions of their own."""

    shares_database_log = True

    def __init__(self, *, low_stock: int, lock_wait: float) -> None:
        """``lock_wait`` is in seconds; SQLite uses the connection's busy timeout instead."""
        self.low_stock = low_stock
        self.lock_wait = lock_wait
        self.alerts = LocalAlerts()

    @classmethod
    def from_settings(cls) -> DatabaseInventory:
        """The inventory that the settings describe."""
        return cls(low_stock=settings.LOW_STOCK, lock_wait=settings.INVENTORY_TIMEOUT / 3)

    def describe(self) -> str:
        return f"Django's database ({connection.vendor})"

    # reading

    def version(self) -> str:
        with _reading():
            return sql.version()

    def page(self, query: ProductQuery) -> ProductPage:
        rows = _matching(query)
        in_order = rows.order_by(*ORDERS[query.sort]).values_list("id", *sql.ROW)
        with _reading():
            stretch = list(in_order[query.offset : query.offset + query.limit])
            is_whole = query.offset == 0 and len(stretch) < query.limit
            total = rows.count() if query.is_counted and not is_whole else len(stretch)
        products = (
            product_of(id_, Row(**dict(zip(sql.ROW, values, strict=True))))
            for id_, *values in stretch
        )
        return ProductPage(products=tuple(one for one in products if one), total=total)

    def quantities(self, query: ProductQuery) -> dict[int, int]:
        rows = _matching(query).order_by(*ORDERS[query.sort])
        with _reading():
            return {id_: bags or 0 for id_, bags in rows.values_list("id", "quantity")}

    def beside_list(self, *, version: str) -> BesideList:  # noqa: ARG002 (always read anew)
        rows = StockRow.objects.filter(SELLABLE).exclude(origin="")
        with _reading():
            found = rows.values_list("origin", flat=True).distinct()
            origins = tuple(sorted(found, key=lambda origin: (origin.casefold(), origin)))
        return BesideList(origins=origins, sold_out=self.sold_out(limit=LATEST_SOLD_OUT))

    def products(self, ids: Iterable[int]) -> dict[int, Product]:
        wanted = set(storable(ids))
        with _reading():
            rows = sql.stock_rows(sorted(wanted))
            found = {id_: product for id_, row in rows.items() if (product := product_of(id_, row))}
            missing = wanted - set(rows)
            if missing:
                shelved = ShelvedProduct.objects.filter(id__in=missing)
                found |= {product.id: shelved_product(product) for product in shelved}
        return found

    def sold_out(self, *, limit: int) -> tuple[Product, ...]:
        with _reading():
            rows = _shelved(Shelf.SOLD_OUT).order_by("-since", "-id")
            return tuple(map(shelved_product, rows[:limit]))

    def withdrawn(self) -> tuple[Product, ...]:
        with _reading():
            return tuple(map(shelved_product, _shelved(Shelf.WITHDRAWN).order_by("id")))

    def problems(self) -> tuple[ProblemRow, ...]:
        with _reading():
            rows = StockRow.objects.exclude(SELLABLE).order_by("id")
            return tuple(
                ProblemRow(id=row.id, name=row.name, problems=problems_of(row.id, row_of(row)))
                for row in rows
            )

    def totals(self) -> StockTotals:
        with _reading():
            figures = StockRow.objects.filter(SELLABLE).aggregate(
                products=Count("id"),
                bags=Sum("quantity"),
                value=Sum(F("quantity") * F("price")),
                low=Count("id", filter=Q(quantity__lt=self.low_stock)),
            )
        return StockTotals(
            products=figures["products"],
            bags=figures["bags"] or 0,
            value=(figures["value"] or Decimal(0)).quantize(CENT),
            low=figures["low"],
        )

    # selling

    @contextmanager
    def sale(self, request: SaleRequest) -> Iterator[Sale]:
        at = self.clock()
        try:
            with self._transaction(request.reference):
                self._claim(request.reference, DecisionKind.SALE, at)
                sale = DatabaseSale(request, at=at, low_stock=self.low_stock)
                sale.open()
                yield sale
                decision = sale.close()
                self._finish(decision)
        except _AlreadyDecided:
            raise self._standing(request.reference, request.token_hash) from None
        sale.decision = decision
        for sold in decision.lines:
            if sold.alert:
                answer = self.raise_alert(sold.alert, sold.product_id, sold.name)
                sale.alert_answers[sold.product_id] = answer

    def raise_alert(self, kind: AlertKind, product_id: int, name: str) -> AlertAnswer:
        return self.alerts.answer(kind, product_id, name)

    def decision(self, reference: str) -> Decision | None:
        with _reading():
            row = LedgerDecision.objects.filter(reference=reference).first()
        return decision_from_json(reference, row.entry) if row else None

    def void(self, reference: str, token_hash: str, reason: Mapping[str, Any]) -> Decision:
        at = self.clock()
        decision = void_decision(reference, token_hash, reason, at)
        try:
            with self._transaction(reference):
                self._claim(reference, DecisionKind.VOID, at)
                self._finish(decision)
        except _AlreadyDecided:
            standing = self._standing(reference, token_hash)
            if isinstance(standing, Decided):
                return standing.decision
            raise standing from None
        return decision

    # changing stock

    def apply(self, change: Change, note: Note) -> Decision:
        try:
            with self._transaction(note.key):
                return self._apply(change, note)
        except Decided as returned:
            return returned.decision
        except _AlreadyDecided:
            standing = self._standing(note.key, changes.digest(change))
            if isinstance(standing, Decided):
                return standing.decision
            raise standing from None

    def _apply(self, change: Change, note: Note) -> Decision:
        at = self.clock()
        self._claim(note.key, DecisionKind.CHANGE, at)
        if isinstance(change, changes.Remembered):
            kept = changes.remembered(change, note, at, self.decision)
            if kept:
                LedgerDecision.objects.create(
                    reference=kept.reference, kind=kept.kind, at=at, entry=decision_to_json(kept)
                )
        named = changes.source_of(change)
        source = self.decision(named) if named else None
        holdings = hold(changes.touched(change, source))
        outcomes = changes.plan(change, holdings, note, at, source)
        for outcome in outcomes:
            write(outcome, holdings[outcome.product_id])
        LedgerMovement.objects.bulk_create(
            movement_row(movement) for outcome in outcomes for movement in outcome.movements
        )
        decision = changes.record(change, note, outcomes, at)
        self._finish(decision)
        return decision

    # the ledger

    def movements(
        self, product_id: int, *, newest_first: bool = False, limit: int | None = None
    ) -> tuple[Movement, ...]:
        rows = LedgerMovement.objects.filter(product_id=product_id).values_list(*MOVEMENT)
        with _reading():
            return tuple(
                map(movement_of, rows.order_by("-number" if newest_first else "number")[:limit])
            )

    def on_sale_since(
        self, ids: Iterable[int], *, after: datetime | None = None
    ) -> dict[int, datetime]:
        rows = OnSaleSince.objects.filter(id__in=storable(ids))
        if after:
            rows = rows.filter(at__gt=after)
        with _reading():
            return dict(rows.values_list("id", "at"))

    # Read in batches, each with its own query: on SQLite a connection with an open query can't
    # write after another connection has written.

    def all_movements(self) -> Iterator[Movement]:
        rows = LedgerMovement.objects.order_by("product_id", "number").values_list(*MOVEMENT)
        product_id = number = 0
        while True:
            with _reading():
                of_this = rows.filter(product_id=product_id, number__gt=number)
                of_others = rows.filter(product_id__gt=product_id)
                stretch = list(of_this[:STRETCH]) or list(of_others[:STRETCH])
            if not stretch:
                return
            for values in stretch:
                last = movement_of(values)
                yield last
            product_id, number = last.product_id, last.number

    def decisions(self) -> Iterator[Decision]:
        decided = LedgerDecision.objects.exclude(kind=DecisionKind.CHANGE).order_by("reference")
        rows = decided.values_list("reference", "entry")
        reference = ""
        while True:
            with _reading():
                stretch = list(rows.filter(reference__gt=reference)[:STRETCH])
            if not stretch:
                return
            for reference, entry in stretch:
                yield decision_from_json(reference, entry)

    def deliveries(self, *, limit: int, before: str = "") -> tuple[PastDelivery, ...]:
        with _reading():
            return past_deliveries(limit=limit, before=before)

    def balance(self, product_id: int) -> Balance:
        with self._transaction(f"balance of {product_id}"):
            holding = hold([product_id])[product_id]
        return Balance(
            product_id=product_id,
            in_stock=holding.in_stock,
            in_ledger=holding.last.after if holding.last else None,
        )

    # itself

    def check(self) -> Iterator[Check]:
        from shop.inventory.database.check import checks

        return checks(self)

    # one transaction

    @contextmanager
    def _transaction(self, reference: str) -> Iterator[None]:
        """A durable transaction whose failures say whether it may have been committed."""
        committing = False
        try:
            with transaction.atomic(durable=True):
                if connection.vendor == "postgresql":
                    milliseconds = int(self.lock_wait * 1000)
                    with connection.cursor() as cursor:
                        cursor.execute(f"SET LOCAL lock_timeout = {milliseconds:d}")
                yield
                committing = True
        except DatabaseError as error:
            connection.close_if_unusable_or_obsolete()
            if committing:
                log.warning("The commit of %s was not answered: %s", reference, error)
                raise OutcomeUnknown(reference) from error
            raise _meaning(error) from error

    def _claim(self, reference: str, kind: DecisionKind, at: datetime) -> None:
        """Take the reference for this transaction; others wait here, or are refused."""
        try:
            insert([LedgerDecision(reference=reference, kind=kind, at=at, entry={})])
        except IntegrityError as error:
            if not is_taken(error, LedgerDecision, "reference"):
                raise
            raise _AlreadyDecided from error

    def _finish(self, decision: Decision) -> None:
        """Write the decision's words, then, last of all, the new version."""
        sql.write_entry(decision.reference, json.dumps(decision_to_json(decision)))
        sql.write_version(decision.reference, new_version())

    def _standing(self, reference: str, token_hash: str) -> InventoryError:
        decision = self.decision(reference)
        return standing_error(decision, token_hash) if decision else InventoryBusy()


# ── rows and values ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        raise InventoryUnavailable(str(error)) from error


def _meaning(error: DatabaseError) -> InventoryError:
    """What a failure before the commit means; the transaction was rolled back."""
    code = getattr(error.__cause__, "sqlstate", None)
    if code in LOCK_CODES or "database is locked" in str(error):
        return InventoryBusy()
    if isinstance(error, IntegrityError) and is_unique_violation(error):
        # Another transaction inserted the same new product at the same moment.
        return InventoryBusy()
    return InventoryUnavailable(str(error))


def _shelved(shelf: Shelf) -> QuerySet[ShelvedProduct]:
    """The products on this shelf, without those for which another program inserted a row."""
    rows = ShelvedProduct.objects.filter(shelf=shelf)
    return rows.exclude(id__in=StockRow.objects.values("id"))


def _matching(query: ProductQuery) -> QuerySet[StockRow]:
    rows = StockRow.objects.filter(SELLABLE)
    for word in words_of(query.text):
        rows = rows.filter(_contains(word) | Q(origin__in=query.origins_meant(word)))
    if query.origins:
        rows = rows.filter(origin__in=query.origins)
    if query.in_stock:
        rows = rows.filter(quantity__gt=0)
    if query.below is not None:
        rows = rows.filter(quantity__lt=query.below)
    return rows


def _contains(word: str) -> Q:
    """The rows that have this word in any of their texts, or this number."""
    old = Q(*((f"{text}__icontains", word) for text in TEXTS), _connector=Q.OR)
    found = Q(search_key__contains=folded(word)) | Q(search_key=None) & old
    return found | Q(id=int(word)) if is_product_number(word) else found


def past_deliveries(*, limit: int, before: str) -> tuple[PastDelivery, ...]:
    """The latest first; those that came before the one with this key when there is a key."""
    rows = LedgerDecision.objects.filter(
        kind=DecisionKind.CHANGE, entry__reason__change=CHANGE_NAMES[Delivery]
    )
    if before:
        last = rows.filter(reference=before).first()
        if last is None:
            return ()
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, reference__lt=last.reference))
    return tuple(
        past_delivery(row.reference, row.entry)
        for row in rows.order_by("-at", "-reference")[:limit]
    )
