"""Products, wherever they stand: in a row, or only in what is kept of them in globals."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from shop.inventory.contract import Product
from shop.inventory.iris.client import Iris
from shop.inventory.iris.store import ledger
from shop.inventory.iris.store.rows import is_id, product_of, rows

HUNDREDS = 100


def products(iris: Iris, ids: Iterable[int]) -> dict[int, Product]:
    """Those of these products that the shop knows, wherever they stand."""
    wanted = [id_ for id_ in set(ids) if is_id(id_)]
    found = rows(iris, wanted)
    known = {id_: product_of(id_, row) for id_, row in found.items()}
    known |= ledger.shelved(iris, (id_ for id_ in wanted if id_ not in found))
    return {id_: product for id_, product in known.items() if product}


def sold_out(iris: Iris, limit: int) -> tuple[Product, ...]:
    """The products that sold out last, latest first, without those that are back on sale."""
    # Whoever asks for hundreds wants all that there are, and to read all is half the messages.
    if limit >= HUNDREDS and (kept := ledger.sold_out(iris, limit)) is not None:
        return tuple(without_rows(iris, kept))
    latest = ledger.latest_sold_out(iris)
    found: list[Product] = []
    while some := list(islice(latest, limit - len(found))):
        found += without_rows(iris, some)
    return tuple(found)


def withdrawn(iris: Iris) -> tuple[Product, ...]:
    """The products that staff took off sale, by id."""
    return tuple(without_rows(iris, list(ledger.withdrawn(iris))))


def without_rows(iris: Iris, kept: list[Product]) -> list[Product]:
    """Those of these that no other program has put back."""
    back = rows(iris, [product.id for product in kept])
    return [product for product in kept if product.id not in back]
