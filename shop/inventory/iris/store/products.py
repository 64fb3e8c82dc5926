"""Reads products from their rows, or from the details kept in globals."""

from __future__ import annotations

from collections.abc import Iterable

from shop.inventory.contract import LATEST_SOLD_OUT, BesideList, Product
from shop.inventory.iris.client import Iris
from shop.inventory.iris.store import ledger
from shop.inventory.iris.store.rows import is_id, origins_and_ids, rows
from shop.inventory.row import product_of


def products(iris: Iris, ids: Iterable[int]) -> dict[int, Product]:
    """The products with these ids, on sale, sold out or withdrawn."""
    wanted = [id_ for id_ in set(ids) if is_id(id_)]
    found = rows(iris, wanted)
    known = {id_: product_of(id_, row) for id_, row in found.items()}
    known |= ledger.shelved(iris, (id_ for id_ in wanted if id_ not in found))
    return {id_: product for id_, product in known.items() if product}


def beside_list(iris: Iris, sold_out_last: list[Product]) -> BesideList:
    """The origins, and these products without those for which another program inserted a row."""
    origins, back = origins_and_ids(iris, [product.id for product in sold_out_last])
    sold_out = tuple(product for product in sold_out_last if product.id not in back)
    return BesideList(origins=origins, sold_out=sold_out)


def sold_out(iris: Iris, limit: int) -> tuple[Product, ...]:
    """The products that sold out last, latest first, without those that are back on sale."""
    is_listed = limit <= LATEST_SOLD_OUT
    kept = ledger.sold_out_last(iris) if is_listed else ledger.sold_out(iris, limit)
    return tuple(without_rows(iris, kept))[:limit]


def withdrawn(iris: Iris) -> tuple[Product, ...]:
    """The products that staff took off sale, by id."""
    return tuple(without_rows(iris, list(ledger.withdrawn(iris))))


def without_rows(iris: Iris, kept: list[Product]) -> list[Product]:
    """Without the products for which another program has inserted a row."""
    back = rows(iris, [product.id for product in kept])
    return [product for product in kept if product.id not in back]
