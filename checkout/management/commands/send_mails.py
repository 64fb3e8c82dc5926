"""Send every mail that is due, of whatever kind."""

from __future__ import annotations

from checkout.management.mail_command import MailCommand


class Command(MailCommand):
    """``manage.py send_mails``"""
