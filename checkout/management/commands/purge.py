"""Remove what the shop keeps no longer."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from checkout.maintenance import purge


class Command(BaseCommand):
    """Exit code 0, whether there was something to remove or not."""

    help = "Remove e-mail addresses from orders that are long over, and records of wrong tries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        done = purge()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        elif done.addresses or done.tries:
            self.stdout.write(
                f"Removed: e-mail addresses of {done.addresses} orders, "
                f"{done.tries} records of wrong tries."
            )
        else:
            self.stdout.write("Nothing to remove.")
