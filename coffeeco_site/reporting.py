"""The format of the log, and what it and error reports leave out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from types import TracebackType

from django.views.debug import SafeExceptionReporterFilter

from shop.printable import one_line, printable

LEFT_OUT = "(left out)"


class QuietFilter(SafeExceptionReporterFilter):
    """Hides URLs too, because those of databases, stores and mail servers hold passwords."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|DATABASE", re.IGNORECASE
    )


class LineFormatter(logging.Formatter):
    """One line for each record, with a traceback below it if there is one.

    Text from outside can neither forge a second record nor control the terminal. Tracebacks leave
    out the rows that PostgreSQL quotes, because they hold customers' addresses.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security"):
            # Strangers cause these, as often as they like; tracebacks of them would fill the disk.
            record.exc_info = record.exc_text = None
        return printable(super().format(record))

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
    """The rows that PostgreSQL quoted in this error and in each that led to it."""
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
