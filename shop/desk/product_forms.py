"""The forms that change one product: from what was typed to a change, or sentences."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shop.deliveries import MAX_STOCK, cells
from shop.http import plain
from shop.inventory.contract import (
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_ORIGIN,
    MAX_PRICE,
    Change,
    Correction,
    Delivery,
    DeliveryRow,
    NewDetails,
    Product,
    Shelf,
)

KEY = re.compile(r"desk-[0-9a-f]{32}")
"""What the one-time key of a form looks like; it is the reference of its decision."""
LONGEST_WHY = 200

T = TypeVar("T")


def new_key() -> str:
    """A key that was never used before."""
    return f"desk-{secrets.token_hex(16)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a form asks for. ``change`` is None when ``errors`` name what has to be put right.

    The errors' keys are the fields' ids without their ``id_``.
    """

    change: Change | None
    why: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


class _Fields:
    """Reads one field after the other and keeps the sentences of those that can't be taken."""

    def __init__(self, data: Mapping[str, Any], form: str) -> None:
        self._data = data
        self._form = form
        self.errors: dict[str, str] = {}

    def take(self, name: str, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(self._data.get(name, "").strip())
        except cells.CellProblem as problem:
            self.errors[f"{self._form}_{name}"] = str(problem)
            return None

    def read(self, change: Callable[[], Change], *, why: str = "") -> Read:
        """The change, worked out only when nothing is wrong."""
        return Read(change=None if self.errors else change(), why=why, errors=self.errors)


def read_receipt(data: Mapping[str, Any], product: Product) -> Read:
    """So many bags come in, with the details that the shop knows."""
    fields = _Fields(data, "receive")
    quantity = fields.take("quantity", lambda text: _arriving(text, product.left)) or 0
    row = DeliveryRow(
        product_id=product.id,
        name=product.name,
        price=product.price,
        quantity=quantity,
        origin=product.origin,
        description=product.description,
        shown=_shown(data),
    )
    # The same number of bags of the same coffee comes in every week: it is no delivery repeated.
    return fields.read(lambda: Delivery(rows=(row,), again=True), why=_optional_why(data))


def read_count(data: Mapping[str, Any], product_id: int) -> Read:
    """So many bags were counted where the form showed another figure, and why."""
    fields = _Fields(data, "count")
    counted = fields.take("counted", _counted) or 0
    why = fields.take("why", _why) or ""
    shown = data.get("shown", "")
    if not re.fullmatch(r"-?[0-9]{1,10}", shown, re.ASCII):
        fields.errors.setdefault("count_counted", "The page had lost its figure: count again.")
        shown = "0"
    change = Correction(product_id=product_id, shown=int(shown), counted=counted)
    return fields.read(lambda: change, why=why)


def read_details(data: Mapping[str, Any], product_id: int, known: Product | None) -> Read:
    """Another name, price, origin or description than those known; the ledger gets to know what."""
    fields = _Fields(data, "details")
    row = _details(fields, product_id, quantity=0)
    change = NewDetails(
        product_id=row.product_id,
        name=row.name,
        price=row.price,
        origin=row.origin,
        description=row.description,
    )
    return fields.read(lambda: change, why=_differences(row, known)[:LONGEST_WHY])


def read_addition(data: Mapping[str, Any]) -> Read:
    """A coffee that the shop has never had, with its first bags."""
    fields = _Fields(data, "add")
    product_id = fields.take("number", cells.product_id) or 0
    quantity = fields.take("quantity", lambda text: _arriving(text, 0)) or 0
    row = _details(fields, product_id, quantity=quantity)
    return fields.read(lambda: Delivery(rows=(row,), again=True), why="added to the shop")


def read_button(data: Mapping[str, Any], change: Change) -> Read:
    """A button that needs no more than itself; a reason may be given."""
    return Read(change=change, why=_optional_why(data))


def _differences(now: DeliveryRow, known: Product | None) -> str:
    """What is another by now, beside what it was; of a row that could not be sold all is new."""
    if known is None:
        return "all written anew"
    told = {
        f"price {known.price} → {now.price}": now.price != known.price,
        f"name was {known.name}": now.name != known.name,
        f"origin was {known.origin or 'none'}": now.origin != known.origin,
        "another description": now.description != known.description,
    }
    return ", ".join(words for words, is_so in told.items() if is_so)


def _details(fields: _Fields, product_id: int, *, quantity: int) -> DeliveryRow:
    return DeliveryRow(
        product_id=product_id,
        name=fields.take("name", lambda text: _words(text, "name", MAX_NAME)) or "",
        price=fields.take("price", _price) or MAX_PRICE,
        quantity=quantity,
        origin=fields.take("origin", lambda text: _words(text, "origin", MAX_ORIGIN)) or "",
        description=fields.take(
            "description", lambda text: _words(text, "description", MAX_DESCRIPTION)
        )
        or "",
    )


def _words(text: str, field_name: str, longest: int) -> str:
    words = cells.words(text, f"The {field_name}", longest, is_one_line=field_name != "description")
    if not words:
        raise cells.CellProblem(f"Write the coffee’s {field_name}.")
    return words


def _price(text: str) -> Any:
    price, _ = cells.price(text)
    if price is None:
        raise cells.CellProblem("Write a price, such as 12.50.")
    return price


def _shown(data: Mapping[str, Any]) -> Shelf | None:
    """Where the form showed the coffee; None when it does not say."""
    shelf = data.get("shelf", "")
    return Shelf(shelf) if shelf in set(Shelf) else None


def _whole(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) < least:
        raise cells.CellProblem(f"Write a whole number of bags, {least} or more, in digits.")
    return int(text)


def _arriving(text: str, in_stock: int) -> int:
    quantity = _whole(text, 1)
    if quantity > cells.MAX_BAGS or in_stock + quantity > MAX_STOCK:
        raise cells.CellProblem(f"At most {cells.MAX_BAGS:,} bags come in at once.")
    return quantity


def _counted(text: str) -> int:
    counted = _whole(text, 0)
    if counted > MAX_STOCK:
        raise cells.CellProblem(f"At most {MAX_STOCK:,} bags can be on a shelf.")
    return counted


def _why(text: str) -> str:
    why = plain(text)[:LONGEST_WHY]
    if not why:
        raise cells.CellProblem("Write why, such as “two bags torn”.")
    return why


def _optional_why(data: Mapping[str, Any]) -> str:
    return plain(data.get("why", ""))[:LONGEST_WHY]
