"""The format of the log, and what it and error reports leave out."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from threading import Thread
from time import monotonic
from types import TracebackType

from django.conf import settings
from django.core.mail import EmailMessage
from django.views.debug import SafeExceptionReporterFilter

from shop.printable import one_line, printable

LEFT_OUT = "(left out)"
HOUR = 3600.0
MOST_MAILS = 20
"""In an hour, from each process."""
ADDRESS = re.compile(r"[^\s'\"<>]+@[^\s'\"<>]+")
"""An e-mail address, or a URL with its password."""
KEY = re.compile(
    r"(/(?:checkout/thanks|tell-me/confirm|tell-me/stop|staff/password/new)/)[^\s'\"<>]+"
)
"""The address of a page that opens what it names, such as an order; deploy/ has the same."""


class QuietFilter(SafeExceptionReporterFilter):
    """Hides URLs too, because those of databases, stores and mail servers hold passwords."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|DATABASE", re.IGNORECASE
    )


class LineFormatter(logging.Formatter):
    """One line for each record, with a traceback below it if there is one.

    Text from outside can neither forge a second record nor control the terminal. Of addresses that
    are a KEY the beginning is left. Tracebacks leave out the rows that PostgreSQL quotes, because
    they hold customers' addresses.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        request_id = getattr(record, "request_id", "")
        of_request = f" [{request_id}]" if request_id else ""
        return one_line(super().formatMessage(record)) + of_request

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("django.security"):
            # Strangers cause these, as often as they like; tracebacks of them would fill the disk.
            record.exc_info = record.exc_text = None
        return printable(without_keys(super().format(record)))

    def formatException(  # noqa: N802 (logging's name)
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        text = super().formatException(ei)
        for detail in _details(ei[1]):
            text = text.replace(detail, LEFT_OUT)
        return text


class JsonFormatter(LineFormatter):
    """One object in one line for each record, its traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", ""),
        }
        if record.exc_info and not record.name.startswith("django.security"):
            said["traceback"] = self.formatException(record.exc_info)
        # In ASCII, so that nothing in it can end the line or control a terminal.
        return json.dumps({name: without_keys(text) for name, text in said.items() if text})


class AdminMails(logging.Handler):
    """Mails an error to ADMINS: the log's line and traceback, and nothing of what was sent.

    Routes stand for the addresses of pages, because that of a receipt opens its order.
    The same error is mailed once an hour by each process, and at most MOST_MAILS errors are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._mailed: dict[tuple[str, str, str], float] = {}
        self.sending: list[Thread] = []
        """Mails on their way, and those that were when the last error came."""

    def emit(self, record: logging.LogRecord) -> None:
        record = _without_path(record)
        if not settings.ADMINS or not self._is_new(record):
            return
        subject = f"{record.levelname}: {one_line(record.getMessage())}"
        mail = EmailMessage(
            subject=ADDRESS.sub(LEFT_OUT, subject)[:100],
            body=ADDRESS.sub(LEFT_OUT, self.format(record)),
            to=[address for _, address in settings.ADMINS],
        )
        # A mail server that is slow must not hold the visitor.
        thread = Thread(target=mail.send, kwargs={"fail_silently": True})
        self.sending = [*(one for one in self.sending if one.is_alive()), thread]
        thread.start()

    def _is_new(self, record: logging.LogRecord) -> bool:
        kind = str(record.exc_info[0]) if record.exc_info else ""
        # Django's sentence is the same for all pages.
        words = record.getMessage() if hasattr(record, "request") else str(record.msg)
        error, now = (record.name, words, kind), monotonic()
        lately = {one: at for one, at in self._mailed.items() if now - at < HOUR}
        self._mailed = lately
        if error in lately or len(lately) >= MOST_MAILS:
            return False
        lately[error] = now
        return True


def without_keys(text: str) -> str:
    """The text with the beginning of each address that is a KEY."""
    return KEY.sub(rf"\1{LEFT_OUT}", text)


def _without_path(record: logging.LogRecord) -> logging.LogRecord:
    request, args = getattr(record, "request", None), record.args
    if request is None or not isinstance(args, tuple):
        return record
    found = getattr(request, "resolver_match", None)
    route = f"/{found.route}" if found else LEFT_OUT
    record = copy(record)
    record.args = tuple(
        route if isinstance(one, str) and one.startswith("/") else one for one in args
    )
    return record


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
