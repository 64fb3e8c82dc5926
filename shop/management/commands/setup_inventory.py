"""Set up the stock's server; run it once, and again after each update of the shop."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from shop.command_errors import as_command_errors
from shop.inventory import get_inventory
from shop.inventory.contract import SetUp
from shop.printable import one_line

NEXT = "python manage.py check_inventory"
AGAIN = "the same without --dry-run"


class Command(BaseCommand):
    """``manage.py setup_inventory``"""

    help = (
        "Makes the table and the classes that the shop needs on its stock's server. What is there "
        "already is left as it is, unless --upgrade is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--upgrade",
            action="store_true",
            help="compile newer classes, and copy an older store into a right one",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what it would do, do nothing"
        )
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, upgrade: bool, dry_run: bool, **options: Any) -> None:
        try:
            inventory = get_inventory()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        with as_command_errors():
            result = inventory.set_up(upgrade=upgrade, dry_run=dry_run)
        if options["json"]:
            answer = json.dumps({"dry_run": dry_run, **asdict(result)}, ensure_ascii=False)
            self.stdout.write(one_line(answer))
        else:
            self.stdout.write(inventory.describe())
            self._report(result, dry_run=dry_run)
        if result.wrong:
            raise CommandError("Not all is set up: see what is wrong above.")

    def _report(self, result: SetUp, *, dry_run: bool) -> None:
        made = "Would make" if dry_run else "Made"
        self._list("There was", result.there or (() if result.left else ("nothing of the shop's",)))
        self._list(made, result.made)
        self._list("Left", result.left)
        self._list("Wrong", result.wrong)
        if not result.wrong:
            self._list("Next", (AGAIN if dry_run and result.made else NEXT,))

    def _list(self, heading: str, entries: Sequence[str]) -> None:
        for number, entry in enumerate(entries):
            label = "" if number else f"{heading}:"
            self.stdout.write(f"{label:<12}{one_line(entry)}")
