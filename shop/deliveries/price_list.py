"""A list of new prices: lines of ProductId and Price, read and compared with the shop's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from shop.deliveries import cells
from shop.deliveries.reader import (
    MAX_BAD_ROWS,
    MAX_ROWS,
    NO_ROW,
    Header,
    by_column,
    header_of,
    lines_of,
    records_of,
    text_of,
)
from shop.inventory.contract import Details, Inventory, NewDetails, PriceList, Product

PRICE_COLUMNS = ("ProductId", "Price")


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceLine:
    """One coffee and its new price; ``product`` is None for a number that no coffee has."""

    line: int
    product_id: int | None = None
    price: Decimal | None = None
    product: Product | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPrices:
    """The lines of a list beside the coffees as they are; ``text`` is what was read."""

    text: str
    lines: tuple[PriceLine, ...]
    notices: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[PriceLine, ...]:
        """The lines that can't be taken."""
        return tuple(line for line in self.lines if line.problems)

    @property
    def changed(self) -> tuple[PriceLine, ...]:
        """The lines whose price is another than the coffee's."""
        return tuple(one for one in self.lines if one.product and one.price != one.product.price)

    @property
    def plain_text(self) -> str:
        """The lines without problems, in two columns."""
        fit = ((one.product_id, one.price) for one in self.lines if not one.problems)
        return price_text((id_, price) for id_, price in fit if id_ and price)

    @property
    def shown(self) -> str:
        """The coffees' prices in the order of the lines, to see whether one changed since."""
        return " ".join(str(one.product.price) for one in self.lines if one.product)

    def change(self, shown: str) -> PriceList | None:
        """The prices to write where ``shown`` were seen; None where all stay.

        Raises ValueError where these are not prices for just these lines.
        """
        prices = shown.replace(",", ".").split()
        if not all(map(cells.PLAIN_PRICE.fullmatch, prices)):
            raise ValueError(shown)
        rows = tuple(
            NewDetails(product_id=one.product_id, price=one.price, shown=Details(price=was))
            for one, was in zip(self.lines, map(Decimal, prices), strict=True)
            if one.product_id and one.price and one.price != was
        )
        return PriceList(rows=rows) if rows else None


def price_text(prices: Iterable[tuple[int, Decimal]]) -> str:
    """The lines of a list of new prices, by number."""
    rows = (f"{id_},{price:f}" for id_, price in prices)
    return "\n".join((",".join(PRICE_COLUMNS), *rows))


def read_prices(data: bytes | str, inventory: Inventory) -> NewPrices:
    """Read a file or pasted lines to the end; problems do not stop it.

    Raises UnreadableDelivery for what is empty, too large, or not text.
    """
    text, notices = text_of(data, PRICE_COLUMNS)
    lines = lines_of(text)
    header = header_of(lines)
    problems = header.problems_of(PRICE_COLUMNS)
    read = () if problems else tuple(_lines(lines, header))
    if problems or not read:
        read = (PriceLine(line=header.line, problems=problems or (NO_ROW,)),)
    known = inventory.products({one.product_id for one in read if one.product_id})
    return NewPrices(
        text=text,
        lines=tuple(_compared(one, known.get(one.product_id or 0)) for one in read),
        notices=(*notices, *header.notices),
    )


def _lines(lines: Sequence[str], header: Header) -> Iterator[PriceLine]:
    """Each line behind the header, up to MAX_ROWS of them, and up to MAX_BAD_ROWS with problems."""
    first_lines: dict[int, int] = {}
    bad = 0
    records = records_of(lines, header.delimiter, start=header.end)
    for count, (number, _, record) in enumerate(records):
        if count == MAX_ROWS or bad == MAX_BAD_ROWS:
            words = "Too many rows, or rows with problems: nothing was read from this line on."
            yield PriceLine(line=number, problems=(words,))
            return
        line = _line(number, record, header)
        first = first_lines.setdefault(line.product_id or -number, number)
        if first != number:
            words = f"ProductId {line.product_id} is on line {first} already: remove one of them."
            line = replace(line, problems=(*line.problems, words))
        bad += bool(line.problems)
        yield line


def _line(number: int, record: list[str] | None, header: Header) -> PriceLine:
    product_id = None
    try:
        found = by_column(record, header)
        product_id = cells.product_id(found["ProductId"])
        price, _ = cells.price(found["Price"])
    except cells.CellProblem as problem:
        return PriceLine(line=number, product_id=product_id, problems=(str(problem),))
    empty = () if price else ("Price is empty: write one, such as 12.50, or leave the line out.",)
    return PriceLine(line=number, product_id=product_id, price=price, problems=empty)


def _compared(line: PriceLine, product: Product | None) -> PriceLine:
    if product or not line.product_id:
        return replace(line, product=product)
    words = f"No coffee with the number {line.product_id} can be shown: leave the line out."
    return replace(line, problems=(*line.problems, words))
