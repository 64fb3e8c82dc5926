"""The basket in the session: ids and quantities, and a token for exactly that basket.

``session["basket"] = {"token": "…", "lines": {"1003": 2}}``. Prices are read live and
never kept. Every change makes a new token, so that a token always means one exact basket.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeGuard, cast

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import DatabaseError
from django.http import HttpRequest

from shop.http import whole_number
from shop.inventory.contract import MAX_ID
from shop.registry import Registered

log = logging.getLogger(__name__)

KEY = "basket"
ORDERS = "orders"
MOST_ORDERS = 5
"""Orders that a session remembers, so that their browser finds its way back."""
MOST_OF_ONE = 99
MOST_LINES = 99


class BasketStatus(Enum):
    """The state of a basket's token."""

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
"""The state of a basket's token. The checkout, which knows the orders, registers it."""


def bags_of(request: HttpRequest) -> int:
    """Bags in this visitor's basket."""
    return Basket(request.session).count


def orders_of(session: SessionBase) -> list[str]:
    """References of the last orders that were placed with this session, newest first."""
    return _orders(session)


def _orders(values: Mapping[str, Any] | SessionBase) -> list[str]:
    kept = values.get(ORDERS, [])
    return [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []


def next_token(token: str) -> str:
    """The token after a refusal, derived from the old one so that repeated requests agree."""
    return hashlib.sha256(f"after {token}".encode()).hexdigest()


class StoredSession(Protocol):
    """What the shop's session store can do besides Django's."""

    def rewriting(self, change: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        """A function that writes the changed session inside a transaction."""


class Basket:
    """A view of the session's basket; every change is written to the session."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session
        self._found = self.token

    @property
    def token(self) -> str:
        """Identifies exactly these lines; empty when there never was a basket."""
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
        """Set the quantity of a product; 0 removes its line."""
        self.update({product_id: quantity})

    def update(self, quantities: Mapping[int, int]) -> None:
        """Set the quantities of some products; 0 removes a line.

        If another request has changed the basket or paid for it since this one read it, the other
        lines of that request stay.
        """
        stored = self._stored()
        beside = self.lines if stored.token == self._found else stored.lines
        self.change_to({**beside, **quantities})

    def is_unchanged(self) -> bool:
        """False when another request has changed it or paid for it since this one read it."""
        return self._stored().token == self._found

    def renew(self) -> None:
        """Take the token that follows a refusal; the lines stay."""
        self._write(next_token(self.token), self.lines)

    def emptying(self, token: str, sold: Mapping[int, int], reference: str) -> Callable[[], None]:
        """A function that empties the basket in the transaction that confirms its order.

        It also keeps the order's reference, so that this browser finds its way back. If another
        tab has changed the basket, only the bags that were sold are taken off.
        """

        def take_off(values: dict[str, Any]) -> None:
            _keep_order(values, reference)
            kept = values.get(KEY)
            if not _is_basket(kept):
                return
            if kept["token"] == token:
                del values[KEY]
            elif kept["lines"]:
                left = {int(id_): n - sold.get(int(id_), 0) for id_, n in kept["lines"].items()}
                values[KEY] = _basket(secrets.token_hex(32), left)

        return cast("StoredSession", self._session).rewriting(take_off)

    def remember_order(self, reference: str) -> None:
        """Keep in the session that this browser placed the order."""
        if reference not in orders_of(self._session):
            session = cast("StoredSession", self._session)
            with self._saved_if_possible():
                session.rewriting(lambda values: _keep_order(values, reference))()

    def drop(self) -> None:
        """Empty the basket that was sold."""
        with self._saved_if_possible():
            self._session.pop(KEY, None)

    @contextmanager
    def _saved_if_possible(self) -> Iterator[None]:
        """Save the session after a sale; a failure is logged and must not hide the receipt.

        Django saves sessions after the view, where a failure would replace the view's answer. A
        basket that could not be emptied is dropped by :func:`settle_basket` later.
        """
        try:
            yield
            if self._session.modified:
                self._session.save()
        except (DatabaseError, UpdateError):
            log.exception("A session could not be written after its order was placed")
        self._session.modified = False

    def _stored(self) -> Basket:
        """The basket as the database has it now."""
        return Basket(type(self._session)(self._session.session_key))

    def _kept(self) -> dict[str, Any]:
        kept = self._session.get(KEY)
        return kept if _is_basket(kept) else {}

    def _write(self, token: str, lines: Mapping[int, int]) -> None:
        self._session[KEY] = _basket(token, lines)


def _keep_order(values: dict[str, Any], reference: str) -> None:
    others = [each for each in _orders(values) if each != reference]
    values[ORDERS] = [reference, *others][:MOST_ORDERS]


def _basket(token: str, lines: Mapping[int, int]) -> dict[str, Any]:
    wanted = {str(id_): quantity for id_, quantity in lines.items() if quantity > 0}
    return {"token": token, "lines": wanted}


def _is_basket(kept: object) -> TypeGuard[dict[str, Any]]:
    """True for what :class:`Basket` writes; anything else in a session is no basket."""
    match kept:
        case {"token": str(), "lines": dict(lines), **more}:
            return not more and all(map(_is_line, lines, lines.values()))
        case _:
            return False


def _is_line(id_: object, quantity: object) -> bool:
    is_id = isinstance(id_, str) and whole_number(id_, least=1, most=MAX_ID) is not None
    return is_id and type(quantity) is int and 0 < quantity <= MOST_OF_ONE


def settle_basket(basket: Basket) -> BasketState:
    """Ask the guard for the state of the basket's token; drops or renews the basket accordingly."""
    while basket.token and basket.lines:
        state = guard(basket.token)
        if state.status is BasketStatus.SPENT:
            basket.remember_order(state.reference)
            basket.drop()
        if state.status is not BasketStatus.CLOSED:
            return state
        basket.renew()
    return OPEN
