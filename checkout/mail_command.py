"""What the commands that send mail have in common."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from checkout.away import sentence
from checkout.mail import Sent


class MailCommand(BaseCommand):
    """Sends what is due and says how many; a subclass names and sends it."""

    noun: str

    @abstractmethod
    def send(self) -> Sent:
        """Send what is due."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            done = self.send()
        except DatabaseError as error:
            self.stderr.write(sentence(error))
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps({"sent": done.sent, "failed": done.failed}))
        elif not done.sent and not done.failed:
            self.stdout.write(f"No {self.noun} to send.")
        else:
            self.stdout.write(f"Mails with {self.noun}: {done.sent} sent, {done.failed} failed.")
        if done.failed:
            self.stderr.write("They are tried again in the next round. See EMAIL_URL and the log.")
            sys.exit(1)
