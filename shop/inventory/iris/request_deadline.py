"""One deadline for everything that one request asks of the server."""

from __future__ import annotations

from contextvars import ContextVar

from django.core.signals import request_finished, request_started

from shop.inventory.iris.client import Deadline


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
