"""Sessions in Django's database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError, connection
from django.utils import timezone

LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"

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

    def load(self) -> dict[str, Any]:
        """The session's values; empty, and without a key, when it has expired or does not exist.

        In SQL because every page asks: Django's ORM takes three times as long.
        """
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(LIVE, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

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
