"""Send the receipts that are due by e-mail."""

from __future__ import annotations

from checkout.mail import Sent, send_receipts
from checkout.mail_command import MailCommand


class Command(MailCommand):
    """Exit code 0: all sent, or nothing to send; 1: some could not be sent and will be retried; 2:
    Django's database can't be asked."""

    help = "Send the receipts that are due by e-mail; safe to run twice at once."
    noun = "receipts"

    def send(self) -> Sent:
        return send_receipts()
