"""One connection, and the one thread that uses it.

The driver has no read timeout, and a connection must not be used by two threads. So each connection
has a thread of its own; callers hand it their work and wait for the answer until their deadline.
At the deadline the caller shuts the driver's socket: the waiting call then fails, the thread ends,
and the server rolls back.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, wait
from math import ceil
from queue import SimpleQueue
from time import monotonic
from typing import Any, Protocol, TypeVar

from shop.inventory.iris.client import driver, driver_socket
from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.deadline import Deadline
from shop.inventory.iris.client.driver import Iris
from shop.inventory.iris.client.driver_socket import DriverSocket
from shop.inventory.iris.client.errors import IrisError, LinkLost, ServerError, Timeout

log = logging.getLogger(__name__)

T = TypeVar("T")
Prepare = Callable[[Iris], None]

ATTEMPTS = 3

# One connection is made at a time, so that a new descriptor is known to belong to it.
_connecting = [threading.Lock()]


def after_fork() -> None:
    """Replace the lock after fork: its owner thread does not exist in the child."""
    _connecting[0] = threading.Lock()


class Owner(Protocol):
    """The owner of a connection."""

    expected: tuple[type[Exception], ...]
    """Errors besides IrisError after which the connection can be used again."""

    def ready(self, connection: Connection) -> None:
        """The connection is open and prepared; called on its thread."""

    def gone(self, connection: Connection, why: Exception | None) -> None:
        """The connection's thread ends; ``why`` is set if it never became ready."""

    def notice(self, silence: float) -> None:
        """A caller stopped waiting; the last question was not answered for so many seconds."""


class Connection:
    """Opened by its own thread, used by one caller at a time, closed by its own thread."""

    def __init__(self, address: Address, owner: Owner, prepare: Prepare, *, timeout: float) -> None:
        """``prepare`` is done before it is ready. ``timeout`` is in seconds, for each answer."""
        self._address = address
        self._owner = owner
        self._prepare = prepare
        self._timeout = timeout
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._socket: DriverSocket | None = None
        self._iris: Iris | None = None
        self._lock = threading.Lock()
        self._is_spent = False
        self._is_busy = True
        self.began = self.used_at = monotonic()
        self.thread = threading.Thread(target=self._run, name=f"iris {address}", daemon=True)

    # for callers

    @property
    def iris(self) -> Iris:
        """Only for use inside ``work`` of :meth:`call`."""
        assert self._iris is not None
        return self._iris

    def call(self, work: Callable[[], T], deadline: Deadline) -> T:
        """Run ``work`` on the connection's thread; raises its errors, or Timeout."""
        if deadline.is_over:
            self.shut()
            raise Timeout("there was no time left to ask")
        answer: Future[T] = Future()
        with self._lock:
            if self._is_spent:
                raise LinkLost("the connection was lost before")
            self._is_busy = True
            self._jobs.put((work, answer))
        if not wait((answer,), deadline.left).done:
            self._owner.notice(self.silence)
            self.shut()
            raise Timeout("no answer in time")
        self.used_at = monotonic()
        try:
            return answer.result()
        except IrisError as error:
            if not isinstance(error, ServerError):
                self.shut()
            raise

    @property
    def is_spent(self) -> bool:
        """True when it must not be used again."""
        return self._is_spent

    @property
    def is_cut(self) -> bool:
        """True when the server has closed its end; costs no message."""
        return self._socket is not None and self._socket.is_cut()

    @property
    def silence(self) -> float:
        """Seconds since the question that the server has not answered; 0 if it has answered."""
        since = self._iris.asked_at if self._iris else self.began
        return monotonic() - since if since else 0.0

    def shut(self) -> None:
        """End its use: a waiting call fails, and the thread closes the connection and ends."""
        with self._lock:
            self._is_spent = True
            self._jobs.put(None)
        if self._socket is not None and self._is_busy:
            self._socket.shut()

    def disown(self) -> None:
        """In a forked child: leave the parent's connection alone."""
        self._is_spent = True
        if self._socket is not None:
            self._socket.disown()

    # on its own thread

    def _run(self) -> None:
        why: Exception | None = None
        try:
            self._open()
            try:
                self._prepare(self.iris)
                if not self._is_spent:
                    self._is_busy = False
                    self._owner.ready(self)
                    self._serve()
            finally:
                self.iris.close()
        except Exception as error:  # noqa: BLE001 (the caller that waits for it gets it)
            why = self._reported(error)
        finally:
            self._end()
            self._owner.gone(self, why)

    def _open(self) -> None:
        for _ in range(ATTEMPTS):
            with _connecting[0]:
                before = driver_socket.sockets()
                self._iris = driver.connect(self._address, timeout=ceil(self._timeout))
                new = driver_socket.connected_to(
                    self._address.port, driver_socket.sockets() - before
                )
            if len(new) == 1:
                self._socket = new[0]
                return
            # Another part of this process connected to the same port in the same moment.
            self._iris.close()
        raise LinkLost("the driver's socket was not found among the descriptors")

    def _serve(self) -> None:
        while not self._is_spent and (job := self._jobs.get()) is not None:
            work, answer = job
            try:
                found = work()
            except Exception as error:  # noqa: BLE001 (the caller gets it)
                self._is_busy = False
                answer.set_exception(self._reported(error))
            else:
                self._is_busy = False
                answer.set_result(found)
                del found
            # No object of the driver may be kept while this waits for the next job.
            del job, work, answer

    def _end(self) -> None:
        """Fail every queued job, since it will get no answer."""
        with self._lock:
            self._is_spent = True
            while not self._jobs.empty():
                if job := self._jobs.get():
                    job[1].set_exception(LinkLost("the connection was lost before"))

    def _reported(self, error: Exception) -> Exception:
        """The error without its frames, which hold objects of the driver."""
        is_expected = isinstance(error, (IrisError, *self._owner.expected))
        if not is_expected:
            log.error("Unexpected failure on %s", self._address, exc_info=error)
        traceback.clear_frames(error.__traceback__)
        error.__context__ = error.__cause__ = None
        return error if is_expected else IrisError(repr(error))
