"""Sessions end when they expire or their row is gone, and say when the database fails."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.utils import timezone

from tests.support.cast import HARBOUR_LIGHT, Shopper, stock

pytestmark = pytest.mark.django_db


def store(key: str | None = None) -> SessionBase:
    """The shop's own store, under a key or with a new one."""
    made: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return made


def test_an_expired_session_is_not_read() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT, 2)
    assert ana.basket() == {"Harbour Light": "2"}
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert ana.basket() == {}


def test_a_session_whose_row_is_gone_is_not_saved() -> None:
    kept = store()
    kept["basket"] = "two bags"
    kept.save()
    late = store(kept.session_key)
    assert late["basket"] == "two bags"
    Session.objects.all().delete()
    late["basket"] = "three bags"
    with pytest.raises(UpdateError):
        late.save()
    assert not Session.objects.exists()


def test_a_database_that_can_t_be_written_is_raised_as_it_is() -> None:
    kept = store()
    kept.save()

    def fail(*_: object) -> None:
        raise OperationalError("attempt to write a readonly database")

    with connection.execute_wrapper(fail), pytest.raises(OperationalError, match="readonly"):
        kept.save()
