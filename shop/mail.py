"""Mails that the shop sends by itself, of every kind; :mod:`shop.mail_round` sends them.

A mail is written down together with what it tells of, in one transaction, so that neither is lost
without the other. What it says is built when it is sent, by the function of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import timezone

from shop.models import OutgoingMail
from shop.printable import one_line, printable

LONGEST_EMAIL = 254


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How the mails of one kind are made."""

    build: Callable[[OutgoingMail], EmailMultiAlternatives | None]
    """The mail itself; None when there is nothing to tell any more, and it is given up."""
    gather: Callable[[], None] = lambda: None
    """Called before each round: writes down mails that nothing else has."""
    sent: Callable[[OutgoingMail], None] = lambda _mail: None
    """Called after the mail was sent and that was noted."""


_kinds: dict[str, Kind] = {}
kinds: Mapping[str, Kind] = MappingProxyType(_kinds)
"""Every registered kind by its name."""


def register(name: str, kind: Kind) -> None:
    """Make a kind known. An app does it when it is ready."""
    _kinds[name] = kind


def queue(kind: str, key: str, address: str) -> None:
    """Write a mail down, to be sent by the next round; once for each kind and key."""
    now = timezone.now()
    mail = OutgoingMail(kind=kind, key=key, address=address, created_at=now, next_try_at=now)
    # Not ignore_conflicts: on SQLite it would pass over any broken constraint.
    OutgoingMail.objects.bulk_create(
        [mail], update_conflicts=True, unique_fields=["kind", "key"], update_fields=["kind"]
    )


def composed(
    mail: OutgoingMail, subject: str, template: str, context: dict[str, object]
) -> EmailMultiAlternatives:
    """The mail in text and HTML, from the two templates of this name.

    Its Message-ID is the same at every try, so that a mail program shows it once.
    """
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    built = EmailMultiAlternatives(
        subject=one_line(subject),
        body=printable(render_to_string(f"{template}.txt", context)),
        to=[mail.address],
        headers={"Message-ID": f"<{mail.kind}-{mail.key}@{host}>"},
    )
    built.attach_alternative(printable(render_to_string(f"{template}.html", context)), "text/html")
    return built


def is_email(text: str) -> bool:
    """True for an address that mail can be built for and sent to.

    Stricter than Django: no quoted local part, nothing that reads as an encoded word, and a domain
    that has an ASCII form which is a domain itself.
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
