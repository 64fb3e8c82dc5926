"""One cell of a delivery: its text to a value, or a sentence that says what to do about it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from shop.inventory.contract import MAX_ID, MAX_PRICE, TEXTS

MAX_BAGS = 1_000_000

SHOWN = 40
"""So many characters of a cell are repeated in a sentence."""

WHOLE = re.compile(r"([0-9]+)(?:[.,]0{1,2})?")
"""Digits, with the decimals that spreadsheets add."""
PLAIN_PRICE = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2}))?")
# Thousands marked and cents written: 1,234.50, 1.234,50, 1 234,50, 1'234.50 (or with U+2019).
GROUPED_PRICE = re.compile(
    r"([0-9]{1,3}(?:([,. '\u2019])[0-9]{3})(?:\2[0-9]{3})*)(?!\2)[.,]([0-9]{2})"
)
LONG_PRICE = re.compile(r"[0-9]+[.,][0-9]{3,}")

# A text that a spreadsheet runs as a formula: a mark, of full width too, after any apostrophes and
# invisible characters.
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
FORMULA = re.compile(f"['\\s{UNSEEN}]*[=+\\-@\uff1d\uff0b\uff0d\uff20\\t\\r]")
ESCAPED_FORMULA = re.compile(f"'{FORMULA.pattern}")


class CellProblem(ValueError):
    """A cell with a problem; its text says what to write."""


def product_id(cell: str) -> int:
    """A product's number, from 1 to MAX_ID."""
    cell = _seen(cell)
    if not cell:
        raise CellProblem("ProductId is empty: write the coffee's number, such as 1001.")
    match = WHOLE.fullmatch(cell)
    if not match or not match[1].strip("0"):
        raise CellProblem(
            f"ProductId is {quoted(cell)}: write a whole number from 1 up, such as 1001."
        )
    if _is_above(match[1], MAX_ID):
        raise CellProblem(f"ProductId {quoted(cell)} is too large: the largest is {MAX_ID}.")
    return int(match[1])


def quantity(cell: str) -> int:
    """How many bags came, from 1 to MAX_BAGS."""
    cell = _seen(cell)
    if not cell:
        raise CellProblem("StockQuantity is empty: write how many bags came.")
    if re.fullmatch(r"[-+]?0+([.,]0{1,2})?", cell):
        raise CellProblem("StockQuantity is 0 bags: leave the row out.")
    if re.fullmatch(r"[-\u2212]\s*[0-9]+([.,][0-9]+)?", cell):
        raise CellProblem(
            f"StockQuantity is {quoted(cell)}: a delivery only brings bags in. "
            "Write 1 or more, or leave the row out."
        )
    return _bags(cell, f"one row brings at most {MAX_BAGS:,} bags")


def counted(cell: str) -> int:
    """How many bags are on the shelf, from 0 to MAX_BAGS."""
    cell = _seen(cell)
    if not cell:
        raise CellProblem("StockQuantity is empty: write how many bags are there, or leave it out.")
    return _bags(cell, f"the most is {MAX_BAGS:,} bags")


def _bags(cell: str, most: str) -> int:
    match = WHOLE.fullmatch(cell)
    if not match:
        raise CellProblem(
            f"StockQuantity is {quoted(cell)}: write whole bags in digits only, such as 12."
        )
    if _is_above(match[1], MAX_BAGS):
        raise CellProblem(f"StockQuantity {quoted(cell)} is too large: {most}.")
    return int(match[1])


def _seen(cell: str) -> str:
    """A figure without the invisible characters that web pages and spreadsheets add."""
    return re.sub(f"[{UNSEEN}]", "", cell).strip()


def price(cell: str) -> tuple[Decimal | None, bool]:
    """A price above 0 in cents, None for an empty cell; and whether it had a currency sign."""
    bare = "".join(" " if c.isspace() else c for c in cell if unicodedata.category(c) != "Sc")
    bare = bare.strip()
    signed = len(bare) < len(cell)
    if not cell:
        return None, False
    if re.match(r"[-\u2212]", bare) or bare.startswith("("):
        raise CellProblem(f"Price is {quoted(cell)}: write a price above 0, such as 12.50.")
    if LONG_PRICE.fullmatch(bare):
        raise CellProblem(
            f"Price {quoted(cell)} has more than two decimals: write it to the cent, "
            "such as 12.50, and a price of a thousand or more without marks, such as 1250.00."
        )
    if match := PLAIN_PRICE.fullmatch(bare):
        whole, part = match[1], match[2] or "0"
    elif match := GROUPED_PRICE.fullmatch(bare):
        whole, part = re.sub("[^0-9]", "", match[1]), match[3]
    else:
        raise CellProblem(f"Price is {quoted(cell)}: write it in digits, such as 12.50.")
    if _is_above(whole, int(MAX_PRICE)):
        raise CellProblem(f"Price {quoted(cell)} is too large: the largest is {MAX_PRICE}.")
    amount = Decimal(f"{int(whole)}.{part:0<2}")
    if not amount:
        raise CellProblem("Price is 0: write a price above 0, such as 12.50.")
    return amount, signed


def words(name: str, label: str, cell: str) -> str:
    """A text of TEXTS without stray spaces; a description keeps its line ends.

    The sentences of problems begin with ``label``.
    """
    text, longest = _unescaped(cell), TEXTS[name]
    if name == "description":
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    else:
        text = " ".join(text.split())
    if "\0" in text:
        raise CellProblem(f"{label} holds a NUL character: type the text anew.")
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in text):
        raise CellProblem(f"{label} holds a character that cannot be shown: type the text anew.")
    length = stored_length(text)
    if length > longest:
        raise CellProblem(
            f"{label} is {length:,} characters long: shorten it to {longest} or fewer."
        )
    return text


def stored_length(text: str) -> int:
    """The length as IRIS counts it: letters beyond the basic plane (emoji) count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def neutralised(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would run it as a formula.

    A text that has apostrophes there already gets one more, so that removing one always restores
    the text.
    """
    return f"'{text}" if FORMULA.match(text) else text


def _unescaped(cell: str) -> str:
    """The text that :func:`neutralised` was given, without spaces at its ends."""
    text = cell.strip()
    return text[1:].strip() if ESCAPED_FORMULA.match(text) else text


def quoted(cell: str) -> str:
    """A cell's beginning in quotation marks, on one line."""
    text = " ".join(cell.split())
    return f'"{text[:SHOWN]}…"' if len(text) > SHOWN else f'"{text}"'


def _is_above(digits: str, largest: int) -> bool:
    """Whether digits stand for more than this; int() itself refuses thousands of digits."""
    digits = digits.lstrip("0")
    return len(digits) > len(str(largest)) or (bool(digits) and int(digits) > largest)
