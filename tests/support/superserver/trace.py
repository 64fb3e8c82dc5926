"""One line per message, for people to read."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from .codec import Raw
from .messages import Reply

MAX_TEXT = 160

_printing = threading.Lock()


def _short(values: list[Any] | tuple[Any, ...]) -> str:
    texts = [f"<{len(v.data)} bytes>" if isinstance(v, Raw) else repr(v) for v in values]
    text = ", ".join(texts)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}… ({len(text)} characters)"


def line(session: int | str, kind: str, items: list[Any], replies: list[Reply]) -> str:
    """Return what was asked and what was answered."""
    if kind == "CN":
        items = ["(login)"]  # a password is in there
    answers = "; ".join(
        (f"error {reply.code} " if reply.code else "") + _short(reply.items) for reply in replies
    )
    return (
        f"[{session}] {kind}({_short(items)}) -> {answers or ('nothing' if not replies else 'ok')}"
    )


def printer(stream: TextIO | None = None) -> Callable[[str], None]:
    """Return a function that prints lines whole, whichever thread they come from."""

    def print_line(text: str) -> None:
        with _printing:
            print(text, file=stream or sys.stdout, flush=True)

    return print_line
