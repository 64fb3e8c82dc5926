"""Connections of an operator's own, for setting up and checking: every question has an end.

Beside the pool of the shop, because an operator wants to hear what the server said in its own
words, and goes on asking after a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import TypeVar

from shop.inventory.contract import InventoryTimeout
from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.connection import Connection, Overdue
from shop.inventory.iris.client.deadlines import Deadline
from shop.inventory.iris.client.driver import Iris, ServerError
from shop.inventory.iris.client.pool import NoneFree, Pool

T = TypeVar("T")

LOGIN_SECONDS = 5.0

FOR_THAT_REASON = "The server refused it for the reason it gives."


class OutOfTime(InventoryTimeout):
    """All questions together have taken too long."""


class Hours:
    """How long all questions together may take, and how much longer it may take to tidy up."""

    def __init__(self, seconds: float, tidying: float) -> None:
        self.asking = Deadline(seconds)
        self.tidying = Deadline(seconds + tidying)


class Line:
    """One connection. Only one question at a time may be asked on it."""

    def __init__(self, connection: Connection, seconds: float, hours: Hours | None = None) -> None:
        self._connection = connection
        self._seconds = seconds
        self._hours = hours

    @property
    def is_lost(self) -> bool:
        """True once nothing more can be asked."""
        return self._connection.is_spent

    def ask(
        self,
        question: Callable[[Iris], T],
        *,
        seconds: float | None = None,
        tidying: bool = False,
    ) -> T:
        """The answer to a question that is put on the connection's own thread.

        Raises driver.ServerError when the server refuses it, which leaves the connection whole;
        InventoryTimeout without an answer in time, InventoryUnavailable when the link is lost;
        OutOfTime when this question got less than its time, or none, because all is to end.
        """
        wanted = self._seconds if seconds is None else seconds
        allowed = min(wanted, self._left(tidying=tidying))
        if not allowed:
            raise OutOfTime("not asked")

        def answer() -> tuple[list[T], ServerError | None]:
            try:
                return [question(self._connection.iris)], None
            except ServerError as error:
                # Its frames hold cursors and objects of the driver, and those must end on their
                # own thread: ended on another, they may wait for a call that waits for that thread.
                error.__traceback__ = error.__context__ = None
                return [], error

        try:
            found, error = self._connection.call(answer, Deadline(allowed))
        except Overdue:
            self._connection.shut()
            late = InventoryTimeout if allowed == wanted else OutOfTime
            raise late(f"no answer within {allowed:.2g} seconds") from None
        if error is not None:
            raise error
        return found[0]

    def _left(self, *, tidying: bool) -> float:
        if self._hours is None:
            return inf
        return (self._hours.tidying if tidying else self._hours.asking).left


@contextmanager
def lines(
    address: Address,
    *,
    count: int = 1,
    seconds: float,
    login: float = LOGIN_SECONDS,
    hours: Hours | None = None,
) -> Iterator[tuple[Line, ...]]:
    """So many open lines, ``seconds`` for each question; raises why the server can't be reached."""
    pool = Pool(address, _nothing, size=count, timeout=login)
    deadline = Deadline(login)
    try:
        yield tuple(Line(_taken(pool, deadline), seconds, hours) for _ in range(count))
    finally:
        pool.close()


def _taken(pool: Pool, deadline: Deadline) -> Connection:
    try:
        return pool.take(deadline)
    except NoneFree:
        raise InventoryTimeout("no answer to the login in time") from None


def _nothing(iris: Iris) -> None:
    """Leave the connection as the server made it."""
