"""Counting messages, and hooks that run when one is served."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .faults import Labels

if TYPE_CHECKING:
    from .sessions import Session

Hook = Callable[["Session"], object]


@dataclass
class Messages:
    """How many messages arrived, in all and by kind."""

    total: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)

    def __sub__(self, earlier: Messages) -> Messages:
        return Messages(self.total - earlier.total, self.by_kind - earlier.by_kind)

    def copy(self) -> Messages:
        """Return the numbers of this moment."""
        return Messages(self.total, Counter(self.by_kind))


@dataclass
class _Pending:
    label: str
    hook: Hook
    left: int


class Traffic:
    """The counters and hooks of one server."""

    def __init__(self) -> None:
        self.messages = Messages()
        self._lock = threading.Condition()
        self._before: list[_Pending] = []
        self._after: list[_Pending] = []

    def note(self, kind: str) -> None:
        """Count one message."""
        with self._lock:
            self.messages.total += 1
            self.messages.by_kind[kind] += 1
            self._lock.notify_all()

    def wait_for(self, kind: str, count: int, seconds: float) -> bool:
        """Wait until so many messages of a kind have arrived in all, served or not."""
        with self._lock:
            return self._lock.wait_for(lambda: self.messages.by_kind[kind] >= count, seconds)

    @contextmanager
    def count(self) -> Iterator[Messages]:
        """Count the messages that arrive inside the with block, total and by kind."""
        with self._lock:
            earlier = self.messages.copy()
        counted = Messages()
        try:
            yield counted
        finally:
            with self._lock:
                difference = self.messages - earlier
            counted.total, counted.by_kind = difference.total, difference.by_kind

    def before(self, label: str, hook: Hook, n: int = 1) -> None:
        """Run the hook once, just before the n-th matching message from now is served."""
        with self._lock:
            self._before.append(_Pending(label, hook, n))

    def after(self, label: str, hook: Hook, n: int = 1) -> None:
        """Run the hook once, when the n-th matching message was served and is not yet answered."""
        with self._lock:
            self._after.append(_Pending(label, hook, n))

    def run_before(self, labels: Labels, session: Session) -> None:
        """Run the hooks that are due before a message."""
        self._run(self._before, labels, session)

    def run_after(self, labels: Labels, session: Session) -> None:
        """Run the hooks that are due after a message."""
        self._run(self._after, labels, session)

    def _run(self, pending: list[_Pending], labels: Labels, session: Session) -> None:
        due: list[_Pending] = []
        with self._lock:
            for one in pending:
                if one.label in labels:
                    one.left -= 1
                    if one.left == 0:
                        due.append(one)
            pending[:] = [one for one in pending if one.left > 0]
        for one in due:
            one.hook(session)
