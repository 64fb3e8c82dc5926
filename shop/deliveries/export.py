"""The stock as a file, in columns that no delivery is read from, and a delivery to ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shop.deliveries.cells import neutralised
from shop.inventory.contract import COLUMNS, Inventory, Product, ProductQuery, Sort

PAGE = 500
FIELDS = [name for name in COLUMNS if name != "quantity"]
BAGS = ("BagsToSell", "ToCollect", "BagsOnShelf")
STOCK_COLUMNS = (*(COLUMNS[name] for name in FIELDS), "State", *BAGS)
"""A delivery's ``StockQuantity`` comes in, so that the stock under this name would be doubled."""


def products_on_sale(
    inventory: Inventory, *, below: int | None = None, page_size: int = PAGE
) -> Iterator[Product]:
    """Every product on sale in id order, a page at a time; ``below`` as in ProductQuery.

    A product that is on sale all the while comes exactly once, whatever is sold or delivered
    between two pages.
    """
    last_id, offset = 0, 0
    while True:
        query = ProductQuery(sort=Sort.ID, below=below, offset=offset, limit=page_size)
        page = inventory.page(query).products
        if offset and (not page or page[0].id > last_id):
            # Rows before this page were deleted meanwhile, so that it starts too late.
            offset = max(0, offset - page_size)
            continue
        fresh = [product for product in page if product.id > last_id]
        yield from fresh
        if len(page) < page_size:
            return
        last_id = fresh[-1].id if fresh else last_id
        # The next page starts with this one's last product, which shows that none is missed.
        offset += page_size - 1


def stock_rows(
    products: Iterable[Product], waiting: Mapping[int, int]
) -> Iterator[tuple[str, ...]]:
    """The cells of an export, its header first; none of them runs as a formula.

    ``waiting`` are the bags to be collected by product id.
    """
    yield STOCK_COLUMNS
    for one in products:
        details = (neutralised(str(getattr(one, name))) for name in FIELDS)
        collect = waiting.get(one.id, 0)
        bags = (str(one.left), str(collect), str(one.quantity + collect))
        yield (*details, one.shelf, *bags)
