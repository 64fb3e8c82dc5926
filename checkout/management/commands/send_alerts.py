"""Send the alerts that are due by e-mail."""

from __future__ import annotations

from checkout.mail import ALERTS
from checkout.management.mail_command import MailCommand


class Command(MailCommand):
    """``manage.py send_alerts``"""

    help = "Send the alerts that are due by e-mail; safe to run twice at once."
    noun = "alerts"
    kinds = (ALERTS,)
