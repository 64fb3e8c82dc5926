"""Receipts and alerts go out once, and a mail server that fails harms nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import OperationalError
from django.db.models import QuerySet
from django.test import override_settings
from django.utils import timezone

from checkout import mail as mail_module
from checkout.mail import CLAIM_HOLDS, Sent, send_alerts, send_receipts
from checkout.models import Order, OrderLine, OrderState, StockAlert

pytestmark = pytest.mark.django_db


class FailingBackend(EmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, messages: object) -> int:
        raise ConnectionResetError("hung up on ada@example.com")


@pytest.fixture
def failing() -> Iterator[None]:
    with override_settings(EMAIL_BACKEND=f"{__name__}.FailingBackend"):
        yield


def order_of(email: str, *, reference: str = "CC-ADA34679", state: str = "confirmed") -> Order:
    now = timezone.now()
    order = Order.objects.create(
        reference=reference,
        token_hash=reference.ljust(64, "0"),
        state=state,
        branch_slug="landing",
        email=email,
        tax_rate=Decimal("0.2"),
        created_at=now,
        settled_at=now,
    )
    OrderLine.objects.create(
        order=order,
        product_id=1001,
        name="Harbour Light <b>",
        quantity=2,
        unit_price=Decimal("12.50"),
    )
    return order


def alert_of(product_id: int = 1001, kind: str = "low") -> StockAlert:
    return StockAlert.objects.create(
        reference="CC-ADA34679",
        product_id=product_id,
        kind=kind,
        name=f"Coffee {product_id}",
        left=2,
        at=timezone.now(),
    )


def test_a_receipt_says_what_was_ordered_what_it_costs_and_where_to_collect_it() -> None:
    order_of("ada@example.com")
    assert send_receipts() == Sent(sent=1, failed=0)
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com"]
    for words in ("CC-ADA34679", "The Landing", "2 x Harbour Light <b>", "$25.00", "$4.17"):
        assert words in sent.body
    assert "We remove it 90 days after" in sent.body
    assert isinstance(sent, mail.EmailMultiAlternatives)
    html = str(sent.alternatives[0][0])
    assert "Harbour Light &lt;b&gt;" in html
    assert "2 bags" in html
    assert "We remove it 90 days after" in html
    assert "/checkout/thanks/CC-ADA34679:" in html


def test_a_receipt_is_sent_once_however_often_the_job_runs() -> None:
    order_of("ada@example.com")
    send_receipts()
    assert send_receipts() == Sent(sent=0, failed=0)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("state", [OrderState.PENDING, OrderState.REFUSED, OrderState.ABANDONED])
def test_an_order_that_is_not_confirmed_gets_no_receipt(state: str) -> None:
    order_of("ada@example.com", state=state)
    assert send_receipts() == Sent(sent=0, failed=0)


def test_an_order_without_an_address_gets_no_receipt() -> None:
    order_of("")
    assert send_receipts() == Sent(sent=0, failed=0)


@pytest.mark.usefixtures("failing")
def test_a_mail_server_that_fails_leaves_the_order_and_the_receipt_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    order = order_of("ada@example.com")
    assert send_receipts() == Sent(sent=0, failed=1)
    order.refresh_from_db()
    assert order.is_confirmed
    assert "ada@example.com" not in caplog.text
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        assert send_receipts() == Sent(sent=1, failed=0)


def test_a_round_that_has_lasted_long_enough_leaves_the_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch, failing: None
) -> None:
    monkeypatch.setattr("checkout.mail.ROUND_SECONDS", 0.0)
    order_of("ada@example.com")
    order_of("bo@example.com", reference="CC-BO346799")
    assert send_receipts() == Sent(sent=0, failed=1)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        assert [send_receipts(), send_receipts()] == [Sent(sent=1, failed=0)] * 2


def test_a_receipt_that_another_job_has_claimed_is_left_to_it() -> None:
    order = order_of("ada@example.com")
    Order.objects.filter(pk=order.pk).update(receipt_claimed_at=timezone.now())
    assert send_receipts() == Sent(sent=0, failed=0)


class SecondJob(EmailBackend):
    """While the first mail is on its way, the other job begins its round."""

    begun = False

    def send_messages(self, messages: object) -> int:
        if not SecondJob.begun:
            SecondJob.begun = True
            send_receipts()
        return super().send_messages(messages)  # type: ignore[arg-type]


def sent_by_two_jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the receipts of three orders went to when two jobs ran at once."""
    monkeypatch.setattr(SecondJob, "begun", False)
    people = ["ada@example.com", "bo@example.com", "cy@example.com"]
    for number, email in enumerate(people):
        order_of(email, reference=f"CC-THREE34{number}")
    with override_settings(EMAIL_BACKEND=f"{__name__}.SecondJob"):
        send_receipts()
    return sorted(message.to[0] for message in mail.outbox)


def test_two_jobs_at_once_send_each_receipt_once(monkeypatch: pytest.MonkeyPatch) -> None:
    people = ["ada@example.com", "bo@example.com", "cy@example.com"]
    assert sent_by_two_jobs(monkeypatch) == people


def test_control_a_claim_without_its_condition_sends_receipts_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def claimed(due: QuerySet[Order], field: str) -> Iterator[Order]:
        for order in due.order_by("pk"):
            Order.objects.filter(pk=order.pk).update(**{field: timezone.now()})
            yield order

    with monkeypatch.context() as patched:
        patched.setattr(mail_module, "_claimed", claimed)
        assert sent_by_two_jobs(monkeypatch).count("bo@example.com") == 2


def test_a_claim_whose_job_died_lapses_and_the_mail_keeps_its_message_id() -> None:
    order = order_of("ada@example.com")
    send_receipts()
    died = timezone.now() - CLAIM_HOLDS - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk).update(receipt_claimed_at=died, receipt_sent_at=None)
    send_receipts()
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


@override_settings(ALERT_EMAILS=["roaster@example.com"])
def test_all_waiting_alerts_are_told_in_one_mail_once() -> None:
    for product_id in (1001, 1002, 1003, 1004):
        alert_of(product_id)
    alert_of(1001, "out")
    assert send_alerts() == Sent(sent=1, failed=0)
    assert send_alerts() == Sent(sent=0, failed=0)
    (sent,) = mail.outbox
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


@override_settings(ALERT_EMAILS=["roaster@example.com"])
def test_alerts_whose_mail_was_claimed_by_a_job_that_died_go_out_under_the_same_id() -> None:
    alert_of()
    send_alerts()
    died = timezone.now() - CLAIM_HOLDS - timedelta(seconds=1)
    StockAlert.objects.update(mail_claimed_at=died, mail_sent_at=None)
    alert_of(1002)
    assert send_alerts() == Sent(sent=2, failed=0)
    first, again, new = mail.outbox
    assert first.extra_headers["Message-ID"] == again.extra_headers["Message-ID"]
    assert new.extra_headers["Message-ID"] != first.extra_headers["Message-ID"]


def test_without_anybody_to_tell_alerts_wait() -> None:
    alert_of()
    assert send_alerts() == Sent(sent=0, failed=0)
    assert not StockAlert.objects.exclude(mail="").exists()


@override_settings(ALERT_EMAILS=["roaster@example.com"])
@pytest.mark.usefixtures("failing")
def test_alerts_that_could_not_be_sent_are_tried_again() -> None:
    alert_of()
    assert send_alerts() == Sent(sent=0, failed=1)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        assert send_alerts() == Sent(sent=1, failed=0)


def test_the_command_says_what_it_sent(capsys: pytest.CaptureFixture[str]) -> None:
    order_of("ada@example.com")
    call_command("send_receipts")
    call_command("send_receipts")
    assert (
        capsys.readouterr().out == "Mails with receipts: 1 sent, 0 failed.\nNo receipts to send.\n"
    )


@pytest.mark.usefixtures("failing")
def test_the_command_ends_with_1_when_a_mail_failed() -> None:
    order_of("ada@example.com")
    with pytest.raises(SystemExit) as ended:
        call_command("send_receipts")
    assert ended.value.code == 1


@pytest.mark.parametrize("command", ["send_receipts", "send_alerts"])
@override_settings(ALERT_EMAILS=["roaster@example.com"])
def test_a_database_that_is_away_is_told_in_a_sentence_with_exit_code_2(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("the server\nis gone")

    monkeypatch.setattr(mail_module, "_claimed", away)
    monkeypatch.setattr(mail_module, "_alert_mails", away)
    with pytest.raises(SystemExit) as ended:
        call_command(command)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.startswith("Django's database can't be asked: the server is gone.")
