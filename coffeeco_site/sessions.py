"""Sessions in Django's database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.core import signing
from django.db import connection
from django.utils import timezone

LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"

SAVE = "UPDATE django_session SET session_data = %s, expire_date = %s WHERE session_key = %s"


class SessionStore(db.SessionStore):
    """Django's own, for which a key that Django could not have made is no key at all.

    PostgreSQL takes no NUL: asked for such a key it would fail instead of finding nothing. What
    every page asks, and every change of a basket writes, is put in SQL: putting it together took
    Django ten times as long as the database takes to answer.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key if session_key and session_key.isalnum() else None)

    def load(self) -> dict[str, Any]:
        """What is kept under the key; nothing, and no key, once it has expired or never was."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(LIVE, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])

    def save(self, must_create: bool = False) -> None:
        """Write the values under the key. Raises UpdateError when it is not there any more.

        Any other failure is the database's, and raised as it is: Django would make an UpdateError
        of it, which is answered as if the visitor had ended the session.
        """
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        text = self.encode(dict(self.items()))
        until = connection.ops.adapt_datetimefield_value(self.get_expiry_date())
        with connection.cursor() as cursor:
            cursor.execute(SAVE, [text, until, self.session_key])
            is_kept = cursor.rowcount == 1
        if not is_kept:
            raise UpdateError

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The values in a stored text; none where its signature is not ours."""
        try:
            signed = _signed_text(str(session_data), self.key_salt)
            return cast("dict[str, Any]", self.serializer().loads(signed))
        except Exception:  # noqa: BLE001 (Django says what is wrong with it, and that it is empty)
            return super().decode(session_data)


class _AsItIs:
    """What was signed, unread."""

    def dumps(self, data: bytes) -> bytes:
        return data

    def loads(self, data: bytes) -> bytes:
        return data


@lru_cache(maxsize=1024)
def _signed_text(session_data: str, salt: str) -> bytes:
    """What stands in a stored text, its signature checked; once for all pages of a visitor."""
    return cast("bytes", signing.loads(session_data, salt=salt, serializer=_AsItIs))
