"""Sessions in Django's database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError, connection
from django.utils import timezone

LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
REPLACE = """
    UPDATE django_session SET session_data = %s, expire_date = %s
    WHERE session_key = %s AND session_data = %s
"""

PAUSE = timedelta(minutes=5)


def staff_hours() -> timedelta:
    """How long a session of staff lives without a request."""
    return timedelta(hours=settings.STAFF_SESSION_HOURS)


class SessionStore(db.SessionStore):
    """Django's store. A key that Django could not have made counts as none.

    PostgreSQL refuses NUL, so a query for such a key would fail instead of finding nothing.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key if session_key and session_key.isalnum() else None)
        self._loaded = ""

    def load(self) -> dict[str, Any]:
        """The session's values; empty, and without a key, when it has expired or does not exist.

        In SQL because every page asks: Django's ORM takes three times as long.
        """
        text = self._text()
        if text is None:
            self._session_key = None
            return {}
        self._loaded = text
        return self.decode(text)

    def rewriting(self, change: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        """A function that writes the changed session inside a transaction.

        If another request has written the session since it was loaded, the stored values are read
        again and changed. A session that does not exist any more is not written. The text is made
        now, so that the transaction is not longer for it.
        """
        prepared = dict(self.items())
        change(prepared)
        prepared_text = self.encode(prepared)

        def write() -> None:
            old, new, values = self._loaded, prepared_text, prepared
            while not self._replace(old, new):
                stored = self._text(lock=connection.features.has_select_for_update)
                if stored is None:
                    break
                old, values = stored, self.decode(stored)
                change(values)
                new = self.encode(values)
            self._loaded, self._session_cache, self.modified = new, values, False

        return write

    def _text(self, *, lock: bool = False) -> str | None:
        """The stored text; None when the session has expired or does not exist."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(f"{LIVE} FOR UPDATE" if lock else LIVE, [self.session_key, now])
            row = cursor.fetchone()
        return row[0] if row else None

    def _replace(self, old: str, new: str) -> bool:
        """Write the text if the old one is still stored; False if not."""
        expires = connection.ops.adapt_datetimefield_value(self.get_expiry_date())
        with connection.cursor() as cursor:
            cursor.execute(REPLACE, [new, expires, self.session_key, old])
            return bool(cursor.rowcount == 1)

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """For a session in which staff are logged in, STAFF_SESSION_HOURS from now."""
        if SESSION_KEY in self:
            return timezone.now() + staff_hours()
        return super().get_expiry_date(**kwargs)

    def prolong(self) -> None:
        """Let a session of staff live on from now; written at most once in five minutes.

        Only the time is written, so that a basket that changes at the same moment stays.
        """
        end = timezone.now() + staff_hours()
        row = self.model.objects.filter(session_key=self.session_key)
        is_recent = row.filter(expire_date__gt=end - PAUSE, expire_date__lte=end)
        if not is_recent.exists():
            row.update(expire_date=end)

    def save(self, must_create: bool = False) -> None:
        """Save the values. Raises UpdateError when the session does not exist any more.

        Django raises UpdateError for every failure, and answers it with 400. A failure of the
        database itself is raised as it is, so that it is answered with 503.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            cause = error.__context__
            # A missing row is a plain DatabaseError; what the database raises are its subclasses.
            if cause is None or type(cause) is DatabaseError:
                raise
            raise cause from None
