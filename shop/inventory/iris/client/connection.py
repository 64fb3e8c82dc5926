"""One connection, and the one thread that ever speaks on it.

Callers hand that thread their work and wait for the answer only as long as they can. Whoever gives
up shuts the driver's socket; the thread then gets its lost-link error, and ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from math import ceil
from queue import SimpleQueue
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from shop.inventory.contract import InventoryError, InventoryUnavailable, OutcomeUnknown
from shop.inventory.iris.client import driver, driver_socket
from shop.inventory.iris.client.address import Address
from shop.inventory.iris.client.deadlines import Deadline
from shop.inventory.iris.client.driver import DriverError, Iris
from shop.inventory.iris.client.driver_socket import DriverSocket
from shop.inventory.iris.client.errors import meaning

log = logging.getLogger(__name__)

T = TypeVar("T")
MaybeError = TypeVar("MaybeError", bound="InventoryError | None")

ATTEMPTS = 3

# After any of these the connection's state is anybody's guess: it is not used again.
SURPRISES = (InventoryUnavailable, OutcomeUnknown)

# One connection is made at a time, so that the descriptor that appears is known to be its own.
_connecting = [threading.Lock()]


def after_fork() -> None:
    """In a forked child: whoever was connecting in the parent never will be done here."""
    _connecting[0] = threading.Lock()


class Overdue(Exception):
    """The time for the work is over and it still goes on: shut the connection."""


class LeftAlone(Exception):
    """The caller waits no longer; the work goes on, and the connection finds home by itself."""


class Home(Protocol):
    """Where a connection belongs; both are called on the connection's thread."""

    def ready(self, connection: Connection) -> None:
        """It is open and has nothing to do."""

    def gone(self, connection: Connection, why: InventoryError | None) -> None:
        """Its thread ends now; ``why`` when it never opened."""


class Job(Generic[T]):
    """A piece of work for the connection's thread, and its answer."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._is_claimed = False
        self._is_left = False
        self._answer: list[T] = []
        self._error: InventoryError | None = None

    def claim(self) -> bool:
        """Begin it, or see to it that it never begins; True for whoever comes first."""
        with self._lock:
            is_first, self._is_claimed = not self._is_claimed, True
            return is_first

    def finish(self, answer: list[T], error: InventoryError | None) -> bool:
        """Hand the answer over; returns True when nobody waits for it any more."""
        with self._lock:
            self._answer, self._error = answer, error
            self._done.set()
            return self._is_left

    def wait(self, seconds: float) -> T:
        """The answer, or what went wrong; raises Overdue when there is none yet."""
        if not self._done.wait(seconds):
            raise Overdue
        if self._error is not None:
            raise self._error
        return self._answer[0]

    def leave(self) -> bool:
        """Wait no longer; returns False when the answer has come in this very moment."""
        with self._lock:
            self._is_left = not self._done.is_set()
            return self._is_left


class Connection:
    """Opened by its own thread, used by one caller at a time, closed by its own thread."""

    iris: Iris
    """To be used in work for :meth:`call` alone."""

    def __init__(
        self, address: Address, home: Home, prepare: Callable[[Iris], None], *, timeout: float
    ) -> None:
        """Begin to open it; ``prepare`` is done before it is ready, all within ``timeout``."""
        self._address = address
        self._home = home
        self._prepare = prepare
        self._timeout = timeout
        self._jobs: SimpleQueue[Job[Any] | None] = SimpleQueue()
        self._socket: DriverSocket | None = None
        self._is_busy = True
        self._is_spent = False
        self.due = Deadline(timeout)
        """Until when its present work may take; after that anybody may shut it."""
        self.idle_since = monotonic()
        self.thread = threading.Thread(target=self._run, name=f"iris {address}", daemon=True)

    # for callers

    def call(
        self, work: Callable[[], T], deadline: Deadline, *, patience: float | None = None
    ) -> T:
        """Do this on the connection's thread.

        Raises what the work raises, an error of the driver as what it means; Overdue at the
        deadline; or LeftAlone when the caller has less patience than that.
        """
        if self._is_spent:
            if deadline.is_over:
                raise Overdue
            raise InventoryUnavailable("the connection was lost before")
        job = Job(work)
        self.due = deadline
        self._is_busy = True
        self._jobs.put(job)
        # Shut in this very moment, its thread may have ended before it came to this job.
        if self.is_spent and job.claim():
            raise InventoryUnavailable("the connection was lost before")
        try:
            return job.wait(deadline.left if patience is None else min(patience, deadline.left))
        except InventoryUnavailable:
            # Whoever stands in line for a connection may shut it a moment before we would.
            if deadline.is_over:
                raise Overdue from None
            raise
        except Overdue:
            if patience is None or deadline.is_over:
                raise
            if job.leave():
                raise LeftAlone from None
            return job.wait(0)

    @property
    def is_spent(self) -> bool:
        """True once it must not be used again."""
        return self._is_spent

    @property
    def is_cut(self) -> bool:
        """True when the server has closed its end."""
        return self._socket is not None and self._socket.is_cut()

    @property
    def is_busy(self) -> bool:
        """True while it is being opened, and while work goes on."""
        return self._is_busy

    def shut(self) -> None:
        """Use it no more. A waiting call is freed; the thread closes the connection and ends."""
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
        why: InventoryError | None = None
        try:
            self._open()
            try:
                if self._is_spent:
                    return
                self._prepare(self.iris)
                self._is_busy = False
                self._home.ready(self)
                self._serve()
            finally:
                self._is_spent = True
                self.iris.close()
        except InventoryError as error:
            why = error
        except DriverError as error:
            why = meaning(error)
        except Exception as error:
            log.exception("The connection to %s ended in an unexpected way", self._address)
            why = InventoryUnavailable(repr(error))
        finally:
            self._is_spent = True
            self._home.gone(self, _without_frames(why))

    def _open(self) -> None:
        for _ in range(ATTEMPTS):
            with _connecting[0]:
                before = driver_socket.sockets()
                self.iris = driver.connect(self._address, timeout=ceil(self._timeout))
                new = driver_socket.connected_to(
                    self._address.port, driver_socket.sockets() - before
                )
            if len(new) == 1:
                self._socket = new[0]
                return
            # Somebody else in this process connected to the same port in the same moment.
            self.iris.close()
        raise InventoryUnavailable("the driver's socket was not found among the descriptors")

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.claim():
                continue
            answer, error = self._do(job)
            self._is_busy = False
            self.idle_since = monotonic()
            left = job.finish(answer, error)
            if self._is_spent:
                return
            if left:
                self._home.ready(self)

    def _do(self, job: Job[Any]) -> tuple[list[Any], InventoryError | None]:
        try:
            return [job.work()], None
        except InventoryError as error:
            self._is_spent |= isinstance(error, SURPRISES)
            return [], _without_frames(error)
        except DriverError as error:
            self._is_spent = True
            return [], meaning(error)
        except Exception as error:
            self._is_spent = True
            log.exception("Unexpected failure on the connection to %s", self._address)
            return [], InventoryUnavailable(repr(error))


def _without_frames(error: MaybeError) -> MaybeError:
    """The error without its traceback, whose frames would keep the driver's objects alive."""
    if error is not None:
        error.__traceback__ = error.__context__ = error.__cause__ = None
    return error
