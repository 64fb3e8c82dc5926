"""Send the receipts that are due by e-mail."""

from __future__ import annotations

from checkout.mail import RECEIPT
from checkout.management.mail_command import MailCommand


class Command(MailCommand):
    """``manage.py send_receipts``"""

    help = "Send the receipts that are due by e-mail; safe to run twice at once."
    noun = "receipts"
    kinds = (RECEIPT,)
