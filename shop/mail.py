"""The queue of outgoing mails and their kinds; :mod:`shop.mail_round` sends them.

A mail is queued in the transaction that writes what it reports, so that both are stored or neither.
Its text is built when it is sent, by the function of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shop.models import LONGEST_EMAIL, OutgoingMail
from shop.printable import one_line, printable

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How mails of one kind are built."""

    build: Callable[[OutgoingMail], EmailMultiAlternatives | None]
    """Returns the mail, or None when it is no longer needed and must not be sent."""
    gather: Callable[[], None] = lambda: None
    """Called before each round, to queue mails that nothing else has queued."""
    an_hour: int = 0
    """Mails an hour to one mailbox, the rest wait; a few more when queued together. 0: no limit."""
    sent: Callable[[OutgoingMail], None] = lambda _mail: None
    """Called after the mail was sent and recorded as sent."""


_kinds: dict[str, Kind] = {}
kinds: Mapping[str, Kind] = MappingProxyType(_kinds)
"""Every registered kind by its name."""


def register(name: str, kind: Kind) -> None:
    """Register a kind of mail, from ``AppConfig.ready()``."""
    _kinds[name] = kind


def queue(kind: str, key: str, address: str) -> None:
    """Queue a mail for the next round, or a later one; only once for each kind and key."""
    now = timezone.now()
    mail = OutgoingMail(kind=kind, key=key, address=address, created_at=now, next_try_at=now)
    if limit := _kinds[kind].an_hour:
        mail.address_hash = _mailbox_hash(address)
        same = OutgoingMail.objects.filter(kind=kind, address_hash=mail.address_hash)
        times = same.order_by("-next_try_at").values_list("next_try_at", flat=True)
        for time in times[limit - 1 : limit]:
            mail.next_try_at = max(now, time + HOUR)
    # Not ignore_conflicts: SQLite would silently skip rows that violate any constraint.
    OutgoingMail.objects.bulk_create(
        [mail], update_conflicts=True, unique_fields=["kind", "key"], update_fields=["kind"]
    )


def unqueue(kind: str, key: str) -> None:
    """Delete a mail that waits to be sent, unless a job is sending it at this moment."""
    OutgoingMail.objects.filter(
        kind=kind, key=key, sent_at=None, given_up_at=None, claimed_at=None
    ).delete()


def _mailbox_hash(address: str) -> str:
    """The mailbox as a hash (hex) with the shop's key; ada+shop@ is the mailbox of ada@."""
    local, _, domain = address.lower().rpartition("@")
    mailbox = f"{local.partition('+')[0]}@{domain}"
    return salted_hmac(__name__, mailbox, algorithm="sha256").hexdigest()[:32]


def composed(
    mail: OutgoingMail, subject: str, template: str, context: dict[str, object]
) -> EmailMultiAlternatives:
    """The mail in text and HTML, from the two templates of this name.

    Every try has the same Message-ID, so that a mail program shows a repeated mail once.
    """
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    built = EmailMultiAlternatives(
        subject=one_line(subject),
        body=printable(render_to_string(f"{template}.txt", context)),
        to=[mail.address],
        reply_to=[settings.REPLY_TO_EMAIL],
        headers={"Message-ID": f"<{mail.kind}-{mail.key}@{host}>"},
    )
    built.attach_alternative(printable(render_to_string(f"{template}.html", context)), "text/html")
    return built


def is_email(text: str) -> bool:
    """True for an address that a mail can be built for and sent to.

    Stricter than Django: no quoted local part, no encoded word, and the domain must be valid in its
    ASCII form too.
    """
    local, _, domain = text.rpartition("@")
    if len(text) > LONGEST_EMAIL or not local.isascii() or '"' in local or "=?" in local:
        return False
    try:
        validate_email(text)
        validate_email(f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValidationError, UnicodeError):
        return False
    return True
