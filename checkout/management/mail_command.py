"""What the commands that send mail have in common."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from shop.command_errors import away_sentence
from shop.mail_round import send_due


class MailCommand(BaseCommand):
    """Sends the mails that are due and says how many; a subclass says of which kinds.

    Exit code 0: all sent, or nothing to send; 1: some could not be sent and will be retried; 2:
    Django's database can't be asked.
    """

    help = "Send the mails that are due; safe to run twice at once."
    noun = "mails"
    kinds: tuple[str, ...] = ()
    """The kinds of mail that it sends; all when it names none."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            done = send_due(self.kinds)
        except DatabaseError as error:
            self.stderr.write(away_sentence(error))
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
