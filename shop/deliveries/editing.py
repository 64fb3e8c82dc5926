"""Mending a delivery cell by cell: its text with some cells of some lines replaced."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Mapping

from shop.deliveries.reader import COLUMNS, header_of, lines_of, records_of

MAX_EDITABLE = 60
"""Rows whose cells can be edited in place: a browser's form has only so many fields."""

FIELD = re.compile(r"cell_([0-9]{1,9})_([A-Za-z]{1,20})")

Edits = Mapping[int, Mapping[str, str]]


def digest(text: str) -> str:
    """What a page remembers of the text that it showed, however browsers end its lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


def cells_of(text: str, wanted: Collection[int]) -> dict[int, dict[str, str]]:
    """The cells as typed, by column, of these lines, at most MAX_EDITABLE of them.

    Left out are rows in which it can't be told which cell is which: more cells than columns, or
    quotation marks that don't pair up. They are mended in the text.
    """
    lines = lines_of(text)
    header = header_of(lines)
    found: dict[int, dict[str, str]] = {}
    for line, _, record in records_of(lines, header.delimiter, start=header.end):
        if line not in wanted or record is None or any(record[header.width :]):
            continue
        filled = [*record, *[""] * (header.width - len(record))]
        found[line] = {
            column: filled[header.places[column]] for column in COLUMNS if column in header.places
        }
        if len(found) == MAX_EDITABLE:
            break
    return found


def edits_in(data: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """The cells that a form sent, by line and column: ``cell_<line>_<column>``."""
    edits: dict[int, dict[str, str]] = {}
    for name, cell in data.items():
        match = FIELD.fullmatch(name)
        if match and match[2] in COLUMNS:
            edits.setdefault(int(match[1]), {})[match[2]] = cell
    return edits


def edited(text: str, edits: Edits) -> str:
    """The text with these cells in place of what stood there; all other lines stay as they are."""
    lines = lines_of(text)
    header = header_of(lines)
    standing = cells_of(text, edits.keys())
    pieces = lines[: header.end]
    at = header.end
    for line, end, record in records_of(lines, header.delimiter, start=header.end):
        pieces += lines[at : line - 1]
        now = standing.get(line, {})
        changes = {column: cell for column, cell in edits.get(line, {}).items() if column in now}
        if record is None or now == {**now, **changes}:
            pieces += lines[line - 1 : end]
        else:
            cells = [*record, *[""] * (header.width - len(record))]
            for column, cell in changes.items():
                cells[header.places[column]] = cell
            pieces.append(_written(cells, header.delimiter))
        at = end
    return "".join(pieces + lines[at:])


def _written(cells: list[str], delimiter: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter).writerow(cells)
    return line.getvalue()
