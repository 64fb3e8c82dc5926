"""Once the stock has committed a sale, nothing that fails besides may hurt the order."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache.backends.base import BaseCache
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from checkout.mail import ALERTS, RECEIPT
from checkout.models import Order, OrderState, StockAlert
from shop.inventory import get_inventory
from shop.inventory.contract import AlertKind
from shop.inventory.database.sale import LocalAlerts
from shop.mail_round import Sent, send_due
from tests.inventory.contract.acts import decided
from tests.support.cast import HARBOUR_LIGHT, KEEPERS_RESERVE, Shopper, left, stock

pytestmark = pytest.mark.django_db(transaction=True)

THANKS = "Thank you for your order"
FULL = Path("/dev/full")


class BrokenCache(BaseCache):
    """A cache whose server is gone."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__({})

    def __getattribute__(self, name: str) -> Any:
        if name in {"get", "add", "set", "touch", "delete", "clear", "incr", "get_many"}:
            raise ConnectionRefusedError("no cache here")
        return super().__getattribute__(name)


class Unasked(EmailBackend):
    """A mail server that no page may wait for."""

    def send_messages(self, _messages: object) -> int:
        raise AssertionError("a mail was sent while a page was waited for")


class HangsUp(EmailBackend):
    """A mail server that keeps its callers waiting and then gives no answer."""

    def send_messages(self, _messages: object) -> int:
        raise TimeoutError("no answer in EMAIL_TIMEOUT")


FAILS = {
    "sqlite": """
        CREATE TRIGGER no_room BEFORE UPDATE ON django_session
        BEGIN INSERT INTO no_such_table VALUES (1); END
    """,
    # As a server answers that has become a read-only copy.
    "postgresql": """
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the database is read-only' USING ERRCODE = '25006'; END $$;
        CREATE TRIGGER no_room BEFORE UPDATE ON django_session EXECUTE FUNCTION no_room()
    """,
}
WORKS = {
    "sqlite": "DROP TRIGGER no_room",
    "postgresql": "DROP FUNCTION no_room CASCADE",
}


@contextmanager
def no_session_can_be_written() -> Iterator[None]:
    """Every change of a session fails in the database; all else can be written."""
    with connection.cursor() as cursor:
        cursor.execute(FAILS[connection.vendor])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(WORKS[connection.vendor])


def buys_the_last_bag(email: str = "ana@example.com") -> Shopper:
    """Ana buys the last bag of Keeper's Reserve, which raises an alert."""
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(KEEPERS_RESERVE)
    ana.open("/checkout/")
    ana.press("Pay now", email=email)
    return ana


def the_order_stands(ana: Shopper) -> None:
    assert ana.page.h1 == THANKS
    assert ana.basket() == {}
    assert Order.objects.get().state == OrderState.CONFIRMED
    assert left(KEEPERS_RESERVE) == 0


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every line of the log ends in ENOSPC, and so does every complaint about that."""
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    disk = io.TextIOWrapper(io.FileIO(FULL, "w"), write_through=True)
    with pytest.raises(OSError, match="No space left"):
        disk.write("this disk is full")
    monkeypatch.setattr(sys, "stderr", disk)
    handler = logging.StreamHandler(disk)
    loggers = [logging.getLogger(name) for name in ("", "django")]
    for logger in loggers:
        logger.addHandler(handler)
    yield
    for logger in loggers:
        logger.removeHandler(handler)
    with suppress(OSError):
        disk.close()


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_under_the_log_takes_nothing_from_the_order() -> None:
    ana = buys_the_last_bag()
    logging.getLogger("checkout").error("this can't be written")
    the_order_stands(ana)
    assert StockAlert.objects.get().kind == AlertKind.OUT


def test_a_cache_that_is_gone_takes_nothing_from_the_order(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.BrokenCache"}}
    the_order_stands(buys_the_last_bag())


def test_a_session_that_can_t_be_written_hides_no_receipt_and_is_a_503_elsewhere() -> None:
    stock()
    ana = Shopper("Ana")
    ana.client.raise_request_exception = False
    ana.put_in_basket(KEEPERS_RESERVE)
    ana.open("/checkout/")
    with no_session_can_be_written():
        assert ana.press("Pay now").h1 == THANKS
        ana.back()
        assert ana.press("Pay now").h1 == THANKS
        the_order_stands(ana)
        assert ana.open("/checkout/").h1 == THANKS
        ana.open(f"/shop/{HARBOUR_LIGHT.product_id}/")
        page = ana.press("Add to basket")
        assert (page.status, page.h1) == (503, "There is a problem with the shop")
        assert page.response["Retry-After"] == "5"
    ana.put_in_basket(HARBOUR_LIGHT)
    assert ana.basket() == {"Harbour Light": "1"}


def test_no_payment_waits_for_a_mail_and_both_jobs_catch_up(settings: Any) -> None:
    settings.ALERT_EMAILS = ["rosa@example.com"]
    settings.EMAIL_BACKEND = f"{__name__}.Unasked"
    the_order_stands(buys_the_last_bag())
    settings.EMAIL_BACKEND = f"{__name__}.HangsUp"
    assert (send_due([RECEIPT]), send_due([ALERTS])) == (
        Sent(sent=0, failed=1),
        Sent(sent=0, failed=1),
    )
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert (send_due([RECEIPT]), send_due([ALERTS])) == (
        Sent(sent=1, failed=0),
        Sent(sent=1, failed=0),
    )
    assert [message.to for message in mail.outbox] == [["ana@example.com"], ["rosa@example.com"]]
    assert Order.objects.get().state == OrderState.CONFIRMED


def test_an_alert_that_fails_is_kept_with_its_error_and_mailed_all_the_same(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ALERT_EMAILS = ["rosa@example.com"]

    def fails(*_: object) -> str:
        raise RuntimeError("the alert's printer is out of paper")

    monkeypatch.setattr(LocalAlerts, "_say", fails)
    the_order_stands(buys_the_last_bag())
    alert = StockAlert.objects.get()
    assert "out of paper" in alert.error
    assert send_due([ALERTS]) == Sent(sent=1, failed=0)
    decision = decided(get_inventory(), Order.objects.get().reference)
    assert decision.lines[0].alert is not None
