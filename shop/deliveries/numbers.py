"""The numbers of a delivery's rows, where its file has none that can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from shop.deliveries.cells import quoted
from shop.deliveries.export import products_on_sale
from shop.deliveries.reader import ReadRow
from shop.inventory.contract import Inventory, Product

MOST_SOLD_OUT = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberedRow(ReadRow):
    """A row with the number of the coffee that has its name, or with a free one to offer."""

    offered: int | None = None
    remark: str = ""


def numbered(rows: Sequence[ReadRow], inventory: Inventory) -> tuple[NumberedRow, ...]:
    """The rows, each that has no usable number with one found by its exact name, or a free one.

    Capitals make no difference. A name that several coffees have finds none of them.
    """
    plain = [
        NumberedRow(**{field.name: getattr(row, field.name) for field in fields(ReadRow)})
        for row in rows
    ]
    if not any(row.no_number for row in plain):
        return tuple(plain)
    known = all_products(inventory)
    names = Counter(product.name.casefold() for product in known)
    ids = {product.name.casefold(): product.id for product in known}
    lines = {row.product_id: row.line for row in plain if row.product_id}
    free = max([1000, *ids.values(), *lines]) + 1
    found = []
    for row in plain:
        name = row.name.casefold()
        if row.no_number and names[name] == 1:
            found.append(_found(row, ids[name], lines))
        elif row.no_number and name:
            found.append(_offered(row, free, is_unclear=name in names))
            free += 1
        else:
            found.append(row)
    return tuple(found)


def all_products(inventory: Inventory) -> Iterable[Product]:
    """Every coffee that the shop knows, on sale or not."""
    return [
        *products_on_sale(inventory),
        *inventory.sold_out(limit=MOST_SOLD_OUT),
        *inventory.withdrawn(),
    ]


def _found(row: NumberedRow, product_id: int, lines: dict[int, int]) -> NumberedRow:
    problems = [problem for problem in row.problems if problem != row.no_number]
    first = lines.setdefault(product_id, row.line)
    if first != row.line:
        problems.append(
            f"{row.name} is on line {first} already: put the bags of both into one row."
        )
    return replace(row, product_id=product_id, problems=tuple(problems), remark="found by its name")


def _offered(row: NumberedRow, number: int, *, is_unclear: bool) -> NumberedRow:
    how_many = "several coffees are" if is_unclear else "no coffee is"
    begin = row.no_number.partition(":")[0]
    words = f"{begin}, and {how_many} called {quoted(row.name)}: {number} is free for a new one."
    problems = tuple(words if one == row.no_number else one for one in row.problems)
    return replace(row, offered=number, problems=problems)
