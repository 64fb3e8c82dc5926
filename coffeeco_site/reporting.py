"""What error reports leave out, and what the log writes out."""

import logging
import re

from django.views.debug import SafeExceptionReporterFilter

from shop.printable import one_line, printable


class QuietFilter(SafeExceptionReporterFilter):
    """Addresses too: those of databases, stores and mail servers hold passwords."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|DATABASE", re.IGNORECASE
    )


class LineFormatter(logging.Formatter):
    """One line for each record, with a traceback below it if there is one.

    No name from outside can forge a second record, or steer the terminal.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's own name)
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))
