"""Every mail that the shop writes down goes out once, and what fails harms no other mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.locmem import EmailBackend
from django.db.models import QuerySet
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from shop import mail, mail_round
from shop.mail import Kind, is_email, queue
from shop.mail_round import CLAIM_HOLDS, GIVE_UP_AFTER, Sent, pause, send_due
from shop.models import OutgoingMail
from tests.support.mail_server import HANG_UP, OK, SILENCE, MailServer, mail_server

pytestmark = pytest.mark.django_db

NOTE = "note"
ADA, BO, CY = "ada@example.com", "bo@example.com", "cy@example.com"


# ── addresses ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        ADA,
        "o'brien+coffee=2@mail.example.co.uk",
        "ada@münchen.example",
        f"ada@{'é' * 40}.example",
        "ada@xn--mnchen-3ya.example",
    ],
)
def test_an_address_that_mail_can_be_sent_to_is_taken(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@example",
        "@example.com",
        " ada@example.com",
        "ada@example.com\n",
        "ada@@example.com",
        "ada@example.com, bo@example.com",
        "Ada <ada@example.com>",
        '"ada"@example.com',
        '"a\x0bBcc:evil@evil.example\x0b"@example.com',
        '"a\x1b]0;title\x07"@example.com',
        "a\x1cb@example.com",
        "ada@exam\u2028ple.com",
        "ada@exam\x85ple.com",
        "=?utf-8?b?Zm9vCkJjYzogeA==?=@example.com",
        f"a@{'é' * 60}.com",
        "ada@exa\uff20mple.com",
        "ada@exa\u2100mple.com",
        "adá@example.com",
        "\u212aate@example.com",
        f"{'a' * 250}@example.com",
    ],
)
def test_an_address_that_no_mail_can_be_sent_to_is_refused(address: str) -> None:
    assert not is_email(address)


# ── a round ──────────────────────────────────────────────────────────────────────────────────────


def note_for(waiting: OutgoingMail) -> EmailMultiAlternatives:
    headers = {"Message-ID": f"<note-{waiting.key}@shop.example>"}
    return EmailMultiAlternatives("A note", "Hello", to=[waiting.address], headers=headers)


Notes = Callable[..., None]


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    """Makes notes the only kind of mail, and writes one down for each address, in order."""

    def write(*addresses: str) -> None:
        for address in addresses:
            queue(NOTE, str(OutgoingMail.objects.count()), address)

    monkeypatch.setattr(mail_round, "kinds", {NOTE: Kind(build=note_for)})
    return write


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """A mail server that the shop sends to."""
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_TIMEOUT = 1
        yield running


def the(key: int) -> OutgoingMail:
    return OutgoingMail.objects.get(key=str(key))


def let_pauses_pass() -> None:
    OutgoingMail.objects.filter(sent_at=None).update(next_try_at=timezone.now())


def test_a_mail_is_sent_once_and_its_address_forgotten(notes: Notes, server: MailServer) -> None:
    notes(ADA)
    queue(NOTE, "0", BO)
    assert [send_due(), send_due()] == [Sent(sent=1, failed=0), Sent(sent=0, failed=0)]
    assert server.recipients_of_mails == [ADA]
    assert the(0).address == ""


def test_an_address_that_the_server_refuses_for_good_is_given_up_after_the_second_time(
    notes: Notes, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.recipients[ADA] = "550 no such mailbox"
    for _ in range(2):
        notes(*((BO,) if OutgoingMail.objects.exists() else (ADA, BO)))
        let_pauses_pass()
        assert the(0).given_up_at is None
        assert send_due() == Sent(sent=1, failed=1)
        assert send_due() == Sent(sent=0, failed=0)
    assert the(0).given_up_at
    assert the(0).address == ""
    assert server.recipients_of_mails == [BO, BO]
    assert "Mail note 0 was not sent: SMTPRecipientsRefused" in caplog.messages
    assert "Mail note 0 is given up." in caplog.messages
    assert ADA not in caplog.text


@pytest.mark.parametrize("answer", ["451 come back later", "550 your network is on a list"])
def test_what_is_not_the_fault_of_the_address_is_tried_again_each_time_later(
    notes: Notes, server: MailServer, answer: str
) -> None:
    server.recipients[ADA] = server.recipients[BO] = answer
    notes(ADA, BO)
    for tries in (1, 2, 3):
        let_pauses_pass()
        before = timezone.now()
        assert send_due() == Sent(sent=0, failed=2)
        waits = the(0).next_try_at - before
        assert pause(tries) <= waits < pause(tries) + timedelta(minutes=1)
    server.recipients.clear()
    let_pauses_pass()
    assert send_due() == Sent(sent=2, failed=0)


def test_a_mail_that_the_server_refuses_only_as_a_whole_is_tried_again(
    notes: Notes, server: MailServer
) -> None:
    server.data = "554 looks like spam"
    notes(ADA, BO)
    assert send_due() == Sent(sent=0, failed=2)
    server.data = OK
    let_pauses_pass()
    assert send_due() == Sent(sent=2, failed=0)


def test_pauses_double_up_to_four_hours() -> None:
    minutes = [pause(tries).total_seconds() / 60 for tries in (1, 2, 3, 7, 8, 9, 10_000)]
    assert minutes == [2, 4, 8, 128, 240, 240, 240]


def refuses_the_log_in(server: MailServer, settings: Settings) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "shop", "wrong"
    server.log_in = "535 no"


def refuses_the_sender(server: MailServer, _settings: Settings) -> None:
    server.sender = "550 not from you"


def greets_with_a_refusal(server: MailServer, _settings: Settings) -> None:
    server.greeting = "554 no service"


def never_greets(server: MailServer, _settings: Settings) -> None:
    server.greeting = SILENCE


def hangs_up(server: MailServer, _settings: Settings) -> None:
    server.recipients[ADA] = server.recipients[BO] = HANG_UP


def falls_silent(server: MailServer, _settings: Settings) -> None:
    server.recipients[ADA] = server.recipients[BO] = SILENCE


def closes_down(server: MailServer, _settings: Settings) -> None:
    server.recipients[ADA] = server.recipients[BO] = "421 closing down"


def is_not_there(_server: MailServer, settings: Settings) -> None:
    settings.EMAIL_PORT = 9


@pytest.mark.parametrize(
    "breaks",
    [
        refuses_the_log_in,
        refuses_the_sender,
        greets_with_a_refusal,
        never_greets,
        hangs_up,
        falls_silent,
        closes_down,
        is_not_there,
    ],
)
def test_what_the_server_does_to_all_ends_the_round_and_counts_against_no_mail(
    notes: Notes,
    server: MailServer,
    settings: Settings,
    breaks: Callable[[MailServer, Settings], None],
) -> None:
    notes(ADA, BO)
    breaks(server, settings)
    assert send_due() == Sent(sent=0, failed=2)
    assert (the(0).tries, the(1).tries) == (0, 0)
    server.sender = OK
    server.greeting = MailServer.greeting
    server.recipients.clear()
    settings.EMAIL_PORT = server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    assert send_due() == Sent(sent=2, failed=0)
    assert sorted(server.recipients_of_mails) == [ADA, BO]


def test_a_mail_that_makes_the_server_hang_up_goes_behind_the_others(
    notes: Notes, server: MailServer
) -> None:
    server.recipients[ADA] = HANG_UP
    notes(ADA, BO, CY)
    assert send_due() == Sent(sent=0, failed=3)
    assert send_due() == Sent(sent=2, failed=1)
    assert server.recipients_of_mails == [BO, CY]


@pytest.mark.parametrize(
    "poison",
    [
        '"a\x0bBcc:evil@evil.example\x0b"@example.com',
        f"a@{'é' * 60}.com",
        "=?utf-8?b?Zm9vCkJjYzogeA==?=@example.com",
        "ada@example.com\nBcc: evil@evil.example",
    ],
)
def test_an_address_that_breaks_the_mail_itself_stops_no_other_mail(
    notes: Notes, server: MailServer, poison: str, caplog: pytest.LogCaptureFixture
) -> None:
    notes(poison, BO)
    send_due()
    assert server.recipients_of_mails == [BO]
    assert "evil" not in caplog.text


def test_a_kind_whose_mail_cannot_be_built_stops_no_other_kind(
    notes: Notes, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise FileNotFoundError("no such template")

    both = {"broken": Kind(build=broken, gather=broken), NOTE: Kind(build=note_for, sent=broken)}
    monkeypatch.setattr(mail_round, "kinds", both)
    queue("broken", "first", ADA)
    notes(BO)
    assert send_due() == Sent(sent=1, failed=1)
    assert send_due() == Sent(sent=0, failed=0)


def test_a_mail_that_could_not_be_sent_for_three_days_is_given_up(
    notes: Notes, server: MailServer
) -> None:
    notes(ADA, BO)
    long_ago = timezone.now() - GIVE_UP_AFTER
    OutgoingMail.objects.filter(key="0").update(created_at=long_ago - timedelta(seconds=30))
    OutgoingMail.objects.filter(key="1").update(created_at=long_ago + timedelta(seconds=30))
    assert send_due() == Sent(sent=1, failed=0)
    assert server.recipients_of_mails == [BO]
    assert the(0).given_up_at


def test_a_round_that_has_lasted_long_enough_leaves_the_rest_to_the_next(
    notes: Notes, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_round, "ROUND_SECONDS", 0.0)
    notes(ADA, BO)
    assert [send_due(), send_due()] == [Sent(sent=1, failed=0)] * 2


# ── two jobs, and one that dies ──────────────────────────────────────────────────────────────────


def test_a_mail_that_another_job_has_claimed_is_left_to_it_until_the_claim_lapses(
    notes: Notes, server: MailServer
) -> None:
    notes(ADA)
    OutgoingMail.objects.update(claimed_at=timezone.now())
    assert send_due() == Sent(sent=0, failed=0)
    died = timezone.now() - CLAIM_HOLDS - timedelta(seconds=1)
    OutgoingMail.objects.update(claimed_at=died)
    assert send_due() == Sent(sent=1, failed=0)


class SecondJob(EmailBackend):
    """While the first mail is on its way, the other job begins its round."""

    begun = False

    def send_messages(self, messages: Any) -> int:
        if not SecondJob.begun:
            SecondJob.begun = True
            send_due()
        return super().send_messages(messages)


def sent_by_two_jobs(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom three notes went to when two jobs ran at once."""
    monkeypatch.setattr(SecondJob, "begun", False)
    notes(ADA, BO, CY)
    with override_settings(EMAIL_BACKEND=f"{__name__}.SecondJob"):
        send_due()
    return sorted(message.to[0] for message in django_mail.outbox)


def test_two_jobs_at_once_send_each_mail_once(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent_by_two_jobs(notes, monkeypatch) == [ADA, BO, CY]


def test_control_a_claim_without_its_condition_sends_mails_twice(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def claim(_due: QuerySet[OutgoingMail], mail: OutgoingMail) -> bool:
        OutgoingMail.objects.filter(pk=mail.pk).update(claimed_at=timezone.now())
        return True

    with monkeypatch.context() as patched:
        patched.setattr(mail_round, "_claim", claim)
        assert sent_by_two_jobs(notes, monkeypatch).count(BO) == 2


def test_every_kind_of_the_shop_is_registered() -> None:
    assert set(mail.kinds) == {"receipt", "alerts"}
