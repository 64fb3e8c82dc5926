"""The checkout's mails: receipts and cancellations for customers, stock alerts for staff."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from checkout import messages
from checkout.models import LONGEST_REFERENCE, Order, OrderEvent, StockAlert
from checkout.references import sign
from checkout.summary import Summary
from shop.mail import Kind, composed, queue, register, unqueue
from shop.models import OutgoingMail

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

RECEIPT = "receipt"
CANCELLATION = "cancellation"
REMINDER = "reminder"
ALERTS = "alerts"
MAILS_AN_HOUR = 5
"""To one mailbox, whose owner may have ordered nothing."""


def register_mails() -> None:
    """Register the checkout's kinds of mail."""
    register(RECEIPT, Kind(build=_receipt_for, sent=_note_receipt, an_hour=MAILS_AN_HOUR))
    register(CANCELLATION, Kind(build=_cancellation_for, an_hour=MAILS_AN_HOUR))
    register(REMINDER, Kind(build=_reminder_for, an_hour=MAILS_AN_HOUR))
    register(ALERTS, Kind(build=_alerts_for, gather=_gather_alerts))


def queue_receipt(order: Order) -> None:
    """Queue the receipt of an order that was just confirmed, if it has an e-mail address.

    The address is read again, since another attempt may have changed it meanwhile.
    """
    address = Order.objects.values_list("email", flat=True).get(pk=order.pk)
    if address:
        queue(RECEIPT, order.reference, address)


def queue_second_receipt(order: Order) -> None:
    """Queue the receipt for an order's corrected address, and keep the first from the wrong one."""
    unqueue(RECEIPT, order.reference)
    queue(RECEIPT, f"{order.reference}-2", order.email)


def queue_cancellation(order: Order) -> None:
    """Queue the mail that an order was cancelled, if it has an e-mail address."""
    if order.email:
        queue(CANCELLATION, order.reference, order.email)


def queue_reminder(order: Order, at: datetime) -> None:
    """Queue the mail that an order waits to be collected."""
    queue(REMINDER, f"{order.reference}-{at:%Y%m%d%H%M}", order.email)


def receipt(order: Order, mail: OutgoingMail) -> EmailMultiAlternatives:
    """The receipt of a confirmed order, in the language of its checkout page."""
    subject = gettext_lazy("Your order {reference} at CoffeeCo")
    return _about(order, mail, subject, "mail/receipt")


def _about(
    order: Order, mail: OutgoingMail, subject: StrPromise, template: str
) -> EmailMultiAlternatives:
    """A mail to a customer about their order, in the language of its checkout page."""
    context = {
        "order": order,
        "receipt": Summary.of_order(order),
        "url": settings.BASE_URL + reverse("thanks", args=[sign(order.reference)]),
        "keep_email_days": settings.KEEP_EMAIL_DAYS,
    }
    with translation.override(order.language):
        title = str(subject).format(reference=order.reference)
        return composed(mail, title, template, context)


def _receipt_for(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    order = Order.objects.filter(reference=_reference(mail), cancelled_at=None).first()
    return receipt(order, mail) if order else None


def _cancellation_for(mail: OutgoingMail) -> EmailMultiAlternatives:
    order = Order.objects.get(reference=mail.key)
    subject = gettext_lazy("Your order {reference} at CoffeeCo was cancelled")
    return _about(order, mail, subject, "mail/cancellation")


def _reminder_for(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    waits = Order.objects.filter(handed_over_at=None, cancelled_by="", reference=_reference(mail))
    order = waits.first()
    subject = gettext_lazy("Your order {reference} at CoffeeCo is waiting for you")
    return _about(order, mail, subject, "mail/reminder") if order else None


def _reference(mail: OutgoingMail) -> str:
    """The reference of a mail's order; there may be more behind it, such as ``-2``."""
    return mail.key[:LONGEST_REFERENCE]


def _note_receipt(mail: OutgoingMail) -> None:
    order = Order.objects.get(reference=_reference(mail))
    OrderEvent.objects.create(order=order, at=timezone.now(), what="receipt sent")


def _gather_alerts() -> None:
    """Queue one mail to each of ALERT_EMAILS, with every alert that is in no mail yet."""
    unsent = StockAlert.objects.filter(mail="")
    if not settings.ALERT_EMAILS or not unsent.exists():
        return
    name = secrets.token_hex(16)
    with transaction.atomic():
        if unsent.update(mail=name):
            for number, address in enumerate(settings.ALERT_EMAILS, start=1):
                queue(ALERTS, f"{name}-{number}", address)


def _alerts_for(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    name, _, _number = mail.key.rpartition("-")
    alerts = list(StockAlert.objects.filter(mail=name).order_by("name", "product_id", "at"))
    if not alerts:
        return None
    groups = [list(group) for _, group in groupby(alerts, lambda alert: alert.product_id)]
    context: dict[str, object] = {
        "coffees": [(group[0], [messages.alert(alert) for alert in group]) for group in groups],
        "url": settings.BASE_URL + reverse("staff_alerts"),
    }
    return composed(mail, _alerts_subject(alerts), "mail/alerts", context)


def _alerts_subject(alerts: Sequence[StockAlert]) -> str:
    names = sorted({alert.name for alert in alerts})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Stock alert: {shown}"
