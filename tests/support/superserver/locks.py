"""The lock table: exclusive and shared locks on names, with waits."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

# A global's name without its caret, and its subscripts as text.
LockName: TypeAlias = tuple[str, ...]

WAKE_SECONDS = 0.5  # how often a waiter looks whether its session was ended


@dataclass
class Hold:
    """What one owner holds on one name; deferred holds end with the owner's transaction."""

    exclusive: int = 0
    shared: int = 0
    deferred_exclusive: bool = False
    deferred_shared: bool = False

    @property
    def is_exclusive(self) -> bool:
        return bool(self.exclusive or self.deferred_exclusive)

    @property
    def is_empty(self) -> bool:
        return not (self.is_exclusive or self.shared or self.deferred_shared)


@dataclass(frozen=True)
class LockInfo:
    """One line of the lock table, for tests to look at."""

    owner: int
    name: LockName
    exclusive: bool
    count: int


class LockTable:
    """All locks of a server; a lock on a name excludes others from what is above and below it."""

    def __init__(self) -> None:
        self._holds: dict[LockName, dict[int, Hold]] = {}
        self._names_below: Counter[LockName] = Counter()
        self._names_held: Counter[int] = Counter()
        mutex = threading.RLock()
        self._changed = threading.Condition(mutex)
        self._queued = threading.Condition(mutex)
        self._waiting = 0

    def acquire(
        self,
        owner: int,
        name: LockName,
        *,
        exclusive: bool,
        timeout: float | None,
        is_alive: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Take a lock once more, waiting up to timeout seconds (None: for ever)."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while self._is_blocked(owner, name, exclusive=exclusive):
                left = None if deadline is None else deadline - time.monotonic()
                if (left is not None and left <= 0) or not is_alive():
                    return False
                self._waiting += 1
                self._queued.notify_all()
                self._changed.wait(WAKE_SECONDS if left is None else min(left, WAKE_SECONDS))
                self._waiting -= 1
            hold = self._hold(owner, name)
            if exclusive:
                hold.exclusive += 1
            else:
                hold.shared += 1
            return True

    def release(self, owner: int, name: LockName, *, exclusive: bool, defer: bool) -> None:
        """Give a lock back once; what the owner does not hold is no error."""
        with self._changed:
            hold = self._holds.get(name, {}).get(owner)
            if hold is None:
                return
            if exclusive and hold.exclusive:
                hold.exclusive -= 1
                hold.deferred_exclusive |= defer and not hold.exclusive
            elif not exclusive and hold.shared:
                hold.shared -= 1
                hold.deferred_shared |= defer and not hold.shared
            self._tidy(owner, name)

    def release_all(self, owner: int, *, defer: bool) -> None:
        """Give back every lock of an owner's."""
        with self._changed:
            for name in self._names_of(owner):
                hold = self._holds[name][owner]
                hold.deferred_exclusive = defer and hold.is_exclusive
                hold.deferred_shared = defer and bool(hold.shared or hold.deferred_shared)
                hold.exclusive = hold.shared = 0
                self._tidy(owner, name)

    def end_transaction(self, owner: int) -> None:
        """Let go of the locks that were given back during the owner's transaction."""
        with self._changed:
            for name in self._names_of(owner):
                hold = self._holds[name][owner]
                hold.deferred_exclusive = hold.deferred_shared = False
                self._tidy(owner, name)

    def listing(self) -> list[LockInfo]:
        """Return every held lock, in order of name."""
        with self._changed:
            return [
                LockInfo(owner, name, hold.is_exclusive, hold.exclusive + hold.shared)
                for name, holds in sorted(self._holds.items())
                for owner, hold in sorted(holds.items())
            ]

    def wait_for_waiters(self, count: int, seconds: float) -> bool:
        """Wait until that many sessions wait for locks; return whether it came to that."""
        with self._changed:
            return self._queued.wait_for(lambda: self._waiting >= count, seconds)

    def wake(self) -> None:
        """Make every waiter look again, for instance because its session was ended."""
        with self._changed:
            self._changed.notify_all()

    def _is_blocked(self, owner: int, name: LockName, *, exclusive: bool) -> bool:
        if self._names_held.keys() <= {owner}:
            return False  # a delivery of thousands is not compared with its own locks
        return any(
            other != owner and (exclusive or hold.is_exclusive)
            for related in self._related(name)
            for other, hold in self._holds[related].items()
        )

    def _related(self, name: LockName) -> list[LockName]:
        related = [name[:size] for size in range(1, len(name) + 1) if name[:size] in self._holds]
        if self._names_below[name]:
            size = len(name)
            related += [held for held in self._holds if len(held) > size and held[:size] == name]
        return related

    def _hold(self, owner: int, name: LockName) -> Hold:
        if name not in self._holds:
            self._holds[name] = {}
            for size in range(1, len(name)):
                self._names_below[name[:size]] += 1
        if owner not in self._holds[name]:
            self._holds[name][owner] = Hold()
            self._names_held[owner] += 1
        return self._holds[name][owner]

    def _tidy(self, owner: int, name: LockName) -> None:
        holds = self._holds[name]
        if holds[owner].is_empty:
            del holds[owner]
            self._names_held[owner] -= 1
            if not self._names_held[owner]:
                del self._names_held[owner]
        if not holds:
            del self._holds[name]
            for size in range(1, len(name)):
                self._names_below[name[:size]] -= 1
        self._changed.notify_all()

    def _names_of(self, owner: int) -> list[LockName]:
        return [name for name, holds in self._holds.items() if owner in holds]
