"""The base of the commands that send mail."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from shop.command_errors import sentence
from shop.mail_round import send_due


class MailCommand(BaseCommand):
    """Sends the mails that are due and prints how many; a subclass may name kinds of mail.

    Exit code 0: all were sent; 1: some could not be sent and will be retried; 2: Django's database
    is unavailable.
    """

    help = "Send the mails that are due; safe to run twice at once."
    noun = "mails"
    kinds: tuple[str, ...] = ()
    """The kinds of mail to send; empty for all kinds."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            done = send_due(self.kinds)
        except DatabaseError as error:
            self.stderr.write(sentence(error))
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps({"sent": done.sent, "failed": done.failed}))
        elif not done.sent and not done.failed:
            self.stdout.write(f"No {self.noun} to send.")
        else:
            of_what = f" with {self.noun}" if self.kinds else ""
            self.stdout.write(f"Mails{of_what}: {done.sent} sent, {done.failed} failed.")
        if done.failed:
            self.stderr.write("They are tried again later. See EMAIL_URL and the log.")
            sys.exit(1)
