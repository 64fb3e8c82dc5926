"""Call the stock server's alerts that were not answered when their sale was made."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from checkout.server_alerts import raise_due
from shop.command_errors import sentence
from shop.inventory import get_inventory


class Command(BaseCommand):
    """Exit code 0: none is due any more; 1: some are, and are called again later; 2: failed."""

    help = "Call the stock server's alerts that were not answered, for a day, with longer pauses."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            raised = raise_due(get_inventory())
        except DatabaseError as error:
            raise CommandError(sentence(error), returncode=2) from error
        if raised.answered or raised.due:
            self.stdout.write(f"{raised.answered} answered, {raised.due} still due.")
        if raised.due:
            raise SystemExit(1)
