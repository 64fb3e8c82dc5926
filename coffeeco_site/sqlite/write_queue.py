"""The line in which the writers of a database file wait, those of all processes on this machine.

SQLite has no such line: who finds the file locked sleeps, each time longer, and asks again. Under
many writers the unlucky one waits for seconds, and is told at last that the database is locked.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from functools import lru_cache

ASK_AGAIN = 0.0001
"""Seconds between two looks at whether another process has finished."""


class WriteQueue:
    """One writer at a time: threads wait for each other, and the foremost for other processes."""

    def __init__(self, path: str) -> None:
        """``path`` is a file of the line's own, made when it is first needed."""
        self._path = path
        self._turn = threading.Lock()
        self._file = -1

    def wait(self, patience: float) -> bool:
        """Wait for a turn, at most so many seconds; False when it did not come."""
        deadline = time.monotonic() + patience
        if not self._turn.acquire(timeout=patience):
            return False
        try:
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            while not self._is_first():
                if time.monotonic() > deadline:
                    self.leave()
                    return False
                time.sleep(ASK_AGAIN)
        except BaseException:
            self.leave()
            raise
        return True

    def leave(self) -> None:
        """Let the next one in. A process that dies leaves by itself."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._turn.release()

    def _is_first(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@lru_cache(maxsize=16)
def queue_of(database: str) -> WriteQueue:
    """The line before a database file; the same for every thread of this process."""
    return WriteQueue(f"{database}-line")
