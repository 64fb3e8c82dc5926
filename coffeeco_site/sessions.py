"""Sessions in Django's database."""

from __future__ import annotations

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's own, for which a key that Django could not have made is no key at all.

    PostgreSQL takes no NUL: asked for such a key it would fail instead of finding nothing.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key if session_key and session_key.isalnum() else None)
