"""What the checkout's mails say: receipts for customers, alerts for staff."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from checkout.models import Order, OrderEvent, StockAlert
from checkout.references import sign
from checkout.summary import Summary
from shop.mail import Kind, composed, queue, register
from shop.models import OutgoingMail

RECEIPT = "receipt"
ALERTS = "alerts"


def register_mails() -> None:
    """Make the checkout's kinds of mail known."""
    register(RECEIPT, Kind(build=_receipt_for, sent=_note_receipt))
    register(ALERTS, Kind(build=_alerts_for, gather=_gather_alerts))


def queue_receipt(order: Order) -> None:
    """Write down the receipt of an order that was just confirmed, if it has an address.

    The address is read anew: another press may have changed it since this one read the order.
    """
    address = Order.objects.values_list("email", flat=True).get(pk=order.pk)
    if address:
        queue(RECEIPT, order.reference, address)


def receipt(order: Order, mail: OutgoingMail) -> EmailMultiAlternatives:
    """The receipt of a confirmed order, in the language it was placed in."""
    context = {
        "order": order,
        "receipt": Summary.of_order(order),
        "url": settings.BASE_URL + reverse("thanks", args=[sign(order.reference)]),
        "keep_email_days": settings.KEEP_EMAIL_DAYS,
    }
    with translation.override(order.language):
        subject = gettext("Your order {reference} at CoffeeCo").format(reference=order.reference)
        return composed(mail, subject, "mail/receipt", context)


def _receipt_for(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    order = Order.objects.filter(reference=mail.key, cancelled_at=None).first()
    return receipt(order, mail) if order else None


def _note_receipt(mail: OutgoingMail) -> None:
    order = Order.objects.get(reference=mail.key)
    OrderEvent.objects.create(order=order, at=timezone.now(), what="receipt sent")


def _gather_alerts() -> None:
    """Write down one mail for all alerts that are in none yet, to each of ALERT_EMAILS."""
    untold = StockAlert.objects.filter(mail="")
    if not settings.ALERT_EMAILS or not untold.exists():
        return
    name = secrets.token_hex(16)
    with transaction.atomic():
        if untold.update(mail=name):
            for number, address in enumerate(settings.ALERT_EMAILS, start=1):
                queue(ALERTS, f"{name}-{number}", address)


def _alerts_for(mail: OutgoingMail) -> EmailMultiAlternatives | None:
    name, _, _number = mail.key.rpartition("-")
    alerts = list(StockAlert.objects.filter(mail=name).order_by("name", "product_id", "at"))
    if not alerts:
        return None
    context = {"alerts": alerts, "url": settings.BASE_URL + reverse("staff_alerts")}
    return composed(mail, _alerts_subject(alerts), "mail/alerts", context)


def _alerts_subject(alerts: Sequence[StockAlert]) -> str:
    names = sorted({alert.name for alert in alerts})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Stock alert: {shown}"
