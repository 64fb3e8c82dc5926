"""A session that has expired, or whose row is gone, is no session any more."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.models import Session
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
