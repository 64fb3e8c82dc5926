"""Every mail that the shop writes down goes out once, and what fails harms no other mail."""

from __future__ import annotations

from collections import defaultdict
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

from checkout.maintenance import purge
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

    use(monkeypatch, {NOTE: Kind(build=note_for)})
    return write


def use(monkeypatch: pytest.MonkeyPatch, kinds: dict[str, Kind]) -> None:
    """Let these be the only kinds of mail."""
    monkeypatch.setattr(mail, "_kinds", kinds)
    monkeypatch.setattr(mail_round, "kinds", kinds)


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


def to_all(answer: str) -> dict[str, object]:
    """The server's answer to every recipient."""
    return {"recipients": defaultdict(lambda: answer)}


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"log_in": "535 no"}, {"EMAIL_HOST_USER": "shop", "EMAIL_HOST_PASSWORD": "wrong"}),
        ({"sender": "550 not from you"}, {}),
        ({"greeting": "554 no service"}, {}),
        ({"greeting": SILENCE}, {}),
        (to_all(HANG_UP), {}),
        (to_all(SILENCE), {}),
        (to_all("421 closing down"), {}),
        ({}, {"EMAIL_PORT": 9}),
    ],
    ids=[
        *("refuses the log-in", "refuses the sender", "refuses to greet", "never greets"),
        *("hangs up", "falls silent", "closes down", "is not there"),
    ],
)
def test_what_the_server_does_to_all_ends_the_round_and_counts_against_no_mail(
    notes: Notes, server: MailServer, answers: dict[str, object], wrong: dict[str, object]
) -> None:
    notes(ADA, BO)
    usual = {name: getattr(server, name) for name in answers}
    for name, answer in answers.items():
        setattr(server, name, answer)
    with override_settings(**wrong):
        assert send_due() == Sent(sent=0, failed=2)
    assert (the(0).tries, the(1).tries) == (0, 0)
    for name, answer in usual.items():
        setattr(server, name, answer)
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
    use(monkeypatch, both)
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


# ── mails to one mailbox ─────────────────────────────────────────────────────────────────────────


def test_a_mailbox_gets_a_few_mails_an_hour_and_the_rest_later(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, {NOTE: Kind(build=note_for, an_hour=2)})
    notes(ADA, "ada+shop@example.com", "ADA@Example.com", ADA, BO, ADA)
    mails = OutgoingMail.objects.order_by("pk")
    waits = [round((m.next_try_at - m.created_at) / timedelta(hours=1)) for m in mails]
    assert waits == [0, 0, 1, 1, 0, 2]
    assert send_due() == Sent(sent=3, failed=0)
    notes(ADA)
    assert the(6).next_try_at == the(3).next_try_at + timedelta(hours=1), "sent ones still count"


def test_the_hash_of_a_mailbox_is_removed_an_hour_after_its_mail(
    notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, {NOTE: Kind(build=note_for, an_hour=2)})
    notes(ADA, BO)
    assert ADA not in str(the(0).address_hash)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    for key, second in ((0, -30), (1, 30)):
        mails = OutgoingMail.objects.filter(key=str(key))
        mails.update(next_try_at=an_hour_ago + timedelta(seconds=second))
    assert purge().hashes == 1
    assert not the(0).address_hash
    assert the(1).address_hash


LIMITS = {
    "receipt": 5,
    "cancellation": 5,
    "reminder": 5,
    "password": 0,
    "alerts": 0,
    "restock": 0,
    "restock-confirm": 5,
}


def test_every_kind_of_the_shop_is_registered_and_receipts_have_a_limit() -> None:
    assert {name: kind.an_hour for name, kind in mail.kinds.items()} == LIMITS
