"""The basket in the session: ids and quantities, and a token for exactly that basket.

``session["basket"] = {"token": "…", "lines": {"1003": 2}}``. Prices are never kept: they are read
live. Every change makes a new token, so that one token means one exact basket for ever.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeGuard, cast

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import DatabaseError
from django.http import HttpRequest

from shop.http import LONGEST_ID
from shop.registry import Registered

log = logging.getLogger(__name__)

KEY = "basket"
MOST_OF_ONE = 99
MOST_LINES = 99


class BasketStatus(Enum):
    """What became of a basket's token."""

    OPEN = "open"  # never paid for
    PENDING = "pending"  # an order for it is not settled: changes wait
    SPENT = "spent"  # its order is confirmed: the basket was dropped
    CLOSED = "closed"  # its order was refused or abandoned: the basket stands, under a new token


@dataclass(frozen=True, kw_only=True, slots=True)
class BasketState:
    """The status, and unless it is OPEN which order and where its page is."""

    status: BasketStatus
    reference: str = ""
    url: str = ""


OPEN = BasketState(status=BasketStatus.OPEN)

guard: Registered[[str], BasketState] = Registered("basket guard")
"""From a basket's token to what became of it. The checkout registers it: it knows the orders."""


def bags_of(request: HttpRequest) -> int:
    """Bags in this visitor's basket."""
    return Basket(request.session).count


def next_token(token: str) -> str:
    """The token after a refusal. It follows from the old one, so that replays agree on it."""
    return hashlib.sha256(f"after {token}".encode()).hexdigest()


class Basket:
    """A view of the session's basket; every change is written to the session."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session
        self._found = self.token

    @property
    def token(self) -> str:
        """What stands for exactly these lines; empty while there never was a basket."""
        return cast("str", self._kept().get("token", ""))

    @property
    def lines(self) -> dict[int, int]:
        """Product ids and quantities, in the order they were added."""
        return {int(id_): quantity for id_, quantity in self._kept().get("lines", {}).items()}

    @property
    def count(self) -> int:
        """Bags in the basket."""
        return sum(self.lines.values())

    def change_to(self, lines: Mapping[int, int]) -> None:
        """Replace the lines; a quantity of 0 removes its line. Makes a new token."""
        self._write(secrets.token_hex(32), lines)

    def set(self, product_id: int, quantity: int) -> None:
        """Want so many bags of a product, 0 for none.

        What this request found may be seconds old. If another one has changed the basket since, or
        paid for it, its lines are the ones that stay.
        """
        stored = self._stored()
        beside = self.lines if stored.token == self._found else stored.lines
        self.change_to({**beside, product_id: quantity})

    def is_unchanged(self) -> bool:
        """False when another tab has changed it, or paid for it, since this request found it."""
        return self._stored().token == self._found

    def renew(self) -> None:
        """Take the token that follows a refusal; the lines stay."""
        self._write(next_token(self.token), self.lines)

    def remove_sold(self, token: str, sold: Mapping[int, int]) -> None:
        """After a sale: drop the basket if it still is the one that was sold.

        Another tab may have changed it meanwhile; then only what was sold is taken off. So the
        session is read once more: what this request loaded may be seconds old.
        """
        with self._saved_if_possible():
            stored = self._stored()
            if stored.token == token:
                self._session.pop(KEY, None)
            elif stored.lines:
                self.change_to({id_: n - sold.get(id_, 0) for id_, n in stored.lines.items()})

    def drop(self) -> None:
        """Empty the basket that was sold."""
        with self._saved_if_possible():
            self._session.pop(KEY, None)

    @contextmanager
    def _saved_if_possible(self) -> Iterator[None]:
        """Save the session after a sale; a failure is logged and must not hide the receipt.

        Left to Django, the session would be saved after the view, and a failure would replace its
        answer. A basket that could not be emptied is dropped wherever it turns up again.
        """
        try:
            yield
            if self._session.modified:
                self._session.save()
        except (DatabaseError, UpdateError):
            log.exception("A basket that was sold could not be emptied")
        self._session.modified = False

    def _stored(self) -> Basket:
        """The basket as the database has it now."""
        return Basket(type(self._session)(self._session.session_key))

    def _kept(self) -> dict[str, Any]:
        kept = self._session.get(KEY)
        return kept if _is_basket(kept) else {}

    def _write(self, token: str, lines: Mapping[int, int]) -> None:
        wanted = {str(id_): quantity for id_, quantity in lines.items() if quantity > 0}
        self._session[KEY] = {"token": token, "lines": wanted}


def _is_basket(kept: object) -> TypeGuard[dict[str, Any]]:
    """True for what :class:`Basket` writes; anything else in a session is no basket."""
    match kept:
        case {"token": str(), "lines": dict(lines), **more}:
            return not more and all(map(_is_line, lines, lines.values()))
        case _:
            return False


def _is_line(id_: object, quantity: object) -> bool:
    is_id = isinstance(id_, str) and id_.isascii() and id_.isdigit() and len(id_) <= LONGEST_ID
    return is_id and type(quantity) is int and 0 < quantity <= MOST_OF_ONE


def settle_basket(basket: Basket) -> BasketState:
    """Ask the guard what became of the basket's token, and drop or renew the basket accordingly."""
    while basket.token and basket.lines:
        state = guard(basket.token)
        if state.status is BasketStatus.SPENT:
            basket.drop()
        if state.status is not BasketStatus.CLOSED:
            return state
        basket.renew()
    return OPEN
