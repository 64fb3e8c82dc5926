"""Receipts and alerts by e-mail: sent by ``jobs``, never while somebody waits for a page.

Each mail is claimed by a conditional update before it is sent and noted after, so that two jobs
never send the same. Only a crash between sending and noting can repeat one; it then carries the
same Message-ID, and a mail program shows it once.
"""

from __future__ import annotations

import logging
import secrets
import smtplib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from checkout.models import Order, OrderEvent, OrderState, StockAlert
from checkout.references import sign
from checkout.summary import Summary

log = logging.getLogger(__name__)

CLAIM_HOLDS = timedelta(minutes=15)
"""How long a claim keeps others away; longer than any mail takes, EMAIL_TIMEOUT included."""
GIVE_UP_AFTER = timedelta(days=3)
"""A receipt that could not be sent for so long is not sent any more."""

ROUND_SECONDS = 30.0
"""After so long the other receipts wait for the next round: ``jobs`` has orders to settle, which a
mail server that answers nothing must not hold up by EMAIL_TIMEOUT for each of hundreds of mails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What one round did: mails sent, and those that will be tried again."""

    sent: int
    failed: int


def send_receipts() -> Sent:
    """Send the receipts that are due, oldest first, for as long as a round lasts."""
    due = Order.objects.filter(
        _unclaimed("receipt_claimed_at"),
        state=OrderState.CONFIRMED,
        receipt_sent_at=None,
        cancelled_at=None,
        settled_at__gte=timezone.now() - GIVE_UP_AFTER,
    ).exclude(email="")
    return _count(_send_receipt(order) for order in _claimed(due, "receipt_claimed_at"))


def send_alerts() -> Sent:
    """Tell ALERT_EMAILS of all alerts that nobody was told of yet, coffee by coffee in one mail."""
    if not settings.ALERT_EMAILS:
        return Sent(sent=0, failed=0)
    return _count(_send_alerts(mail) for mail in _alert_mails())


def receipt(order: Order) -> EmailMultiAlternatives:
    """The receipt of a confirmed order, in text and HTML, in the language it was placed in."""
    context = {
        "order": order,
        "receipt": Summary.of_order(order),
        "url": settings.BASE_URL + reverse("thanks", args=[sign(order.reference)]),
        "keep_email_days": settings.KEEP_EMAIL_DAYS,
    }
    with translation.override(order.language):
        return _mail(
            gettext("Your order {reference} at CoffeeCo").format(reference=order.reference),
            [order.email],
            "mail/receipt",
            context,
            message_id=f"receipt-{order.reference}",
        )


def _send_receipt(order: Order) -> bool:
    if not _delivered(receipt(order)):
        Order.objects.filter(pk=order.pk).update(receipt_claimed_at=None)
        return False
    Order.objects.filter(pk=order.pk).update(receipt_sent_at=timezone.now())
    OrderEvent.objects.create(order=order, at=timezone.now(), what="receipt sent")
    return True


def _alert_mails() -> Iterator[str]:
    """Mails to send: those whose sender died, then one for all alerts that are in none yet."""
    now = timezone.now()
    waiting = StockAlert.objects.filter(mail_sent_at=None)
    left = waiting.exclude(mail="").filter(_unclaimed("mail_claimed_at"))
    for mail in sorted(set(left.values_list("mail", flat=True))):
        if left.filter(mail=mail).update(mail_claimed_at=now):
            yield mail
    new = secrets.token_hex(16)
    if waiting.filter(mail="").update(mail=new, mail_claimed_at=now):
        yield new


def _send_alerts(mail: str) -> bool:
    alerts = StockAlert.objects.filter(mail=mail).order_by("name", "product_id", "at")
    sent = _delivered(
        _mail(
            _alerts_subject(list(alerts)),
            settings.ALERT_EMAILS,
            "mail/alerts",
            {"alerts": alerts, "url": settings.BASE_URL + reverse("staff_alerts")},
            message_id=f"alerts-{mail}",
        )
    )
    if sent:
        alerts.update(mail_sent_at=timezone.now())
    else:
        alerts.update(mail_claimed_at=None)
    return sent


def _alerts_subject(alerts: Sequence[StockAlert]) -> str:
    names = sorted({alert.name for alert in alerts})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Stock alert: {shown}"


def _mail(
    subject: str, to: Sequence[str], template: str, context: dict[str, object], *, message_id: str
) -> EmailMultiAlternatives:
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=list(to),
        headers={"Message-ID": f"<{message_id}@{host}>"},
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return mail


def _delivered(mail: EmailMultiAlternatives) -> bool:
    """Hand it to the mail server; False, logged without the address, when that failed."""
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        # An address stands in some servers' answers; the kind of error says enough.
        log.warning("%s was not sent: %s", mail.extra_headers["Message-ID"], type(error).__name__)
        return False
    return True


def _unclaimed(field: str) -> Q:
    return Q(**{field: None}) | Q(**{f"{field}__lt": timezone.now() - CLAIM_HOLDS})


def _claimed(due: QuerySet[Order], field: str) -> Iterator[Order]:
    """Each due order that this job, and no other, has claimed, as long as the round lasts."""
    until = monotonic() + ROUND_SECONDS
    for order in due.order_by("settled_at", "pk")[:500]:
        if due.filter(pk=order.pk).update(**{field: timezone.now()}):
            yield order
        if monotonic() >= until:
            return


def _count(results: Iterator[bool]) -> Sent:
    done = list(results)
    return Sent(sent=done.count(True), failed=done.count(False))
