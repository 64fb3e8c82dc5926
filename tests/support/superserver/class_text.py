"""Class definitions in .cls text: enough of them to know tables, keys and methods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from .catalog import Column, Table

DEFAULT_MAX_LENGTH = 50  # of %String
DEFAULT_SCALE = 2  # of %Numeric

KINDS = {
    "%Integer": "INTEGER",
    "%BigInt": "BIGINT",
    "%SmallInt": "SMALLINT",
    "%TinyInt": "TINYINT",
    "%Boolean": "BIT",
    "%Numeric": "NUMERIC",
    "%Decimal": "NUMERIC",
    "%Currency": "NUMERIC",
    "%Double": "DOUBLE",
    "%Float": "DOUBLE",
    "%Date": "DATE",
    "%Time": "TIME",
    "%TimeStamp": "TIMESTAMP",
}

_COMMENTS = re.compile(r"^\s*///[^\n]*|^\s*//[^\n]*|/\*.*?\*/", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(
    r"^\s*Class\s+(?P<name>[%\w.]+)"
    r"(?:\s+Extends\s+(?P<parents>\([^)]*\)|[%\w.]+))?\s*(?:\[(?P<words>[^\]]*)\])?\s*\{",
    re.MULTILINE,
)
_PROPERTY = re.compile(
    r'^\s*Property\s+"?(?P<name>\w+)"?\s+As\s+(?P<type>[%\w.]+)'
    r"\s*(?:\((?P<parameters>[^)]*)\))?\s*(?:\[(?P<words>[^\]]*)\])?\s*;",
    re.MULTILINE,
)
_INDEX = re.compile(
    r"^\s*Index\s+(?P<name>\w+)\s+On\s+\(?(?P<columns>[\w\s,]+?)\)?\s*"
    r"(?:\[(?P<words>[^\]]*)\])?\s*;",
    re.MULTILINE,
)
_METHOD = re.compile(r"^\s*ClassMethod\s+(?P<name>%?\w+)\s*\(", re.MULTILINE)


class ClassTextError(Exception):
    """Text that is no class definition."""


@dataclass
class ClassDefinition:
    """What the server needs to know of one class."""

    name: str
    is_persistent: bool
    table: Table | None = None
    methods: list[str] = field(default_factory=list)


def class_name(text: str) -> str:
    """Return the name of the class that a text defines."""
    return _header(_without_comments(text))["name"]


def read_class(text: str) -> ClassDefinition:
    """Return the definition in a text, or raise ClassTextError."""
    text = _without_comments(text)
    header = _header(text)
    if text.count("{") != text.count("}"):
        raise ClassTextError("braces do not match")
    name = header["name"]
    parents = re.findall(r"[%\w.]+", header["parents"] or "")
    persistent = bool({"%Persistent", "%Library.Persistent"} & set(parents))
    methods = [found["name"] for found in _METHOD.finditer(text)]
    table = _table(name, header["words"] or "", text) if persistent else None
    return ClassDefinition(name, persistent, table, methods)


def _without_comments(text: str) -> str:
    return _COMMENTS.sub("", text.replace("\r\n", "\n"))


def _header(text: str) -> re.Match[str]:
    header = _HEADER.search(text)
    if header is None:
        raise ClassTextError("no class definition found")
    return header


def _table(name: str, keywords: str, text: str) -> Table:
    package, _, short = name.rpartition(".")
    chosen = re.search(r"SqlTableName\s*=\s*(\w+)", keywords)
    table = Table(name, package.replace(".", "_"), chosen[1] if chosen else short)
    table.columns = [_column(found) for found in _PROPERTY.finditer(text)]
    for found in _INDEX.finditer(text):
        columns = [part.strip() for part in found["columns"].split(",")]
        words = {word.strip().casefold() for word in (found["words"] or "").split(",")}
        if "idkey" in words and len(columns) == 1:
            table.id_column = columns[0]
        elif words & {"unique", "primarykey"}:
            table.unique[found["name"]] = columns
        if "primarykey" in words or ("idkey" in words and table.primary_key is None):
            table.primary_key = columns[0]
    return table


def _column(found: re.Match[str]) -> Column:
    kind = KINDS.get(found["type"].replace("%Library.", "%"), "VARCHAR")
    pairs = re.findall(r"(\w+)\s*=\s*\"?([^,\"]*)\"?", found["parameters"] or "")
    parameters = {key.upper(): value.strip() for key, value in pairs}
    words = found["words"] or ""
    field_name = re.search(r"SqlFieldName\s*=\s*(\w+)", words)
    length = parameters.get("MAXLEN", str(DEFAULT_MAX_LENGTH))
    return Column(
        field_name[1] if field_name else found["name"],
        kind,
        max_length=int(length) if kind == "VARCHAR" and length.isdigit() else None,
        scale=int(parameters.get("SCALE", DEFAULT_SCALE)) if kind == "NUMERIC" else 0,
        required=re.search(r"\bRequired\b", words) is not None,
        minimum=_limit(parameters, "MINVAL"),
        maximum=_limit(parameters, "MAXVAL"),
    )


def _limit(parameters: dict[str, str], name: str) -> Decimal | None:
    return Decimal(parameters[name]) if parameters.get(name) else None
