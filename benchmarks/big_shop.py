"""Fills an empty database with a big shop: three years of orders that fit stock and ledger.

The rows of orders are made by the database itself, because Python would take an hour.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from string import Template
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model, Sum

from benchmarks.shops import PRICE, coffees
from checkout.models import Order, OrderLine, OrderState
from checkout.references import ALPHABET, LENGTH
from shop.branches import BRANCHES
from shop.inventory.changes import Holding, plan, record
from shop.inventory.contract import Delivery, DeliveryRow, Note, Product
from shop.inventory.decisions import sold_out
from shop.inventory.models import (
    LedgerDecision,
    LedgerMovement,
    OnSaleSince,
    ShelvedProduct,
    StockRow,
)
from shop.inventory.records import decision_to_json, product_to_json
from shop.inventory.words import folded, texts_of

FIRST = 1001
"""The number of the first coffee."""
POPULAR = 100
"""So many coffees have a line in each order; the other line goes through all coffees in turn."""
LEFT = 47
"""The coffees have 0, 1, … bags left, up to one less than this; those with none are sold out."""
DAYS = 3 * 365
DELIVERED = 1000
WHO = "bench"
SCRAMBLE = 982_451_653
"""Makes references that are in no order."""

# One order in fifty was refused, one in a hundred cancelled; those of three days wait, and a few
# have been waiting since ever. Addresses are kept for 90 days.
ORDERS = """
INSERT INTO checkout_order (id, reference, token_hash, state, branch_slug, email, tax_rate,
    created_at, settled_at, handed_over_at, handed_over_by, cancelled_at, cancelled_by)
WITH RECURSIVE numbers(n) AS (
    SELECT CAST(0 AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $orders
), placed AS (
    SELECT n, $reference AS name, ($orders - n) * $days * 86400 / $orders + 60 AS age,
        CASE WHEN n % 50 = 7 THEN 'refused' ELSE 'confirmed' END AS state FROM numbers
), stages AS (
    SELECT placed.*, $moment AS at, state = 'confirmed' AND n % 100 = 3 AS is_off,
        state = 'confirmed' AND n % 100 <> 3 AND age > 3 * 86400 AND n % 2000 <> 1 AS is_handed
    FROM placed
)
SELECT n + 1, 'CC-' || name, $token, state, $branch,
    CASE WHEN age < 90 * 86400 THEN 'customer' || n || '@mail.example' ELSE '' END, 0.2,
    at, at, CASE WHEN is_handed THEN at END, CASE WHEN is_handed THEN 'olga' ELSE '' END,
    CASE WHEN is_off THEN at END, CASE WHEN is_off THEN 'olga' ELSE '' END
FROM stages
"""
LINES = """
INSERT INTO checkout_orderline (order_id, product_id, name, origin, quantity, unit_price)
WITH numbers AS (
    SELECT id - 1 AS n, (id - 1) * 7919 % $popular AS popular,
        (id - 1) * 104729 % $products AS other FROM checkout_order
), chosen AS (
    SELECT n, popular AS place, 1 + n % 3 AS bags FROM numbers UNION ALL
    SELECT n, CASE WHEN other = popular THEN (other + $popular) % $products ELSE other END, 1
    FROM numbers
)
SELECT n + 1, $first + place, $name, 'Kenya', bags, $price FROM chosen
"""
DECISIONS = """
INSERT INTO inventory_ledgerdecision (reference, kind, at, entry)
SELECT reference, CASE WHEN state = 'refused' THEN 'void' ELSE 'sale' END, settled_at, $entry
FROM checkout_order
"""
ENTRY = (
    """'{"kind": "' || CASE WHEN state = 'refused' THEN 'void' ELSE 'sale' END """
    """|| '", "token_hash": "' || token_hash || '", "at": "' || $iso """
    """|| '", "reason": {}, "results": [], "lines": [' || CASE WHEN state = 'refused' THEN '' """
    """ELSE (SELECT $joined FROM checkout_orderline WHERE order_id = checkout_order.id) END """
    """|| ']}'"""
)
SOLD_LINE = (
    """'{"id": ' || product_id || ', "name": "' || name || '", "origin": "Kenya", "quantity": ' """
    """|| quantity || ', "unit_price": "$price", "left": 1, "alert": null}'"""
)
MOVEMENTS = """
INSERT INTO inventory_ledgermovement
    (product_id, number, kind, change, after, at, who, why, reference, price)
SELECT product_id, 1 + ROW_NUMBER() OVER so_far, 'sale', -quantity,
    (product_id - $first) % $left + SUM(quantity) OVER all_of_it - SUM(quantity) OVER so_far,
    settled_at, '', '', reference, unit_price
FROM checkout_orderline JOIN checkout_order ON checkout_order.id = order_id
WHERE state = 'confirmed'
WINDOW so_far AS (PARTITION BY product_id ORDER BY order_id),
    all_of_it AS (PARTITION BY product_id)
"""
ALERTS = """
INSERT INTO checkout_stockalert (reference, product_id, kind, name, "left", answer, error, at,
    mail, acknowledged_at, acknowledged_by)
SELECT reference, product_id, 'low', name, 2, 'Noted.', '', settled_at, 'bench',
    CASE WHEN is_old THEN settled_at END, CASE WHEN is_old THEN 'olga' ELSE '' END
FROM (
    SELECT checkout_orderline.*, reference, settled_at, order_id < $orders * 0.997 AS is_old
    FROM checkout_orderline JOIN checkout_order ON checkout_order.id = order_id
    WHERE state = 'confirmed'
) AS sold
WHERE order_id % 20 = 0 AND product_id >= $first + $popular
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How much the shop has."""

    products: int
    orders: int


def reference(number: int) -> str:
    """The reference of an order."""
    number = number * SCRAMBLE % len(ALPHABET) ** LENGTH
    places = [number // len(ALPHABET) ** place % len(ALPHABET) for place in range(LENGTH)]
    return "CC-" + "".join(ALPHABET[place] for place in places)


def make(size: Size) -> None:
    """Make the tables and fill them, unless they are filled."""
    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA cache_size = -2000000")
        fill_tables(size)
        User.objects.create_superuser("olga", "olga@shop.example", "not used")


def fill_tables(size: Size) -> None:
    """Write the orders with their decisions, movements and alerts, then the stock."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (ORDERS, LINES, DECISIONS, MOVEMENTS, ALERTS):
            cursor.execute(_sql(statement, size))
        _deliver(size)
        for statement in connection.ops.sequence_reset_sql(no_style(), [Order]):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


def _sql(statement: str, size: Size) -> str:
    base = len(ALPHABET)
    scrambled = f"(n * {SCRAMBLE} % {base**LENGTH})"
    letters = [
        f"substr('{ALPHABET}', CAST({scrambled} / {base**place} % {base} AS int) + 1, 1)"
        for place in range(LENGTH)
    ]
    slugs = " ".join(f"WHEN {place} THEN '{one.slug}'" for place, one in enumerate(BRANCHES))
    is_postgres = connection.vendor == "postgresql"
    line = Template(SOLD_LINE).substitute(price=PRICE)
    words = {
        "orders": size.orders,
        "products": size.products,
        "popular": POPULAR,
        "first": FIRST,
        "left": LEFT,
        "days": DAYS,
        "price": PRICE,
        "reference": " || ".join(letters),
        "token": " || ".join(["name"] * 8),
        "branch": f"CASE n % {len(BRANCHES)} {slugs} END",
    }
    if is_postgres:
        words |= {
            "moment": "date_trunc('second', now()) - age * interval '1 second'",
            "name": "'Coffee ' || to_char(place, 'FM999990000')",
            "iso": "to_char(settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"')",
            "joined": f"string_agg({line}, ', ')",
        }
    else:
        words |= {
            "moment": "datetime('now', '-' || age || ' seconds')",
            "name": "printf('Coffee %04d', place)",
            "iso": "replace(settled_at, ' ', 'T') || '+00:00'",
            "joined": f"group_concat({line}, ', ')",
        }
    entry = Template(ENTRY).substitute(words)
    words["entry"] = f"CAST({entry} AS jsonb)" if is_postgres else entry
    return Template(statement).substitute(words)


def _deliver(size: Size) -> None:
    """Write the deliveries of what was sold and what is left."""
    now = datetime.now(UTC)
    sold = OrderLine.objects.filter(order__state=OrderState.CONFIRMED).order_by()
    bags = dict(sold.values_list("product_id").annotate(bags=Sum("quantity")))
    rows = coffees(size.products, [bags.get(FIRST + n, 0) + n % LEFT for n in range(size.products)])
    for begin in range(0, size.products, DELIVERED):
        at = now - timedelta(days=DAYS + 100) + timedelta(hours=begin / DELIVERED)
        _receive(rows[begin : begin + DELIVERED], f"delivery-{begin:032}", at, now)


def _receive(rows: Sequence[DeliveryRow], key: str, at: datetime, now: datetime) -> None:
    """Write a delivery, and of its coffees what is left of them now."""
    change, note = Delivery(rows=tuple(rows)), Note(key=key, who=WHO)
    none = {
        row.product_id: Holding(product_id=row.product_id, row=None, shelved=None, last=None)
        for row in rows
    }
    outcomes = plan(change, none, note, at)
    on_sale, gone = [], []
    for row in rows:
        id_, left = row.product_id, (row.product_id - FIRST) % LEFT
        if left:
            details = (row.name, row.price, left, row.origin, row.description)
            on_sale.append((id_, *details, folded(row.name), texts_of(row)))
        else:
            product = Product(id=id_, quantity=0, **row.details)
            last = sold_out(product, now - timedelta(hours=id_ % 500))
            gone.append((id_, last.shelf, last.since, json.dumps(product_to_json(last))))
    movements = [movement for outcome in outcomes for movement in outcome.movements]
    decision = record(change, note, outcomes, at)
    entry = json.dumps(decision_to_json(decision))
    fill(StockRow, STOCK, on_sale)
    fill(ShelvedProduct, ("id", "shelf", "since", "details"), gone)
    fill(OnSaleSince, ("id", "at"), [(row.product_id, at) for row in rows])
    fill(LedgerMovement, MOVEMENT, [astuple(movement) for movement in movements])
    fill(LedgerDecision, ("reference", "kind", "at", "entry"), [(key, decision.kind, at, entry)])


STOCK = ("id", "name", "price", "quantity", "origin", "description", "name_key", "search_key")
MOVEMENT = (
    *("product_id", "number", "kind", "change", "after", "at", "who", "why", "reference"),
    "price",
)


def fill(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert these rows the fastest way that the database has."""
    table = model._meta.db_table
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({places})"
            cursor.executemany(statement, [[_for_sqlite(value) for value in row] for row in rows])


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return str(value) if isinstance(value, Decimal) else value
