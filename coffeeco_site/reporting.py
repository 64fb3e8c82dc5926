"""What an error report, and the log, leave out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from types import TracebackType

from django.views.debug import SafeExceptionReporterFilter

LEFT_OUT = "(left out)"


class QuietFilter(SafeExceptionReporterFilter):
    """Addresses too: those of databases, stores and mail servers hold passwords."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|DATABASE", re.IGNORECASE
    )


class QuietFormatter(logging.Formatter):
    """Leaves the rows that PostgreSQL quotes out of tracebacks: they hold customers' addresses."""

    def formatException(  # noqa: N802 (logging's name)
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        text = super().formatException(ei)
        for detail in _details(ei[1]):
            text = text.replace(detail, LEFT_OUT)
        return text


def _details(error: BaseException | None) -> Iterator[str]:
    """What PostgreSQL quoted, for this error and each that led to it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        detail = getattr(getattr(one, "diag", None), "message_detail", None)
        if detail:
            yield detail
