"""Send queued mails of every kind."""

from __future__ import annotations

from checkout.management.mail_command import MailCommand


class Command(MailCommand):
    """``manage.py send_mails``"""
