"""What receipts and alerts say, for which orders they are written down, and the commands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import Settings

from checkout import aftercare
from checkout.mail import ALERTS, CANCELLATION, RECEIPT, REMINDER, queue_receipt
from checkout.models import Order, OrderLine, StockAlert
from shop import mail_round
from shop.branches import BRANCHES, NBSP
from shop.formats import format_day, format_moment
from shop.inventory import get_inventory
from shop.mail import kinds
from shop.mail_round import CLAIM_HOLDS, Sent, send_due
from shop.models import OutgoingMail
from tests.checkout.orders import buy
from tests.support.cast import HARBOUR_LIGHT, Shopper, stock
from tests.support.mail_server import mail_server

pytestmark = pytest.mark.django_db


def order_of(email: str, *, name: str = "Harbour Light <b>") -> Order:
    now = timezone.now()
    order = Order.objects.create(
        reference="CC-ADA34679",
        token_hash="0" * 64,
        state="confirmed",
        branch_slug="landing",
        email=email,
        tax_rate=Decimal("0.2"),
        created_at=now,
        settled_at=now,
    )
    OrderLine.objects.create(
        order=order, product_id=1001, name=name, quantity=2, unit_price=Decimal("12.50")
    )
    queue_receipt(order)
    return order


def alert_of(product_id: int = 1001, kind: str = "low", name: str = "") -> StockAlert:
    return StockAlert.objects.create(
        reference="CC-ADA34679",
        product_id=product_id,
        kind=kind,
        name=name or f"Coffee {product_id}",
        left=2,
        at=timezone.now(),
    )


# ── receipts ─────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_says_what_was_ordered_what_it_costs_and_where_to_collect_it() -> None:
    order_of("ada@example.com")
    assert send_due() == Sent(sent=1, failed=0)
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com"]
    for words in ("CC-ADA34679", "The Landing", "2 x Harbour Light <b>", "$25.00", "$4.17"):
        assert words in sent.body
    assert "We remove the address 90 days after" in sent.body
    assert "Your bags are ready from" in sent.body
    assert "We keep them until" not in sent.body
    assert isinstance(sent, mail.EmailMultiAlternatives)
    html = str(sent.alternatives[0][0])
    assert "Harbour Light &lt;b&gt;" in html
    assert "2 bags" in html
    assert "We remove the address 90 days after" in html
    assert "/checkout/thanks/CC-ADA34679:" in html


@pytest.mark.parametrize("kind", [RECEIPT, CANCELLATION, REMINDER])
def test_each_mail_about_an_order_has_its_date_and_says_whom_to_ask(kind: str) -> None:
    order = order_of("ada@example.com")
    sent = kinds[kind].build(OutgoingMail(kind=kind, key=order.reference, address=order.email))
    assert sent
    assert sent.reply_to == [settings.REPLY_TO_EMAIL]
    placed = format_moment(timezone.localtime(order.created_at), "en")
    asked = f"Questions? Call {BRANCHES[1].telephone}, or reply to this e-mail."
    for text in (str(sent.body), str(sent.alternatives[0][0])):
        assert placed in text
        assert asked in text


@pytest.mark.django_db(transaction=True)
def test_the_sale_writes_down_the_receipt_and_the_order_says_when_it_was_sent() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 1))
    waiting = OutgoingMail.objects.get()
    assert (waiting.kind, waiting.key) == (RECEIPT, order.reference)
    assert waiting.address == "ana@example.com"
    assert send_due() == Sent(sent=1, failed=0)
    assert [event.what for event in order.events.all()] == ["placed", "confirmed", "receipt sent"]


@pytest.mark.django_db(transaction=True)
def test_an_order_without_an_address_gets_no_receipt() -> None:
    stock()
    ana = Shopper("Ana")
    ana.put_in_basket(HARBOUR_LIGHT)
    ana.pay(email="")
    assert Order.objects.get().is_confirmed
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_order_that_staff_cancelled_is_reported_and_gets_no_receipt() -> None:
    stock()
    order = buy((HARBOUR_LIGHT, 2))
    aftercare.cancel(order, get_inventory(), who="rosa", why="the roaster is broken")
    assert send_due() == Sent(sent=1, failed=0)
    (sent,) = mail.outbox
    assert sent.subject == f"Your order {order.reference} at CoffeeCo was cancelled"
    assert "nothing to collect and nothing to pay" in sent.body
    assert "2 bags, Harbour Light" in sent.body
    assert "rosa" not in sent.body
    assert "broken" not in sent.body


def test_a_receipt_says_until_when_bags_are_kept_if_the_shop_does(settings: Settings) -> None:
    settings.PICKUP_KEEP_DAYS = 7
    order = order_of("ada@example.com")
    send_due()
    until = format_day(order.ready_from + timedelta(days=7), "en")
    assert f"We keep them until {until}." in mail.outbox[0].body


@pytest.mark.parametrize(
    ("hour", "words"),
    [(12, ""), (19, "When you ordered: Closed for today, opens Friday 07:00\n")],
)
def test_a_receipt_says_that_the_branch_was_closed(hour: int, words: str) -> None:
    order_of("ada@example.com")
    Order.objects.update(created_at=datetime(2026, 11, 26, hour, tzinfo=UTC))
    send_due()
    body = mail.outbox[0].body
    assert words in body
    assert ("When you ordered" in body) == bool(words)


def test_a_receipt_keeps_its_message_id_when_the_job_that_sent_it_died() -> None:
    order_of("ada@example.com")
    send_due()
    died = timezone.now() - CLAIM_HOLDS - timedelta(seconds=1)
    OutgoingMail.objects.update(claimed_at=died, sent_at=None)
    send_due()
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.extra_headers["Message-ID"].startswith("<receipt-CC-ADA34679@")


def test_an_account_takes_no_such_address_either(admin_client: Client, admin_user: User) -> None:
    answer = admin_client.post(
        f"/staff/accounts/auth/user/{admin_user.pk}/change/",
        {"username": "admin", "email": '"a"@example.com'},
    )
    assert "Type an e-mail address like name@example.com" in answer.content.decode()


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────

ROSA, STELLA = "rosa@example.com", "stella@example.com"


@override_settings(ALERT_EMAILS=[ROSA, STELLA])
def test_all_waiting_alerts_are_in_one_mail_once_to_each_recipient() -> None:
    for product_id in (1001, 1002, 1003, 1004):
        alert_of(product_id)
    alert_of(1001, "out")
    assert send_due() == Sent(sent=2, failed=0)
    assert send_due() == Sent(sent=0, failed=0)
    assert [sent.to for sent in mail.outbox] == [[ROSA], [STELLA]]
    sent = mail.outbox[0]
    assert sent.subject == "Stock alert: Coffee 1001, Coffee 1002, Coffee 1003 and 1 more"
    assert sent.body.startswith(
        "Coffee 1001 (1001)\n"
        "  2 bags left with order CC-ADA34679\n"
        "  the last bag was sold with order CC-ADA34679\n"
        "\n"
        "Coffee 1002 (1002)\n"
        "  2 bags left with order CC-ADA34679\n"
    )
    assert isinstance(sent, mail.EmailMultiAlternatives)
    assert str(sent.alternatives[0][0]).count("<li>") == 4


@override_settings(ALERT_EMAILS=[ROSA])
def test_what_happened_since_a_mail_of_alerts_was_queued_is_in_the_next() -> None:
    alert_of(1001)
    send_due([ALERTS])
    alert_of(1002)
    send_due([ALERTS])
    assert [sent.subject for sent in mail.outbox] == [
        "Stock alert: Coffee 1001",
        "Stock alert: Coffee 1002",
    ]
    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first != second


def test_without_recipients_alerts_wait() -> None:
    alert_of()
    assert send_due() == Sent(sent=0, failed=0)
    with override_settings(ALERT_EMAILS=[ROSA]):
        assert send_due() == Sent(sent=1, failed=0)


# ── names that another program wrote ─────────────────────────────────────────────────────────────

CONTROLS = (
    "\r\n",
    "\n",
    "\x0b",
    "\x0c",
    "\x1b[2J",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\x9b",
    "\u2028",
)


@override_settings(ALERT_EMAILS=[ROSA])
@pytest.mark.parametrize("control", CONTROLS)
def test_a_name_with_a_control_character_adds_no_header_and_no_line_to_a_mail(
    control: str, settings: Settings
) -> None:
    name = f"Huila{control}Bcc: evil@evil.example"
    alert_of(name=name)
    order_of("ada@example.com", name=name)
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        assert send_due() == Sent(sent=2, failed=0)
    assert sorted(server.recipients_of_mails) == ["ada@example.com", ROSA]
    for _, text in server.mails:
        lines = text.split("\r\n")
        assert not [line for line in lines if not line.replace(NBSP, "").isprintable()]
        assert not [line for line in lines if line.startswith("Bcc")]


# ── the commands ─────────────────────────────────────────────────────────────────────────────────


def said_by(command: str, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code of a command, and what it wrote to standard output."""
    code: Any = 0
    try:
        call_command(command, *arguments)
    except SystemExit as ended:
        code = ended.code
    return code, capsys.readouterr().out.strip()


@override_settings(ALERT_EMAILS=[ROSA])
def test_each_command_sends_its_own_kind_and_says_how_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    order_of("ada@example.com")
    alert_of()
    expected = [
        ("send_alerts", "Mails with alerts: 1 sent, 0 failed."),
        ("send_alerts", "No alerts to send."),
        ("send_receipts", "Mails with receipts: 1 sent, 0 failed."),
        ("send_receipts", "No receipts to send."),
        ("send_mails", "No mails to send."),
    ]
    assert [said_by(command, capsys) for command, _ in expected] == [
        (0, words) for _, words in expected
    ]
    assert said_by("send_mails", capsys, "--json") == (0, '{"sent": 0, "failed": 0}')


@pytest.mark.parametrize("command", ["send_receipts", "send_mails"])
def test_a_command_ends_with_1_when_a_mail_failed(
    command: str, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    order_of("ada@example.com")
    code, words = said_by(command, capsys)
    assert code == 1
    assert words.endswith(": 0 sent, 1 failed.")


@pytest.mark.parametrize("command", ["send_receipts", "send_alerts", "send_mails"])
def test_a_database_that_is_away_is_reported_in_a_sentence_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the server\nis gone")

    monkeypatch.setattr(mail_round, "_waiting", away)
    with pytest.raises(SystemExit) as ended:
        call_command(command)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.startswith("Django's database can't be asked: the server is gone.")


# ── from 0.1 ─────────────────────────────────────────────────────────────────────────────────────


@override_settings(ALERT_EMAILS=[ROSA])
def test_what_0_1_had_not_sent_is_sent_once_and_what_it_had_sent_is_not() -> None:
    """The tables still take 0.1's rows, so that they can be written as 0.1 writes them."""
    of_0_1 = [("checkout", "0007_order_language"), ("shop", "0001_initial")]
    apps = MigrationLoader(connection).project_state(of_0_1).apps
    now = timezone.now()
    orders: dict[str, dict[str, Any]] = {
        "WAITING1": {},
        "CLAIMED1": {"receipt_claimed_at": now - CLAIM_HOLDS - timedelta(seconds=1)},
        "SENT0001": {"receipt_sent_at": now},
        "PENDING1": {"state": "pending", "settled_at": None},
        "CANCEL01": {"cancelled_at": now},
        "NOMAIL01": {"email": ""},
        "GIVENUP1": {"settled_at": now - timedelta(days=4)},
    }
    for reference, fields in orders.items():
        values: dict[str, Any] = {
            "reference": f"CC-{reference}",
            "token_hash": reference.ljust(64, "0"),
            "state": "confirmed",
            "email": f"{reference.lower()}@example.com",
            "tax_rate": Decimal("0.2"),
            "created_at": now,
            "settled_at": now,
        }
        apps.get_model("checkout", "Order").objects.create(**values | fields)
    alerts: list[dict[str, Any]] = [
        {},
        {"mail": "begun", "mail_claimed_at": now},
        {"mail": "sent", "mail_claimed_at": now, "mail_sent_at": now},
    ]
    for number, fields in enumerate(alerts):
        values = {"product_id": number, "kind": "low", "name": f"C{number}", "left": 1, "at": now}
        apps.get_model("checkout", "StockAlert").objects.create(**values | fields)

    migration = import_module("checkout.migrations.0009_outgoing_mails")
    migration.write_down_what_was_not_sent(apps, None)
    send_due()
    send_due()
    assert {(*sent.to, sent.subject) for sent in mail.outbox} == {
        ("waiting1@example.com", "Your order CC-WAITING1 at CoffeeCo"),
        ("claimed1@example.com", "Your order CC-CLAIMED1 at CoffeeCo"),
        (ROSA, "Stock alert: C0, C1"),
    }
    assert len(mail.outbox) == 3
