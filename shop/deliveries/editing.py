"""A delivery corrected cell by cell: its text with some cells of some lines replaced."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Collection, Mapping

from shop.deliveries.columns import COLUMNS
from shop.deliveries.reader import header_of, lines_of, records_of

MAX_EDITABLE = 60
"""Rows whose cells can be edited in place: a browser's form has only so many fields."""

FIELD = re.compile(r"cell_([0-9]{1,9})_([A-Za-z]{1,20})")

Edits = Mapping[int, Mapping[str, str]]


def digest(text: str) -> str:
    """SHA-256 (hex) of a text, the same however browsers end its lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


def cells_of(text: str, wanted: Collection[int]) -> dict[int, dict[str, str]]:
    """The cells as typed, by column, of these lines, at most MAX_EDITABLE of them.

    Cells of columns that the file lacks are empty. Left out are rows whose cells can't be matched
    to columns: more cells than columns, or quotation marks that don't pair up. They are corrected
    in the text.
    """
    lines = lines_of(text)
    header = header_of(lines)
    found: dict[int, dict[str, str]] = {}
    for line, _, record in records_of(lines, header.delimiter, start=header.end):
        if line not in wanted or record is None or any(record[header.width :]):
            continue
        filled = [*record, *[""] * (header.width - len(record))]
        found[line] = {
            column: filled[header.places[column]] if column in header.places else ""
            for column in COLUMNS
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


def edited(text: str, edits: Edits, left_out: Collection[int] = ()) -> str:
    """The text with these cells replaced, and these lines left out.

    All other lines stay as they are, unless a cell of a column that the file lacks is among them:
    then each gets that column.
    """
    lines = lines_of(text)
    header = header_of(lines)
    standing = cells_of(text, edits.keys())
    changed = {
        line: {column: cell for column, cell in edits[line].items() if cell != now[column]}
        for line, now in standing.items()
    }
    new = [
        column
        for column in COLUMNS
        if column not in header.places and any(column in cells for cells in changed.values())
    ]
    places = header.places | {column: header.width + n for n, column in enumerate(new)}
    pieces = lines[: header.end]
    if new:
        titles = next(records_of(lines, header.delimiter, start=header.line - 1))[2] or []
        pieces[header.line - 1 :] = [_written([*titles[: header.width], *new], header.delimiter)]
    at = header.end
    for line, end, record in records_of(lines, header.delimiter, start=header.end):
        pieces += lines[at : line - 1]
        cells = changed.get(line, {})
        gets_columns = bool(new and record and len(record) >= header.width)
        if line in left_out:
            pass
        elif record is None or any(record[header.width :]) or not (cells or gets_columns):
            pieces += lines[line - 1 : end]
        else:
            empty = [""] * header.width
            filled = [*record, *empty][: header.width] + [""] * len(new)
            for column, cell in cells.items():
                filled[places[column]] = cell
            pieces.append(_written(filled, header.delimiter))
        at = end
    return "".join(pieces + lines[at:])


def _written(cells: list[str], delimiter: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter).writerow(cells)
    return line.getvalue()
