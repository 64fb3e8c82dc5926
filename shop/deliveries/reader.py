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
from typing import TypeVar

from shop.deliveries import cells
from shop.inventory import contract
from shop.inventory.contract import TEXTS, Details
from shop.plurals import counted

COLUMNS = tuple(contract.COLUMNS.values())

MAX_UPLOAD = 10 * 1024 * 1024
"""Bytes of a file, wherever it comes from."""
MAX_TEXT = 2 * 1024 * 1024
"""Bytes of text that the pages hand back and forth for editing."""
MAX_ROWS = 5_000
MAX_BAD_ROWS = 500
"""Rows with problems that one answer names; a page of them takes 1 MB."""
MAX_LINES_OF_A_ROW = 200
"""Limits a quotation mark that is never closed, which would take in the rest of the file."""

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"\0\0\1\0")
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
FOR_EXCEL = re.compile(r'"?sep=[,;\t]"?[,;\s]*', re.IGNORECASE)
CONTROLS = bytes([*range(9), *range(14, 32), 127])

T = TypeVar("T")


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
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDelivery:
    """The content of a file.

    ``text`` is the file as text, for editing; ``missing`` the columns that it lacks, which a
    problem of its first row names as well.
    """

    text: str
    rows: tuple[ReadRow, ...]
    missing: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_delivery(data: bytes | str) -> ReadDelivery:
    """Read a file, or pasted text, to its last line; problems do not stop it.

    Raises UnreadableDelivery for what is empty, too large, or not text.
    """
    size = size_of(data)
    if size > MAX_UPLOAD:
        raise UnreadableDelivery(too_large(size, MAX_UPLOAD))
    text, notices = _decoded(data) if isinstance(data, bytes) else (data, [])
    if not text.strip("\ufeff\0 \t\r\n"):
        raise UnreadableDelivery(
            f"There is nothing in it: the first line names the columns {_list(COLUMNS)}, "
            "and each line after it is one coffee."
        )
    lines = lines_of(text)
    header = header_of(lines)
    if header.problems:
        first = ReadRow(line=header.line, problems=header.problems)
        if not header.places:
            return ReadDelivery(text=text, rows=(first,), notices=tuple(notices))
        rows = (first, *_rows(lines, header))
    else:
        rows = _rows(lines, header) or (
            ReadRow(line=header.line, problems=("No row follows: add one for each coffee.",)),
        )
    if header.extra:
        notices.append(f"Not used here, and left out: {_list(header.extra)}.")
    if any(row.is_signed for row in rows):
        notices.append("Currency signs were left out; prices are in the shop's own currency.")
    missing = tuple(column for column in COLUMNS if column not in header.places)
    return ReadDelivery(text=text, rows=rows, missing=missing, notices=tuple(notices))


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
        "split it into smaller deliveries."
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
        raise UnreadableDelivery("This is a picture, not a CSV file: choose the delivery's file.")
    start = data[:4096]
    if data.startswith(b"%PDF") or len(start.translate(None, CONTROLS)) < len(start) * 0.9:
        raise UnreadableDelivery("This is not a text file: choose the delivery's CSV file.")
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
    extra: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def header_of(lines: Sequence[str]) -> Header:
    """The first line with text, split at the comma, semicolon or tab that fits best.

    A line before it that only names the delimiter for Excel is skipped.
    """
    start = 1 if lines and FOR_EXCEL.fullmatch(lines[0]) else 0
    headers = (_header_cut_at(mark, lines, start) for mark in ",;\t")
    return max(headers, key=lambda header: len(header.places))


def _header_cut_at(delimiter: str, lines: Sequence[str], start: int) -> Header:
    line, end, record = next(records_of(lines, delimiter, start), (1, len(lines), None))
    titles = record or []
    while titles and not titles[-1]:
        titles.pop()
    header = Header(line=line, end=end, delimiter=delimiter, width=len(titles))
    known = {_plain(column): column for column in COLUMNS}
    places: dict[str, int] = {}
    extra: list[str] = []
    doubled: dict[str, str] = {}
    for place, title in enumerate(titles):
        column = known.get(_plain(title))
        if column is None:
            extra += [cells.quoted(title)] if title else []
        elif column in places:
            doubled[column] = f"The column {column} is there twice: remove one of them."
        else:
            places[column] = place
    problems = list(doubled.values())
    missing = [column for column in COLUMNS if column not in places]
    if not places:
        words = f"This line names none of the columns: begin with {_list(COLUMNS)}."
        return replace(header, problems=(words,))
    if missing:
        is_one = len(missing) == 1
        problems.append(
            f"The {'column' if is_one else 'columns'} {_list(missing)} "
            f"{'is' if is_one else 'are'} missing: add {'it' if is_one else 'them'}, "
            "named in this line."
        )
    return replace(header, places=places, extra=tuple(extra), problems=tuple(problems))


def _plain(title: str) -> str:
    """A column's title as it is compared: "Stock quantity" and stock_quantity are the same."""
    return re.sub(r"[\s_-]", "", title).casefold()


# ── the rows ────────────────────────────────────────────────────────────────────────────────────


def _rows(lines: Sequence[str], header: Header) -> tuple[ReadRow, ...]:
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
        row = _row(line, record, header)
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


def _row(line: int, record: list[str] | None, header: Header) -> ReadRow:
    if record is None:
        words = (
            "The quotation marks in this row do not pair up: close each text that begins with "
            'one, and write a quotation mark inside it twice ("").'
        )
        return ReadRow(line=line, problems=(words,))
    if len(record) < header.width or any(record[header.width :]):
        return ReadRow(line=line, problems=(_ragged(len(record), header),))
    return _checked(line, {column: record[place] for column, place in header.places.items()})


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


def _checked(line: int, record: dict[str, str]) -> ReadRow:
    """The row of a record; cells of columns that the file lacks count as left empty."""
    problems: list[str] = []

    def take(name: str, parse: Callable[[str], T]) -> T | None:
        column = contract.COLUMNS[name]
        try:
            return parse(record[column]) if column in record else None
        except cells.CellProblem as problem:
            problems.append(str(problem))
            return None

    product_id = take("id", cells.product_id)
    texts = {
        name: take(name, partial(cells.words, name, contract.COLUMNS[name])) or "" for name in TEXTS
    }
    price, is_signed = take("price", cells.price) or (None, False)
    return ReadRow(
        line=line,
        product_id=product_id,
        quantity=take("quantity", cells.quantity),
        price=price,
        is_signed=is_signed,
        problems=tuple(problems),
        **texts,
    )


def _list(names: Sequence[str], most: int = 8) -> str:
    """Names as a sentence has them: "A, B and C"."""
    shown = list(names[:most])
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
