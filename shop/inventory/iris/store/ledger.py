"""The ledger in globals: keys are subscripts, values are JSON.

::

    ^coffeeco.Decision(reference)        what was decided under a reference or one-time key
    ^coffeeco.DeliveryAt("<time> <key>") what came in, by time, to list the latest
    ^coffeeco.Movement(id, n)            the movements of a product, numbered from 1
    ^coffeeco.OnSale(id)                 when a product last came on sale
    ^coffeeco.SoldOut(id)                a product whose row went with its last bag
    ^coffeeco.SoldOutAt("<time> <id>")   the same ids by time, to find the latest
    ^coffeeco.SoldOutLast                the latest of them in one node, for pages
    ^coffeeco.Withdrawn(id)              a product that staff took off sale
    ^coffeeco.Version                    a new random value with every commit

A ``set`` overwrites, and reads see what is not yet committed: only the holder of the lock on
``^coffeeco.Decision(reference)`` may write under it, and only the holder of a product's row, or of
the lock on ``^coffeeco.Product(id)``, may write the product's entries. The one node for all
products, ``^coffeeco.SoldOutLast``, has a lock of its own, which is taken last.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from shop.inventory.contract import (
    LATEST_SOLD_OUT,
    Decision,
    Movement,
    PastDelivery,
    Product,
    Shelf,
)
from shop.inventory.decisions import standing_error
from shop.inventory.iris.client import Iris, LockTimeout, Transaction
from shop.inventory.ledger import new_version
from shop.inventory.records import (
    decision_from_json,
    decision_to_json,
    dump,
    load,
    movement_from_json,
    movement_to_json,
    past_delivery,
    past_delivery_from_json,
    past_delivery_to_json,
    product_from_json,
    product_to_json,
)

DECISION = "^coffeeco.Decision"
DELIVERY_AT = "^coffeeco.DeliveryAt"
MOVEMENT = "^coffeeco.Movement"
ON_SALE = "^coffeeco.OnSale"
SOLD_OUT = "^coffeeco.SoldOut"
SOLD_OUT_AT = "^coffeeco.SoldOutAt"
SOLD_OUT_LAST = "^coffeeco.SoldOutLast"
WITHDRAWN = "^coffeeco.Withdrawn"
VERSION = "^coffeeco.Version"
PRODUCT = "^coffeeco.Product"
"""Only locked, never set: changes of a product use this lock, since it may have no row."""

SHELVES = {Shelf.SOLD_OUT: SOLD_OUT, Shelf.WITHDRAWN: WITHDRAWN}
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# ── decisions ───────────────────────────────────────────────────────────────────────────────────


def decision(iris: Iris, reference: str) -> Decision | None:
    """The decision under a reference; it may be uncommitted unless the caller holds its lock."""
    text = iris.get(DECISION, reference)
    return decision_from_json(reference, load(text)) if text else None


def raise_decided(reference: str, token_hash: str, iris: Iris) -> None:
    """Raise Decided or ReferenceTaken if there is a decision; the caller holds its lock."""
    if decided := decision(iris, reference):
        raise standing_error(decided, token_hash)


def write_decision(iris: Iris, decision: Decision) -> None:
    """Write a decision under its reference."""
    iris.set(dump(decision_to_json(decision)), DECISION, decision.reference)


def decisions(iris: Iris, after: str | None) -> Iterator[Decision]:
    """The decisions by reference, from the one after ``after``."""
    for reference, text in iris.children(DECISION, after=after):
        yield decision_from_json(reference, load(text))


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────


def write_delivery(iris: Iris, decision: Decision) -> None:
    """Write a delivery's decision into the list of deliveries."""
    delivery = past_delivery(decision.reference, decision_to_json(decision))
    text = dump(past_delivery_to_json(delivery))
    iris.set(text, DELIVERY_AT, _delivery_key(delivery.at, delivery.key))


def deliveries(iris: Iris, before: Decision | None) -> Iterator[PastDelivery]:
    """The deliveries before this one, or all, latest first, committed or not; a message each."""
    after = _delivery_key(before.at, before.reference) if before else None
    for _, text in iris.children(DELIVERY_AT, after=after, newest_first=True):
        yield past_delivery_from_json(load(text))


def has_delivery(iris: Iris, delivery: PastDelivery) -> bool:
    """Whether a delivery is still in the list."""
    return iris.get(DELIVERY_AT, _delivery_key(delivery.at, delivery.key)) is not None


def _delivery_key(at: datetime, key: str) -> str:
    """Sorts by time, then key."""
    return f"{_sortable(at)} {key}"


# ── movements ───────────────────────────────────────────────────────────────────────────────────


def movements(iris: Iris, product_id: int, *, newest_first: bool = False) -> Iterator[Movement]:
    """A product's movements by number, one message each."""
    for number, text in iris.children(MOVEMENT, product_id, newest_first=newest_first):
        yield movement_from_json(product_id, int(number), load(text))


def movements_after(iris: Iris, product_id: int, number: int) -> Iterator[Movement]:
    """A product's movements with higher numbers."""
    after = str(number) if number else None
    for found, text in iris.children(MOVEMENT, product_id, after=after):
        yield movement_from_json(product_id, int(found), load(text))


def next_with_movements(iris: Iris, after: str | None) -> str | None:
    """The id of the next product that has movements, in order of ids."""
    return next((product_id for product_id, _ in iris.children(MOVEMENT, after=after)), None)


def last_movement(iris: Iris, product_id: int) -> Movement | None:
    """A product's last movement; one message."""
    return next(movements(iris, product_id, newest_first=True), None)


def write_movements(iris: Iris, written: Iterable[Movement]) -> None:
    """Write movements under their products and numbers."""
    for movement in written:
        text = dump(movement_to_json(movement))
        iris.set(text, MOVEMENT, movement.product_id, movement.number)


def on_sale_since(iris: Iris, ids: Iterable[int]) -> dict[int, datetime]:
    """When these products last came on sale; one message each."""
    found = ((id_, iris.get(ON_SALE, id_)) for id_ in ids)
    return {id_: datetime.fromisoformat(at) for id_, at in found if at}


def write_on_sale(iris: Iris, product_id: int, at: datetime) -> None:
    """Write that a product came on sale."""
    iris.set(_sortable(at), ON_SALE, product_id)


# ── products off the shelf ──────────────────────────────────────────────────────────────────────


def shelved(iris: Iris, ids: Iterable[int]) -> dict[int, Product]:
    """The kept details of these products; at most two messages each, and two more.

    Another program may have inserted a row while an entry was kept; the newer entry counts.
    """
    wanted = sorted(set(ids))
    found: dict[int, Product] = {}
    for shelf in SHELVES:
        for product in _entries(iris, shelf, wanted):
            if product.id not in found or _since(found[product.id]) < _since(product):
                found[product.id] = product
    return found


def shelve(iris: Iris, product: Product) -> None:
    """Store the details of a product whose row is deleted."""
    iris.set(dump(product_to_json(product)), SHELVES[product.shelf], product.id)
    if product.shelf is Shelf.SOLD_OUT:
        iris.set(str(product.id), SOLD_OUT_AT, _sold_out_key(product))


def unshelve(iris: Iris, product: Product) -> None:
    """Delete the kept details of a product, sold out or withdrawn."""
    for shelf, name in SHELVES.items():
        kept = product if product.shelf is shelf else _entry(iris, shelf, product.id)
        if kept:
            iris.kill(name, product.id)
            if shelf is Shelf.SOLD_OUT:
                iris.kill(SOLD_OUT_AT, _sold_out_key(kept))


def sold_out_last(iris: Iris) -> list[Product]:
    """The products that sold out last, latest first, in one message.

    At most LATEST_SOLD_OUT; fewer after some of so many are back on sale.
    """
    text = iris.get(SOLD_OUT_LAST)
    kept = load(text)["products"] if text else []
    return [product_from_json(one, Shelf.SOLD_OUT) for one in kept]


def write_sold_out_last(
    tx: Transaction, gone: Iterable[Product], back: Iterable[Product] = ()
) -> None:
    """Add the products that sold out, and leave out those that are back or withdrawn.

    It takes the last lock of its transaction, because all sales of last bags need this one.
    """
    tx.lock(SOLD_OUT_LAST)
    kept = {product.id: product for product in sold_out_last(tx.iris)}
    for product in back:
        kept.pop(product.id, None)
    _set_sold_out_last(tx.iris, (kept | {product.id: product for product in gone}).values())


def list_sold_out(tx: Transaction, gone: Iterable[Product]) -> None:
    """Add the products that a sale has sold out, unless the list's lock is held for too long.

    The list is only for pages, so no sale fails because of it.
    """
    with contextlib.suppress(LockTimeout):
        write_sold_out_last(tx, gone)


def mend_sold_out_last(iris: Iris) -> None:
    """Write the list anew if the latest sold-out product is missing.

    It is when a sale went on without the lock, or was made by a release without this list.
    """
    latest = next(latest_sold_out(iris), None)
    if latest is None or any(product.id == latest.id for product in sold_out_last(iris)):
        return
    with contextlib.suppress(LockTimeout):
        iris.lock(SOLD_OUT_LAST, timeout=0)
        _set_sold_out_last(iris, islice(latest_sold_out(iris), LATEST_SOLD_OUT))
        iris.unlock_now(SOLD_OUT_LAST)


def _set_sold_out_last(iris: Iris, products: Iterable[Product]) -> None:
    latest = sorted(products, key=_sold_out_key, reverse=True)[:LATEST_SOLD_OUT]
    iris.set(dump({"products": [product_to_json(product) for product in latest]}), SOLD_OUT_LAST)


def sold_out(iris: Iris, most: int) -> list[Product]:
    """All that sold out, latest first, one message each; two for each of ``most`` if more did."""
    entries = islice(iris.children(SOLD_OUT), most + 1)
    kept = [product_from_json(load(text), Shelf.SOLD_OUT) for _, text in entries]
    if len(kept) > most:
        return list(islice(latest_sold_out(iris), most))
    return sorted(kept, key=_sold_out_key, reverse=True)


def latest_sold_out(iris: Iris) -> Iterator[Product]:
    """The products that sold out, latest first; two messages each."""
    for key, product_id in iris.children(SOLD_OUT_AT, newest_first=True):
        product = _entry(iris, Shelf.SOLD_OUT, int(product_id))
        # Skip an older time of a product that another program had put back.
        if product and _sold_out_key(product) == key:
            yield product


def withdrawn(iris: Iris) -> Iterator[Product]:
    """The products off sale, by id; at most two messages each, and two."""
    kept = [product_from_json(load(text), Shelf.WITHDRAWN) for _, text in iris.children(WITHDRAWN)]
    sold_out = _entries(iris, Shelf.SOLD_OUT, [product.id for product in kept])
    since = {product.id: _since(product) for product in sold_out}
    for product in kept:
        if product.id not in since or since[product.id] < _since(product):
            yield product


def _entries(iris: Iris, shelf: Shelf, ids: Sequence[int]) -> Iterator[Product]:
    """The entries of these products on a shelf; ``ids`` are in order, and so are the entries.

    At most one message for each id. Each message asks for the first entry at or after the next id;
    all ids before that entry have none and are skipped.
    """
    place = 0
    while place < len(ids):
        following = next(iris.children(SHELVES[shelf], after=ids[place] - 1), None)
        if following is None:
            return
        found, text = int(following[0]), following[1]
        place = bisect_left(ids, found, place)
        if place < len(ids) and ids[place] == found:
            yield product_from_json(load(text), shelf)
            place += 1


def _entry(iris: Iris, shelf: Shelf, product_id: int) -> Product | None:
    text = iris.get(SHELVES[shelf], product_id)
    return product_from_json(load(text), shelf) if text else None


def _sold_out_key(product: Product) -> str:
    """Sorts by time, then id."""
    return f"{_sortable(_since(product))} {product.id:016}"


def _since(product: Product) -> datetime:
    return product.since or LONG_AGO


def _sortable(at: datetime) -> str:
    """A time as text that sorts as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


# ── version ─────────────────────────────────────────────────────────────────────────────────────


def version(iris: Iris) -> str:
    """The stock's version, empty before the first change; one message."""
    return iris.get(VERSION) or ""


def write_version(iris: Iris) -> None:
    """Replace the version; done last before a commit."""
    iris.set(new_version(), VERSION)
