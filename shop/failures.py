"""Failures that last, which fill a log if each attempt is logged."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)

_last: dict[str, str] = {}


def is_new(what: str, words: str) -> bool:
    """Whether ``what`` worked at its last attempt in this process, or failed with other words."""
    former, _last[what] = _last.get(what), words
    return former != words


def end(what: str) -> None:
    """Log that ``what`` works again, if it did not."""
    if _last.pop(what, None) is not None:
        log.info("%s works again.", what)
