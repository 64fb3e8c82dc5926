"""What can be made to go wrong, message by message."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .messages import LOGIN_REFUSED, LinkClosed, Refused

Labels = frozenset[str]
FROZEN_LOOK_SECONDS = 0.1  # how often a frozen session looks whether the server stops


class Muted(Exception):
    """From now on the session answers nothing, and keeps its link."""


@dataclass
class _Countdown:
    """Something that befalls the n-th matching message from now."""

    left: int
    kind: str | None

    def strikes(self, labels: Labels) -> bool:
        if self.left <= 0 or (self.kind is not None and self.kind not in labels):
            return False
        self.left -= 1
        return self.left == 0


@dataclass
class _Failure(_Countdown):
    text: str
    code: int


@dataclass
class Death(_Countdown):
    when: str
    silent: bool
    process: bool


@dataclass
class _Trip(_Countdown):
    action: Callable[[], None]


@dataclass
class _Delay:
    seconds: float
    kind: str | None


class Faults:
    """All faults of one server; everything may be switched on and off while it runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = threading.Event()
        self._running.set()
        self._delays: list[_Delay] = []
        self._failures: list[_Failure] = []
        self._deaths: list[Death] = []
        self._trips: list[_Trip] = []
        self._login_text: str | None = None
        self._limit: int | None = None
        self.drop_links: Callable[[], None] = lambda: None
        self.on_silence: Callable[[], None] = lambda: None
        """Called when a message has arrived that is not answered, or not until thaw()."""

    # --- what tests switch on ---

    def freeze(self) -> None:
        """Answer nothing any more; what was received is served after thaw()."""
        self._running.clear()

    def thaw(self) -> None:
        """Go on after freeze()."""
        self._running.set()

    def drop_all(self) -> None:
        """Cut every link at once; new ones are accepted."""
        self.drop_links()

    def freeze_at(self, n: int = 1, kind: str | None = None) -> None:
        """Freeze when the n-th message from now, or the n-th of a kind, has arrived."""
        with self._lock:
            self._trips.append(_Trip(n, kind, self.freeze))

    def stop_at(self, n: int = 1, kind: str | None = None) -> None:
        """Stop the whole process (SIGSTOP) when the n-th message, or of a kind, has arrived."""
        with self._lock:
            self._trips.append(_Trip(n, kind, _stop))

    def drop_at(self, n: int = 1, kind: str | None = None) -> None:
        """Cut every link when the n-th message from now, or the n-th of a kind, has arrived."""
        with self._lock:
            self._trips.append(_Trip(n, kind, self.drop_all))

    def delay(self, seconds: float, kind: str | None = None) -> None:
        """Wait before serving each message, or each of a kind; 0 ends it."""
        with self._lock:
            self._delays = [delay for delay in self._delays if delay.kind != kind]
            if seconds:
                self._delays.append(_Delay(seconds, kind))

    def fail_call(
        self,
        n: int = 1,
        kind: str | None = None,
        text: str = "<SYSTEM> failed on purpose",
        code: int = 400,
    ) -> None:
        """Answer the n-th message from now, or the n-th of a kind, with an error."""
        with self._lock:
            self._failures.append(_Failure(n, kind, text, code))

    def die_at(
        self,
        kind: str | None,
        when: str = "before",
        *,
        n: int = 1,
        silent: bool = False,
        process: bool = False,
    ) -> None:
        """Never answer the n-th message, or the n-th of a kind, having served it (after) or not.

        The link is cut, or with silent stays open and mute; process ends the whole process.
        """
        if when not in ("before", "after"):
            raise ValueError(f"when is 'before' or 'after', not {when!r}")
        with self._lock:
            self._deaths.append(Death(n, kind, when, silent, process))

    def refuse_login(self, text: str | None = "Access Denied") -> None:
        """Refuse every login with a text, until called with None."""
        self._login_text = text

    def limit_connections(self, n: int | None) -> None:
        """Refuse logins while n sessions live, as a licence does; None lifts the limit."""
        self._limit = n

    def clear(self) -> None:
        """Switch every fault off."""
        with self._lock:
            self._delays, self._failures, self._deaths, self._trips = [], [], [], []
        self._login_text = self._limit = None
        self.thaw()

    # --- what the server asks ---

    def check_login(self, sessions: int, licence_text: str) -> None:
        """Refuse a login when that is switched on."""
        if self._login_text is not None:
            raise Refused(self._login_text, LOGIN_REFUSED)
        if self._limit is not None and sessions >= self._limit:
            raise Refused(licence_text, LOGIN_REFUSED)

    def before(self, labels: Labels, is_open: Callable[[], bool]) -> Death | None:
        """Delay, freeze, fail or kill; return the death that is due after serving."""
        with self._lock:
            trips = [trip for trip in self._trips if trip.strikes(labels)]
        for trip in trips:
            trip.action()
        self.wait_while_frozen(is_open)
        if not is_open():
            raise LinkClosed("dropped on purpose")
        with self._lock:
            pauses = [d.seconds for d in self._delays if d.kind is None or d.kind in labels]
            failures = [failure for failure in self._failures if failure.strikes(labels)]
            deaths = [death for death in self._deaths if death.strikes(labels)]
        for seconds in pauses:
            time.sleep(seconds)
        for death in deaths:
            if death.when == "before":
                self.die(death)
        if failures:
            raise Refused(failures[0].text, failures[0].code)
        return deaths[0] if deaths else None

    def die(self, death: Death) -> None:
        """End the link, the process, or only all talk; never returns."""
        if death.process:
            os._exit(1)
        if death.silent:
            self.on_silence()
            raise Muted
        raise LinkClosed("died on purpose")

    def wait_while_frozen(self, is_open: Callable[[], bool]) -> None:
        """Return when the server is not frozen, or raise LinkClosed when it stops."""
        if not self._running.is_set():
            self.on_silence()
        while not self._running.wait(FROZEN_LOOK_SECONDS):
            if not is_open():
                raise LinkClosed("stopped while frozen")


def _stop() -> None:
    # To this very thread: were it another that took it, this one would go on for a moment.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
