"""One deadline for all questions of a request to the server."""

from __future__ import annotations

from contextvars import ContextVar

from django.core.signals import request_finished, request_started

from shop.inventory.iris.client import Deadline


class _Request:
    deadline: Deadline | None = None


# Commands and jobs have no request; each of their questions has its own deadline.
_current: ContextVar[_Request | None] = ContextVar("request", default=None)


def deadline(seconds: float) -> Deadline:
    """A deadline in ``seconds``; inside a request, the one of its first question."""
    request = _current.get()
    if request is None:
        return Deadline(seconds)
    if request.deadline is None:
        request.deadline = Deadline(seconds)
    return request.deadline


def prolonged(seconds: float) -> Deadline:
    """A new deadline in ``seconds``, also for the rest of the request, because staff can wait."""
    due = Deadline(seconds)
    if request := _current.get():
        request.deadline = due
    return due


def give_up() -> None:
    """End the request's deadline: it has waited for a silent server already."""
    if request := _current.get():
        request.deadline = Deadline(0)


def _begin(**_: object) -> None:
    _current.set(_Request())


def _end(**_: object) -> None:
    _current.set(None)


request_started.connect(_begin, dispatch_uid=__name__)
request_finished.connect(_end, dispatch_uid=__name__)
