"""The rows of ``coffeeco.Inventory`` in SQL, and their values as the contract has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from shop.inventory.contract import (
    CENT,
    COLUMNS,
    LATEST_SOLD_OUT,
    MAX_PRICE,
    TEXTS,
    ProblemRow,
    ProductPage,
    ProductQuery,
    Sort,
    StockTotals,
)
from shop.inventory.iris.client import Iris
from shop.inventory.iris.names import INVENTORY, SELECTED
from shop.inventory.row import Row, problems_of, product_of
from shop.inventory.words import is_product_number, words_of

SELLABLE = (
    f"ProductId >= 1 AND Name <> '' AND Price BETWEEN 0 AND {MAX_PRICE} AND StockQuantity >= 0"
)
UNSELLABLE = (
    "ProductId < 1 OR Name IS NULL OR Name = '' OR Price IS NULL OR Price < 0 "
    f"OR Price > {MAX_PRICE} OR StockQuantity IS NULL OR StockQuantity < 0"
)
ORDERS = {
    Sort.NAME: "UPPER(Name), ProductId",
    Sort.PRICE: "Price, ProductId",
    Sort.PRICE_DOWN: "Price DESC, ProductId",
    Sort.QUANTITY: "StockQuantity, ProductId",
    Sort.ID: "ProductId",
}
# Ids per statement, for a basket and for a delivery. With only two statement texts, each
# connection prepares them once.
A_FEW, MANY = 16, 256

HAS_LIMIT = (2025, 1)

# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def rows(iris: Iris, ids: Iterable[int]) -> dict[int, Row]:
    """The rows of these products, sellable or not; one message for up to 16 ids, else for 256."""
    wanted = sorted(id_ for id_ in set(ids) if is_id(id_))
    at_once = A_FEW if len(wanted) <= A_FEW else MANY
    found: dict[int, Row] = {}
    for start in range(0, len(wanted), at_once):
        among, some = _among(wanted[start : start + at_once], at_once)
        statement = f"SELECT {SELECTED} FROM {INVENTORY} WHERE {among}"  # noqa: S608
        found |= {int(values[0]): row_of(values) for values in iris.select(statement, some)}
    return found


def is_id(number: int) -> bool:
    """True for a number that can be the ID of a row; the server's integers have 64 bits."""
    return 0 < number < 2**63


def page(iris: Iris, query: ProductQuery, version: tuple[int, int]) -> ProductPage:
    """The products on sale that match, in one message; the server sorts, counts and cuts."""
    where, values = _condition(query)
    total = f"(SELECT COUNT(*) FROM {INVENTORY} WHERE {where})"  # noqa: S608
    order = ORDERS[query.sort]
    if version >= HAS_LIMIT:
        statement = (
            f"SELECT {SELECTED}, {total} AS Total FROM {INVENTORY} WHERE {where} "  # noqa: S608
            f"ORDER BY {order} LIMIT ? OFFSET ?"
        )
        stretch = [query.limit, query.offset]
    else:
        # ROW_NUMBER is there since 2021.1; LIMIT and OFFSET only since 2025.1.
        statement = (
            f"SELECT {SELECTED}, Total FROM (SELECT {SELECTED}, {total} AS Total, "  # noqa: S608
            f"ROW_NUMBER() OVER (ORDER BY {order}) AS Place FROM {INVENTORY} WHERE {where}) "
            "WHERE Place BETWEEN ? AND ? ORDER BY Place"
        )
        stretch = [query.offset + 1, query.offset + query.limit]
    found = iris.select(statement, [*values, *values, *stretch])
    if found or query.offset == 0:
        matching = int(found[0][-1]) if found else 0
    else:
        # Beyond the last page there is no row with the total.
        matching = _count(iris, where, values)
    products = (product_of(int(one[0]), row_of(one)) for one in found)
    return ProductPage(products=tuple(one for one in products if one), total=matching)


def quantities(iris: Iris, query: ProductQuery) -> dict[int, int]:
    """The bags of all products on sale that match, by id, in the query's order."""
    where, values = _condition(query)
    found = iris.select(
        f"SELECT ProductId, StockQuantity FROM {INVENTORY} WHERE {where} "  # noqa: S608
        f"ORDER BY {ORDERS[query.sort]}",
        values,
    )
    return {int(id_): whole(quantity) or 0 for id_, quantity in found}


def origins_and_ids(iris: Iris, ids: Sequence[int]) -> tuple[tuple[str, ...], set[int]]:
    """The origins on sale, and which of at most LATEST_SOLD_OUT ids have a row; one message."""
    among, some = _among(ids, LATEST_SOLD_OUT)
    # DISTINCT alone would return them in capitals: text is compared, and grouped, as SQLUPPER.
    found = iris.select(
        f"SELECT DISTINCT %EXACT(CountryOfOrigin), 0 FROM {INVENTORY} "  # noqa: S608
        f"WHERE {SELLABLE} AND CountryOfOrigin <> '' "
        f"UNION ALL SELECT '', ProductId FROM {INVENTORY} WHERE {among}",
        some,
    )
    origins = (text(one[0]) for one in found if one[0])
    in_order = tuple(sorted(origins, key=lambda name: (name.casefold(), name)))
    return in_order, {int(one[1]) for one in found if one[1]}


def problems(iris: Iris) -> Iterator[ProblemRow]:
    """The rows that cannot be sold, by id."""
    found = iris.select(
        f"SELECT {SELECTED} FROM {INVENTORY} WHERE {UNSELLABLE} ORDER BY ProductId"  # noqa: S608
    )
    for one in found:
        row = row_of(one)
        yield ProblemRow(id=int(one[0]), name=row.name, problems=problems_of(int(one[0]), row))


def totals(iris: Iris, low_stock: int) -> StockTotals:
    """Figures over the products on sale, in one message."""
    # By price, because a sum of DOUBLEs over the rows would not be exact to the cent.
    found = iris.select(
        "SELECT Price, COUNT(*), SUM(StockQuantity), "  # noqa: S608
        "SUM(CASE WHEN StockQuantity < ? THEN 1 ELSE 0 END) "
        f"FROM {INVENTORY} WHERE {SELLABLE} GROUP BY Price",
        [low_stock],
    )
    values = [(cents(one[0]) or Decimal(0)) * (whole(one[2]) or 0) for one in found]
    return StockTotals(
        products=sum(int(one[1]) for one in found),
        bags=sum(whole(one[2]) or 0 for one in found),
        value=sum(values, Decimal("0.00")),
        low=sum(whole(one[3]) or 0 for one in found),
    )


# ── values ──────────────────────────────────────────────────────────────────────────────────────


def row_of(values: tuple[Any, ...]) -> Row:
    """A row as selected by SELECTED."""
    found = dict(zip(COLUMNS, values, strict=False))
    texts = {name: text(found[name])[:longest] for name, longest in TEXTS.items()}
    return Row(price=cents(found["price"]), quantity=whole(found["quantity"]), **texts)


def cents(value: Any) -> Decimal | None:
    """A stored price, rounded half up to cents; it may arrive as float, int, text or Decimal."""
    try:
        # Converted through text, because the float 2.675 is slightly less than 2.675.
        price = Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        return None
    return price if price.is_finite() else None


def whole(value: Any) -> int | None:
    """A stored quantity; a NUMERIC column may send text or a Decimal."""
    try:
        return int(Decimal(str(value)))
    except (InvalidOperation, OverflowError, ValueError):
        return None


def text(value: Any) -> str:
    """A text of the server without NUL characters; a single one is SQL's empty string."""
    return "" if value is None else str(value).replace("\0", "")


# ── inside ──────────────────────────────────────────────────────────────────────────────────────


def _among(ids: Sequence[int], at_once: int) -> tuple[str, list[int]]:
    """The condition that an id is one of these, and its values, repeated up to ``at_once``."""
    marks = ", ".join("?" * at_once)
    last = ids[-1] if ids else 0
    return f"ProductId IN ({marks})", [*ids, *[last] * (at_once - len(ids))]


def _condition(query: ProductQuery) -> tuple[str, list[Any]]:
    parts: list[str] = [SELLABLE]
    values: list[Any] = []
    for word in words_of(query.text):
        # Contains, not LIKE: a shopper's % and _ are just letters.
        found = [f"UPPER({COLUMNS[name]}) [ UPPER(?)" for name in TEXTS]
        values += [word] * len(TEXTS)
        if is_product_number(word):
            found.append("ProductId = ?")
            values.append(int(word))
        if meant := query.origins_meant(word):
            found.append(_is_origin(meant))
            values += meant
        parts.append(f"({' OR '.join(found)})")
    if query.origins:
        parts.append(_is_origin(query.origins))
        values += query.origins
    if query.in_stock:
        parts.append("StockQuantity > 0")
    if query.below is not None:
        parts.append("StockQuantity < ?")
        values.append(query.below)
    return " AND ".join(parts), values


def _is_origin(origins: tuple[str, ...]) -> str:
    return f"%EXACT(CountryOfOrigin) IN ({', '.join('?' * len(origins))})"


def _count(iris: Iris, where: str, values: list[Any]) -> int:
    return int(iris.select(f"SELECT COUNT(*) FROM {INVENTORY} WHERE {where}", values)[0][0])  # noqa: S608
