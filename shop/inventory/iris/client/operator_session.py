"""Separate connections for setting up and checking; every question has a timeout.

They do not use the shop's pool, because an operator needs the server's own error texts and
continues after a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from typing import TypeVar

from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.deadline import Deadline
from shop.inventory.iris.client.driver import Iris
from shop.inventory.iris.client.errors import Timeout
from shop.inventory.iris.client.pool import Pool
from shop.inventory.iris.client.transaction import Session

T = TypeVar("T")

LOGIN_SECONDS = 5.0


class OutOfTime(Timeout):
    """All questions together took longer than allowed."""


class TimeForAll:
    """Seconds that all questions together may take, and more seconds for tidying up."""

    def __init__(self, seconds: float, tidying: float) -> None:
        self.asking = Deadline(seconds)
        self.tidying = Deadline(seconds + tidying)


class OperatorSession:
    """One connection. Only one question at a time may be asked on it."""

    def __init__(self, session: Session, seconds: float, time_for_all: TimeForAll | None) -> None:
        self._session = session
        self._seconds = seconds
        self._time_for_all = time_for_all

    @property
    def is_lost(self) -> bool:
        """True when nothing more can be asked."""
        return self._session.is_lost

    def ask(
        self,
        question: Callable[[Iris], T],
        *,
        seconds: float | None = None,
        tidying: bool = False,
    ) -> T:
        """The answer to a question, which runs on the connection's own thread.

        Raises ServerError when the server refuses it (the connection stays usable), Timeout
        without an answer in time, LinkLost when the link is lost, and OutOfTime when the time for
        all questions left this one less than its own.
        """
        wanted = self._seconds if seconds is None else seconds
        allowed = min(wanted, self._left(tidying=tidying))
        if not allowed:
            raise OutOfTime("not asked")
        self._session.deadline = Deadline(allowed)
        try:
            return self._session.run(question, self._session.iris)
        except Timeout:
            late = Timeout if allowed == wanted else OutOfTime
            raise late(f"no answer within {allowed:.2g} seconds") from None

    def _left(self, *, tidying: bool) -> float:
        if self._time_for_all is None:
            return inf
        return (self._time_for_all.tidying if tidying else self._time_for_all.asking).left


@contextmanager
def operator_sessions(
    address: Address,
    *,
    count: int = 1,
    seconds: float,
    login: float = LOGIN_SECONDS,
    time_for_all: TimeForAll | None = None,
) -> Iterator[tuple[OperatorSession, ...]]:
    """``count`` open sessions with ``seconds`` for each question; raises the error of the login."""
    pool = Pool(address, lambda _: None, size=count, timeout=login, lock_wait=seconds)
    deadline = Deadline(login)
    try:
        with ExitStack() as opened:
            sessions = [opened.enter_context(pool.session(deadline)) for _ in range(count)]
            yield tuple(OperatorSession(one, seconds, time_for_all) for one in sessions)
    finally:
        pool.close()
