"""Remove personal data that is past its time."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from checkout.maintenance import purge


class Command(BaseCommand):
    """Exit code 0, also when there was nothing to remove."""

    help = "Remove e-mail addresses past their time, and records of wrong tries and of limits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        done = purge()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        elif any(asdict(done).values()):
            self.stdout.write(
                f"Removed: e-mail addresses of {done.addresses} orders, "
                f"{done.tries} records of wrong tries, {done.hashes} hashes of addresses, "
                f"{done.requests} requests to be told of a restock."
            )
        else:
            self.stdout.write("Nothing to remove.")
