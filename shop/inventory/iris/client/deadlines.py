"""Deadlines, and how long readers wait for a server that was found frozen."""

from __future__ import annotations

from contextvars import ContextVar
from time import monotonic

from django.core.signals import request_finished, request_started


class Deadline:
    """A moment by which an answer is due."""

    def __init__(self, seconds: float) -> None:
        """``seconds`` from now."""
        self._at = monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, never below zero."""
        return max(0.0, self._at - monotonic())

    @property
    def is_over(self) -> bool:
        return monotonic() >= self._at


class Patience:
    """How long a reader waits: all its time, or hardly any after the server gave no answer.

    The question itself is not taken back when its reader leaves early; its answer, whenever it
    comes, restores trust step by step.
    """

    SUSPECT_SECONDS = 0.3

    def __init__(self, seconds: float) -> None:
        self._most = seconds
        self._now = seconds

    @classmethod
    def enough(cls) -> Deadline:
        """From when on somebody who asks now has seen the server be silent."""
        return Deadline(cls.SUSPECT_SECONDS / 2)

    @property
    def seconds(self) -> float:
        return self._now

    @property
    def is_suspect(self) -> bool:
        """True from an answer that never came until answers come again."""
        return self._now < self._most

    def unanswered(self) -> None:
        """A question got no answer in time."""
        self._now = min(self.SUSPECT_SECONDS, self._most)

    def answered(self, after: float = 0.0) -> None:
        """A question was answered, after so many seconds: so slow it may be the next time too."""
        self._now = min(2 * max(self._now, after), self._most)


class _Request:
    deadline: Deadline | None = None


# Commands and jobs have none: each of their questions has its own time.
_current: ContextVar[_Request | None] = ContextVar("request", default=None)


def deadline(seconds: float) -> Deadline:
    """In so many seconds; inside a request, what is left since the first question it asked."""
    request = _current.get()
    if request is None:
        return Deadline(seconds)
    if request.deadline is None:
        request.deadline = Deadline(seconds)
    return request.deadline


def prolonged(seconds: float) -> Deadline:
    """In so many seconds, also inside a request, and so for the rest of it: staff can wait."""
    due = Deadline(seconds)
    if request := _current.get():
        request.deadline = due
    return due


def give_up() -> None:
    """The rest of this request asks nothing: it has waited for a silent server already."""
    if request := _current.get():
        request.deadline = Deadline(0)


def _begin(**_: object) -> None:
    _current.set(_Request())


def _end(**_: object) -> None:
    _current.set(None)


request_started.connect(_begin, dispatch_uid=__name__)
request_finished.connect(_end, dispatch_uid=__name__)
