"""Functions and collations of the server's SQL that SQLite lacks or has otherwise."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

_LEADING_NUMBER = re.compile(r"\s*[+-]*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def number(value: Any) -> int | float | Decimal:
    """Return what ObjectScript takes a value for in arithmetic: text counts by how it begins."""
    if isinstance(value, int | float | Decimal):
        return value
    found = _LEADING_NUMBER.match(value) if isinstance(value, str) else None
    if found is None:
        return 0
    try:
        exact = Decimal(found[0].strip())
    except InvalidOperation:
        return 0
    return int(exact) if exact == exact.to_integral_value() else exact


def add(value: Any, by: Any) -> int | float | Decimal:
    """Return the sum of two values, exact unless one of them is a double."""
    left, right = number(value), number(by)
    if isinstance(left, float) or isinstance(right, float):
        return float(left) + float(right)
    total = Decimal(left) + Decimal(right)
    return int(total) if total == total.to_integral_value() else total


def _compare_upper(left: str, right: str) -> int:
    a, b = left.upper(), right.upper()
    return (a > b) - (a < b)


@lru_cache(maxsize=256)
def _like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped or character not in ("%", "_", escape):
            parts.append(re.escape(character))
            escaped = False
        elif character == escape:
            escaped = True
        else:
            parts.append(".*" if character == "%" else ".")
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _like(pattern: Any, value: Any, escape: str | None = None) -> bool | None:
    if pattern is None or value is None:
        return None
    return _like_pattern(str(pattern), escape).fullmatch(str(value)) is not None


def _starts_with(prefix: Any, value: Any) -> bool | None:
    if prefix is None or value is None:
        return None
    return str(value).upper().startswith(str(prefix).upper())


def _contains(part: Any, value: Any) -> bool | None:
    if part is None or value is None:
        return None
    return str(part) in str(value)


def _modulo(value: Any, by: Any) -> Any:
    return None if value is None or not by else number(value) % number(by)  # type: ignore[operator]


def _concatenate(left: Any, right: Any) -> str | None:
    return None if left is None or right is None else f"{left}{right}"


def _text_function(function: Any) -> Any:
    def on_text(value: Any) -> Any:
        return None if value is None else function(str(value))

    return on_text


class _JsonArray:
    """JSON_ARRAYAGG: leaves nulls out, as the server does."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def step(self, value: Any) -> None:
        if value is not None:
            self._values.append(value)

    def finalize(self) -> str:
        return json.dumps(self._values, ensure_ascii=False, separators=(",", ":"))


class _CommaList:
    """LIST: the values with commas between them."""

    def __init__(self) -> None:
        self._values: list[str] = []

    def step(self, value: Any) -> None:
        if value is not None:
            self._values.append(str(value))

    def finalize(self) -> str:
        return ",".join(self._values)


def register(database: sqlite3.Connection) -> None:
    """Teach a SQLite connection the server's collation and functions."""
    database.create_collation("SQLUPPER", _compare_upper)
    database.create_function("LIKE", 2, _like, deterministic=True)
    database.create_function("LIKE", 3, _like, deterministic=True)
    # SQLite reads x MATCH y and x REGEXP y as calls: borrowed for %STARTSWITH and [.
    database.create_function("MATCH", 2, _starts_with, deterministic=True)
    database.create_function("REGEXP", 2, _contains, deterministic=True)
    for name, function in {
        "UPPER": _text_function(str.upper),
        "UCASE": _text_function(str.upper),
        "LOWER": _text_function(str.lower),
        "LCASE": _text_function(str.lower),
        "EXACT": lambda value: value,
        "SQLUPPER": _text_function(lambda text: " " + text.upper()),
        "SQLSTRING": _text_function(lambda text: " " + text),
        "LEN": _text_function(lambda text: len(text.rstrip())),
        "CHAR_LENGTH": _text_function(len),
        "CHARACTER_LENGTH": _text_function(len),
        "FLOOR": lambda value: None if value is None else math.floor(number(value)),
        "CEILING": lambda value: None if value is None else math.ceil(number(value)),
    }.items():
        database.create_function(name, 1, function, deterministic=True)
    # IFNULL is not what SQLite has: without a third argument it is null for what is not null.
    database.create_function("IFNULL", 2, lambda value, then: then if value is None else None)
    database.create_function(
        "IFNULL", 3, lambda value, then, other: then if value is None else other
    )
    database.create_function("MOD", 2, _modulo, deterministic=True)
    database.create_function("CONCAT", 2, _concatenate, deterministic=True)
    for name in ("GETDATE", "NOW"):
        database.create_function(name, 0, _now)
    database.create_function("GETUTCDATE", 0, _now_utc)
    database.create_aggregate("JSON_ARRAYAGG", 1, _JsonArray)  # type: ignore[arg-type]
    database.create_aggregate("LIST", 1, _CommaList)  # type: ignore[arg-type]


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _now_utc() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
