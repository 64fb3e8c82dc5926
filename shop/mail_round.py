"""One round of sending mails: by ``jobs``, never while somebody waits for a page.

Each mail is claimed by a conditional update before it is sent and noted after, so that two jobs
never send the same. Only a crash between sending and noting can repeat one, under the same
Message-ID.

What goes wrong with one mail is that mail's own: it waits, longer each time, and the others go on.
What the server does to every mail ends the round and counts against none.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from shop.mail import kinds
from shop.models import OutgoingMail

log = logging.getLogger(__name__)

CLAIM_HOLDS = timedelta(minutes=15)
"""How long a claim keeps others away; longer than any mail takes, EMAIL_TIMEOUT included."""
GIVE_UP_AFTER = timedelta(days=3)
"""A mail that could not be sent for so long is not sent any more."""
FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=4)
"""A mail that failed waits for the first; each pause is twice the one before, up to the longest."""
REFUSALS = 2
"""So many refusals of its address, while the server took other mails, and a mail is given up."""
AT_MOST = 500

ROUND_SECONDS = 30.0
"""After so long the other mails wait for the next round: ``jobs`` has orders to settle, which a
mail server that answers slowly must not hold up by seconds for each of hundreds of mails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What one round did: mails sent, and those that were due and will be tried again."""

    sent: int
    failed: int


class _ServerAway(Exception):
    """The server would do the same to any other mail."""


_DATABASE_AWAY = (OperationalError, InterfaceError)
_OF_THE_SERVER = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPServerDisconnected,
)


def send_due(names: Collection[str] = ()) -> Sent:
    """Send what is due of these kinds, or of all, for as long as a round lasts.

    The mail that was tried longest ago comes first. Raises what says that Django's database is
    away.
    """
    wanted = names or kinds.keys()
    for name in wanted:
        _gather(name)
    _give_up(_waiting().filter(created_at__lt=timezone.now() - GIVE_UP_AFTER))
    return _Round().send(wanted)


def pause(tries: int) -> timedelta:
    """How long a mail waits after it has failed so often, once or more."""
    doublings = min(tries - 1, 20)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _gather(name: str) -> None:
    try:
        kinds[name].gather()
    except _DATABASE_AWAY:
        raise
    except Exception:
        log.exception("Mails of the kind %s could not be written down.", name)


class _Round:
    """The mails of a round share a connection, which is closed after a failure."""

    def __init__(self) -> None:
        self._connection: Any = get_connection()
        self._sent = self._failed = 0
        self._refused: list[int] = []

    def send(self, names: Collection[str]) -> Sent:
        now = timezone.now()
        unclaimed = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_HOLDS)
        due = _waiting().filter(unclaimed, kind__in=names, next_try_at__lte=now)
        mails = list(due.order_by("next_try_at", "pk")[:AT_MOST])
        left, until = len(mails), monotonic() + ROUND_SECONDS
        try:
            for mail in mails:
                self._open()
                if _claim(due, mail):
                    self._try(mail)
                left -= 1
                if monotonic() >= until:
                    break
        except _ServerAway as away:
            log.warning("The mail server takes no mail now: %s", type(away.__cause__).__name__)
            self._failed += left
        finally:
            self._close()
        if self._sent and self._refused:
            self._count_refusals()
        return Sent(sent=self._sent, failed=self._failed)

    def _try(self, mail: OutgoingMail) -> None:
        """Send one mail that is claimed, and note what became of it."""
        try:
            built = kinds[mail.kind].build(mail)
            if built is None:
                _give_up(OutgoingMail.objects.filter(pk=mail.pk))
                return
            self._hand_over(built)
        except _ServerAway:
            # Still due, but behind the others: the next round begins with another mail.
            _update(mail, claimed_at=None, next_try_at=timezone.now())
            raise
        except _DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001 (one mail must not stop the others)
            self._postpone(mail, error)
            return
        _update(mail, claimed_at=None, sent_at=timezone.now(), address="")
        self._sent += 1
        _tell_its_kind(mail)

    def _postpone(self, mail: OutgoingMail, error: Exception) -> None:
        # The error's words may hold the address; its kind says enough.
        log.warning("Mail %s was not sent: %s", mail, type(error).__name__)
        tries = mail.tries + 1
        _update(mail, claimed_at=None, tries=tries, next_try_at=timezone.now() + pause(tries))
        self._failed += 1
        if isinstance(error, smtplib.SMTPRecipientsRefused) and min(_codes(error)) >= 500:
            self._refused.append(mail.pk)
        # Whatever state it is in, the next mail gets a new one.
        self._close()

    def _open(self) -> None:
        try:
            self._connection.open()
        except Exception as error:
            raise _ServerAway from error

    def _hand_over(self, built: EmailMultiAlternatives) -> None:
        try:
            self._connection.send_messages([built])
        except Exception as error:
            if _is_the_servers(error):
                raise _ServerAway from error
            raise

    def _close(self) -> None:
        with suppress(Exception):
            self._connection.close()

    def _count_refusals(self) -> None:
        refused = _waiting().filter(pk__in=self._refused)
        refused.update(refusals=F("refusals") + 1)
        _give_up(refused.filter(refusals__gte=REFUSALS))


def _waiting() -> QuerySet[OutgoingMail]:
    return OutgoingMail.objects.filter(sent_at=None, given_up_at=None)


def _claim(due: QuerySet[OutgoingMail], mail: OutgoingMail) -> bool:
    """True when this job, and no other, has the mail."""
    return bool(due.filter(pk=mail.pk).update(claimed_at=timezone.now()))


def _tell_its_kind(mail: OutgoingMail) -> None:
    try:
        kinds[mail.kind].sent(mail)
    except _DATABASE_AWAY:
        raise
    except Exception:
        log.exception("Mail %s was sent, which could not be noted with what it tells of.", mail)


def _update(mail: OutgoingMail, **fields: Any) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(**fields)


def _give_up(mails: QuerySet[OutgoingMail]) -> None:
    for mail in mails:
        log.warning("Mail %s is given up.", mail)
        _update(mail, claimed_at=None, given_up_at=timezone.now(), address="")


def _is_the_servers(error: Exception) -> bool:
    """True for a failure that has nothing to do with the mail that met it."""
    if isinstance(error, smtplib.SMTPException):
        # 421 is the server's good-bye, whatever it answers.
        return isinstance(error, _OF_THE_SERVER) or 421 in _codes(error)
    return isinstance(error, OSError)


def _codes(error: smtplib.SMTPException) -> list[int]:
    """The server's answers."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []
