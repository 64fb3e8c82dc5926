"""Check the stock's store; each fault comes with its remedy."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from shop.inventory import get_inventory
from shop.inventory.contract import Check
from shop.printable import one_line

WRONG, UNREACHABLE = 1, 2


class Command(BaseCommand):
    """``manage.py check_inventory``"""

    help = (
        "Checks that the shop can sell from its stock's store, and leaves it as it was. Exit code "
        "0: all is well; 1: something is not; 2: the store can't be reached."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the checks as JSON")

    def handle(self, **options: Any) -> None:
        try:
            inventory = get_inventory()
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=UNREACHABLE) from error
        checks: list[Check] = []
        for check in inventory.check():
            checks.append(check)
            if not options["json"]:
                self._show(check)
        if options["json"]:
            answer = json.dumps([asdict(check) for check in checks], ensure_ascii=False)
            self.stdout.write(one_line(answer))
        self._judge(checks)

    def _show(self, check: Check) -> None:
        """Print a check at once, with its remedy below it."""
        mark = self.style.SUCCESS("✓") if check.ok else self.style.ERROR("✗")
        self.stdout.write(f"{mark} {one_line(f'{check.name}: {check.found}')}")
        if check.remedy:
            self.stdout.write(f"    {one_line(check.remedy)}")
        self.stdout.flush()

    def _judge(self, checks: list[Check]) -> None:
        if not checks[0].ok:
            raise CommandError("The store can't be reached.", returncode=UNREACHABLE)
        wrong = [check.name for check in checks if not check.ok]
        if wrong:
            raise CommandError(f"Checks that failed: {', '.join(wrong)}.", returncode=WRONG)
