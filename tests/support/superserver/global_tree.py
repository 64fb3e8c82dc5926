"""Globals: sparse trees of values, their nodes in the server's collation order."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from decimal import Decimal
from typing import Any, TypeAlias

from .codec import UNDEFINED, Undefined

Subscripts: TypeAlias = tuple[str, ...]
_Key: TypeAlias = tuple[tuple[int, Any], ...]

_CANONICAL_NUMBER = re.compile(r"-?(?:[1-9]\d*(?:\.\d*[1-9])?|\.\d*[1-9])|0")
_AFTER_ALL_SUBSCRIPTS: tuple[int, Any] = (2, "")


def subscript_text(value: Any) -> str:
    """Return a subscript as the text the server knows it by (numbers in canonical form)."""
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, float | Decimal):
        text = format(Decimal(str(value)).normalize(), "f")
        return re.sub(r"^(-?)0\.", r"\1.", text)
    return str(int(value)) if isinstance(value, bool) else str(value)


def _collation(subscript: str) -> tuple[int, Any]:
    if _CANONICAL_NUMBER.fullmatch(subscript):
        return (0, Decimal(subscript))
    return (1, subscript)


def precedes(left: str, right: str) -> bool:
    """Return whether one subscript sorts before another."""
    return _collation(left) < _collation(right)


def _key(subscripts: Subscripts) -> _Key:
    return tuple(_collation(subscript) for subscript in subscripts)


class GlobalTree:
    """One global's nodes."""

    def __init__(self) -> None:
        self._values: dict[Subscripts, Any] = {}
        self._order: list[tuple[_Key, Subscripts]] = []

    def __len__(self) -> int:
        return len(self._values)

    def get(self, subscripts: Subscripts) -> Any:
        """Return a node's value, or UNDEFINED."""
        return self._values.get(subscripts, UNDEFINED)

    def put(self, subscripts: Subscripts, value: Any) -> None:
        """Set a node, or remove it when the value is UNDEFINED."""
        entry = (_key(subscripts), subscripts)
        if value is UNDEFINED:
            if self._values.pop(subscripts, UNDEFINED) is not UNDEFINED:
                del self._order[bisect_left(self._order, entry)]
            return
        if subscripts not in self._values:
            insort(self._order, entry)
        self._values[subscripts] = value

    def subtree(self, subscripts: Subscripts) -> list[Subscripts]:
        """Return the node itself, if it has a value, and all below it."""
        key = _key(subscripts)
        first = bisect_left(self._order, (key, ()))
        last = bisect_left(self._order, ((*key, _AFTER_ALL_SUBSCRIPTS), ()))
        return [node for _, node in self._order[first:last]]

    def defined(self, subscripts: Subscripts) -> int:
        """Return what $DATA does: 1 for a value, plus 10 for nodes below."""
        has_value = subscripts in self._values
        has_below = len(self.subtree(subscripts)) > has_value
        return has_value + 10 * has_below

    def sibling(self, subscripts: Subscripts, *, backwards: bool = False) -> str | None:
        """Return the subscript next to the last one given ("": from the end), or None."""
        parent, start = _key(subscripts[:-1]), subscripts[-1]
        if backwards:
            edge = _collation(start) if start else _AFTER_ALL_SUBSCRIPTS
            place = bisect_left(self._order, ((*parent, edge), ())) - 1
        else:
            edge_key = (*parent, _collation(start), _AFTER_ALL_SUBSCRIPTS) if start else parent
            place = bisect_right(self._order, (edge_key, subscripts))
        if not 0 <= place < len(self._order):
            return None
        key, node = self._order[place]
        if len(node) < len(subscripts) or key[: len(parent)] != parent:
            return None
        return node[len(subscripts) - 1]

    def nodes(self) -> dict[Subscripts, Any]:
        """Return all nodes in order."""
        return {node: self._values[node] for _, node in self._order}
