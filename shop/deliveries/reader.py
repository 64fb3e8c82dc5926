"""A delivery's CSV text read to rows; every problem is kept with its line of the file.

The stock is not asked here; ``preview`` compares a delivery with it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Literal, TypeVar

from shop.deliveries import cells
from shop.deliveries.columns import COLUMNS, column_of, is_level
from shop.inventory import contract
from shop.inventory.contract import TEXTS, Details
from shop.plurals import counted

MAX_UPLOAD = 10 * 1024 * 1024
"""Bytes of a file, wherever it comes from."""
MAX_TEXT = 2 * 1024 * 1024
"""Bytes of text that the pages hand back and forth for editing."""
MAX_ROWS = 5_000
MAX_LINES = 50_000
"""Lines with blank ones and those inside quotation marks; reading them takes half a second."""
MAX_COLUMNS = 20_000
"""Columns that a line of titles may have."""
MAX_BAD_ROWS = 500
"""Rows with problems that one answer names; a page of them takes 1 MB."""
MAX_LINES_OF_A_ROW = 200
"""Limits a quotation mark that is never closed, which would take in the rest of the file."""
NO_ROW = "No row follows: add one for each coffee."

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\1\0")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
FOR_EXCEL = re.compile(r'"?sep=[,;\t]"?[,;\s]*', re.IGNORECASE)
TOTALS = re.compile(
    r"((sub|grand|order|net)[ -]?)?totals?\b.*|sums?|((gesamt|zwischen)?summe|gesamt|итого)\b.*",
    re.IGNORECASE,
)
MOST_TITLE_LINES = 10
"""So many lines may stand above the titles of the columns."""
CONTROLS = bytes([*range(9), *range(14, 32), 127])

T = TypeVar("T")

Means = Literal["", "received", "shelf"]
"""What a column of a level holds: the bags that came, those on the shelf, or not yet said."""


class UnreadableDelivery(ValueError):
    """The data is not CSV text; the exception's text says what to send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What is wrong in one line of the file, in words that say what to do."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.words}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadRow(Details):
    """One row of the file. Cells with problems are None or empty; so may be those left empty."""

    line: int
    product_id: int | None = None
    quantity: int | None = None
    is_signed: bool = False
    """The price bore a currency sign."""
    no_number: str = ""
    """The problem that its number cannot be used, which is among the others."""
    is_idle: bool = False
    """A row of totals, or one without bags: it can be left out."""
    is_titles: bool = False
    """The line that names the columns; it is among the rows only where it has problems."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDelivery:
    """The content of a file.

    ``text`` is the file as text, for editing. ``level`` is the title of its quantities where that
    names how many bags there are; then ``means`` says what they are taken for.
    """

    text: str
    rows: tuple[ReadRow, ...]
    level: str = ""
    means: Means = ""
    notices: tuple[str, ...] = ()

    @property
    def is_count(self) -> bool:
        """Whether its quantities are the bags that are on the shelf."""
        return bool(self.level) and self.means == "shelf"

    @property
    def is_undecided(self) -> bool:
        """Whether it is not said yet what its quantities are."""
        return bool(self.level) and not self.means


def read_delivery(data: bytes | str, means: Means = "") -> ReadDelivery:
    """Read a file, or pasted text, to its last line; problems do not stop it.

    ``means`` matters only where the quantities have the title of a level.

    Raises UnreadableDelivery for what is empty, too large, or not text.
    """
    text, notices = text_of(data, COLUMNS)
    lines = lines_of(text)
    header = header_of(lines)
    rows = _rows(lines, header, means) if header.is_complete else ()
    if problems := _problems_of(header, means) or ((NO_ROW,) if not rows else ()):
        rows = (ReadRow(line=header.line, is_titles=True, problems=problems), *rows)
    notices += header.notices
    if any(row.is_signed for row in rows):
        notices.append("Currency signs were left out; prices are in the shop's own currency.")
    return ReadDelivery(
        text=text, rows=rows, level=header.level, means=means, notices=tuple(notices)
    )


def _problems_of(header: Header, means: Means) -> tuple[str, ...]:
    """What is wrong with the titles, and what is to be said about a level."""
    needed = ("StockQuantity", "Name" if "Name" in header.places else "ProductId")
    problems = header.problems_of(needed)
    if not header.level or means:
        return problems
    words = (
        f"The column {cells.quoted(header.level)} may hold the bags that came in, or all that are "
        "on the shelf now: say which."
    )
    return (*problems, words)


def text_of(data: bytes | str, columns: Sequence[str]) -> tuple[str, list[str]]:
    """A file's text, and notices about how it was read; ``columns`` are those that it may have.

    Raises UnreadableDelivery as :func:`read_delivery` does.
    """
    size = size_of(data)
    if size > MAX_UPLOAD:
        raise UnreadableDelivery(too_large(size, MAX_UPLOAD))
    text, notices = _decoded(data) if isinstance(data, bytes) else (data, [])
    count = max(map(text.count, "\n\r"))
    if count > MAX_LINES:
        raise UnreadableDelivery(
            f"It has {count:,} lines, and {MAX_LINES:,} is the most: "
            "remove blank lines, or split it into smaller files."
        )
    if not text.strip("\ufeff\0 \t\r\n"):
        raise UnreadableDelivery(
            f"There is nothing in it: the first line names the columns {_list(columns)}, "
            "and each line after it is one coffee."
        )
    return text, notices


def lines_of(text: str) -> list[str]:
    """The lines of a file's text with their ends, without a byte order mark."""
    return list(io.StringIO(text.removeprefix("\ufeff"), newline=""))


def size_of(data: bytes | str) -> int:
    """Bytes, those of text in UTF-8."""
    return len(data) if isinstance(data, bytes) else len(data.encode(errors="replace"))


def too_large(size: int, limit: int) -> str:
    """The sentence for so many bytes where at most ``limit`` are taken."""
    megabytes = max(size / 1024**2, limit / 1024**2 + 0.1)
    return (
        f"It has {megabytes:.1f} MB, and {limit // 1024**2} MB is the most: "
        "split it into smaller files."
    )


# ── bytes to text ───────────────────────────────────────────────────────────────────────────────


def _decoded(data: bytes) -> tuple[str, list[str]]:
    """The text of a file, and notices about how it was read."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), []
    if data.startswith(WORKBOOKS):
        raise UnreadableDelivery(
            "This is a workbook, not a CSV file: open it in the spreadsheet "
            'and save it as "CSV UTF-8".'
        )
    if data.startswith(PICTURES):
        raise UnreadableDelivery("This is a picture: choose a CSV file.")
    start = data[:4096]
    if data.startswith(b"%PDF") or len(start.translate(None, CONTROLS)) < len(start) * 0.9:
        raise UnreadableDelivery("This is not a text file: choose a CSV file.")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        notice = "The file is not UTF-8 and was read as Latin-1: look at letters such as é and ñ."
    try:
        return data.decode("cp1252"), [notice]
    except UnicodeDecodeError:
        return data.decode("latin-1"), [notice]


# ── text to records ─────────────────────────────────────────────────────────────────────────────


def records_of(
    lines: Sequence[str], delimiter: str, start: int = 0
) -> Iterator[tuple[int, int, list[str] | None]]:
    """Each record's first line (from 1), the index after its last, and its cells.

    Blank records are left out. Cells are None where the quotation marks do not pair up; reading
    goes on with the next line, so that no later row is lost.
    """
    at = start
    while at < len(lines):
        stretch = lines[at : at + MAX_LINES_OF_A_ROW]
        reader = csv.reader(stretch, delimiter=delimiter, strict=True)
        try:
            record = [cell.strip() for cell in next(reader)]
        except csv.Error:
            yield at + 1, at + 1, None
            at += 1
            continue
        first, at = at + 1, at + reader.line_num
        if any(record):
            yield first, at, record


# ── the header ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Where the columns are. ``places`` is empty when the line is no header at all."""

    line: int
    end: int
    delimiter: str
    width: int = 0
    places: dict[str, int] = field(default_factory=dict)
    level: str = ""
    """The title of the quantities, where it names how many bags there are."""
    notices: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Columns that are there twice."""

    @property
    def is_complete(self) -> bool:
        """Whether it names what every row needs: the bags, and a number or a name."""
        return "StockQuantity" in self.places and bool({"ProductId", "Name"} & self.places.keys())

    def problems_of(self, needed: Sequence[str]) -> tuple[str, ...]:
        """What is wrong with it where these columns are needed."""
        if not self.places:
            return (f"This line names none of the columns: begin with {_list(COLUMNS)}.",)
        missing = (column for column in needed if column not in self.places)
        words = (f"The column {one} is missing: add it, named in this line." for one in missing)
        return (*self.problems, *words)


def header_of(lines: Sequence[str]) -> Header:
    """The line that names the columns, split at the comma, semicolon or tab that fits best.

    That is the first of some lines that names at least two of them, else the first with text.
    A line before them that only names the delimiter for Excel is skipped.
    """
    start = 1 if lines and FOR_EXCEL.fullmatch(lines[0]) else 0
    headers = [_header_cut_at(mark, lines, start) for mark in ",;\t"]
    return max(headers, key=lambda header: len(header.places))


def _header_cut_at(delimiter: str, lines: Sequence[str], start: int) -> Header:
    lines = lines[: start + MOST_TITLE_LINES * MAX_LINES_OF_A_ROW]
    records = list(islice(records_of(lines, delimiter, start), MOST_TITLE_LINES))
    read = [
        _titles(line, end, record or [], delimiter)
        for line, end, record in records or [(1, len(lines), None)]
    ]
    place = next((n for n, header in enumerate(read) if len(header.places) > 1), 0)
    if not place:
        return read[0]
    above = [
        cells.quoted(" ".join(filter(None, cells_))) for _, _, cells_ in records[:place] if cells_
    ]
    notice = f"Above the titles, and passed over: {_list(above)}."
    return replace(read[place], notices=(notice, *read[place].notices))


def _titles(line: int, end: int, titles: list[str], delimiter: str) -> Header:
    """The header that a record would be; none with more than MAX_COLUMNS."""
    if len(titles) > MAX_COLUMNS:
        titles = []
    while titles and not titles[-1]:
        titles = titles[:-1]
    found: dict[str, tuple[int, int]] = {}
    doubled: dict[str, str] = {}
    for place, title in enumerate(titles):
        column, rank = column_of(title) or ("", 0)
        if column in found and not rank and not found[column][0]:
            doubled[column] = f"The column {column} is there twice: remove one of them."
        elif column and (column not in found or rank < found[column][0]):
            found[column] = rank, place
    places = {column: place for column, (_, place) in found.items()}
    header = Header(line=line, end=end, delimiter=delimiter, width=len(titles), places=places)
    if not places:
        return header
    level = titles[places["StockQuantity"]] if "StockQuantity" in places else ""
    return replace(
        header,
        level=level if is_level(level) else "",
        notices=tuple(_notices(titles, found)),
        problems=tuple(doubled.values()),
    )


def _notices(titles: Sequence[str], found: dict[str, tuple[int, int]]) -> Iterator[str]:
    """How the titles are understood, where they are not the shop's own."""
    if known := [
        f"{cells.quoted(titles[place])} as {column}"
        for column, (rank, place) in found.items()
        if rank
    ]:
        yield f"Read {_list(known)}."
    used = {place for _, place in found.values()}
    if extra := [cells.quoted(title) for n, title in enumerate(titles) if title and n not in used]:
        yield f"Not used here, and left out: {_list(extra)}."


# ── the rows ────────────────────────────────────────────────────────────────────────────────────


def _rows(lines: Sequence[str], header: Header, means: Means) -> tuple[ReadRow, ...]:
    """Every row behind the header, up to MAX_ROWS of them, and up to MAX_BAD_ROWS with problems."""
    rows: list[ReadRow] = []
    first_lines: dict[int, int] = {}
    bad = 0
    for line, _, record in records_of(lines, header.delimiter, start=header.end):
        words = ""
        if len(rows) == MAX_ROWS:
            words = f"More than {MAX_ROWS:,} rows: split the delivery here. "
        elif bad == MAX_BAD_ROWS:
            words = f"{MAX_BAD_ROWS:,} rows have problems: correct these first. "
        if words:
            words += "Nothing was read from this line on."
            rows.append(ReadRow(line=line, problems=(words,)))
            break
        row = _row(line, record, header, means)
        if row.product_id is not None:
            first = first_lines.setdefault(row.product_id, line)
            if first != line:
                words = (
                    f"ProductId {row.product_id} is on line {first} already: "
                    "put the bags of both into one row."
                )
                row = replace(row, problems=(*row.problems, words))
        rows.append(row)
        bad += bool(row.problems)
    return tuple(rows)


def _row(line: int, record: list[str] | None, header: Header, means: Means) -> ReadRow:
    try:
        found = by_column(record, header)
    except cells.CellProblem as problem:
        is_total = any(map(TOTALS.fullmatch, record or []))
        return ReadRow(line=line, is_idle=is_total, problems=(str(problem),))
    is_level = bool(header.level) and means != "received"
    return _checked(line, found, cells.counted if is_level else cells.quantity)


def by_column(record: list[str] | None, header: Header) -> dict[str, str]:
    """A row's cells by column. Raises CellProblem where it is not clear which is which."""
    if record is None:
        raise cells.CellProblem(
            "The quotation marks in this row do not pair up: close each text that begins with "
            'one, and write a quotation mark inside it twice ("").'
        )
    if len(record) < header.width or any(record[header.width :]):
        raise cells.CellProblem(_ragged(len(record), header))
    return {column: record[place] for column, place in header.places.items()}


def _ragged(count: int, header: Header) -> str:
    mark = {",": "a comma", ";": "a semicolon", "\t": "a tab"}[header.delimiter]
    more = f"put quotation marks around a text or price with {mark} in it."
    fewer = (
        "write every cell, empty where there is nothing to say, and put quotation marks around "
        "a text that runs over several lines."
    )
    return (
        f"This row has {counted(count, 'cell')} where line {header.line} names "
        f"{header.width} columns: {more if count > header.width else fewer}"
    )


def _checked(line: int, record: dict[str, str], bags: Callable[[str], int]) -> ReadRow:
    """The row of a record; cells of columns that the file lacks count as left empty."""
    problems: list[str] = []

    def take(name: str, parse: Callable[[str], T]) -> T | None:
        column = contract.COLUMNS[name]
        try:
            return parse(record.get(column, "")) if column in record or name == "id" else None
        except cells.CellProblem as problem:
            problems.append(str(problem))
            return None

    product_id = take("id", cells.product_id)
    no_number = problems[0] if problems else ""
    texts = {
        name: take(name, partial(cells.words, name, contract.COLUMNS[name])) or "" for name in TEXTS
    }
    price, is_signed = take("price", cells.price) or (None, False)
    quantity = take("quantity", bags)
    is_total = product_id is None and any(
        TOTALS.fullmatch(record.get(column, "")) for column in ("ProductId", "Name")
    )
    if is_total:
        problems = ["This looks like a row of totals: leave it out."]
    has_bags = bool(record.get("StockQuantity", "").strip("0.,+- "))
    is_of_none = not (record.get("ProductId") or record.get("Name"))
    return ReadRow(
        line=line,
        product_id=product_id,
        quantity=quantity,
        price=price,
        is_signed=is_signed,
        no_number="" if is_total else no_number,
        is_idle=is_total or (not has_bags and (quantity is None or is_of_none)),
        is_titles=False,
        problems=tuple(problems),
        **texts,
    )


def _list(names: Sequence[str], most: int = 8) -> str:
    """Names as a sentence has them: "A, B and C"."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
