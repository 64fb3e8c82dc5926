"""A moment by which an answer is due."""

from __future__ import annotations

from time import monotonic


class Deadline:
    """A time limit in seconds from now, shared by all questions for one purpose."""

    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, never below zero."""
        return max(0.0, self._at - monotonic())

    @property
    def is_over(self) -> bool:
        return monotonic() >= self._at
