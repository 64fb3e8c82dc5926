"""Settle pending orders and finish cancellations."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from checkout import aftercare
from checkout.maintenance import Settled, count_younger, reconcile
from checkout.models import OrderState
from checkout.service import CheckoutService
from shop.command_errors import Away, cause, sentence
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryError
from shop.plurals import counted


class Command(BaseCommand):
    """Exit code 0: nothing had to change; 1: orders were settled; 2: the ledger can't be read."""

    help = "Settle pending orders by the ledger, and finish cancellations that were interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=int,
            default=120,
            metavar="SECONDS",
            help="do not change younger orders (120)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        age = timedelta(seconds=max(0, options["older_than"]))
        settled: list[Settled] = []
        cancelled: list[str] = []
        away: Away | None = None
        inventory = get_inventory()
        try:
            for one in reconcile(
                CheckoutService(inventory), older_than=age, dry_run=options["dry_run"]
            ):
                settled.append(one)
                if options["verbosity"] > 1 and not options["json"]:
                    self.stdout.write(f"{one.reference} {one.state}")
            if not options["dry_run"]:
                cancelled.extend(map(str, aftercare.finish_cancellations(inventory)))
        except (InventoryError, DatabaseError) as error:
            away = error
        if options["json"]:
            orders = {one.reference: one.state for one in settled}
            why = cause(away) if away else ""
            report = {"orders": orders, "cancelled": cancelled, "away": why}
            self.stdout.write(json.dumps(report))
        else:
            self._print(settled, cancelled, age=age, dry_run=options["dry_run"], away=bool(away))
        if away:
            self.stderr.write(f"{sentence(away)} Until then, the other orders are not changed.")
            sys.exit(2)
        changed = cancelled or any(one.state != OrderState.PENDING for one in settled)
        if changed and not options["dry_run"]:
            sys.exit(1)

    def _print(
        self,
        settled: list[Settled],
        cancelled: list[str],
        *,
        age: timedelta,
        dry_run: bool,
        away: bool,
    ) -> None:
        younger = 0 if away else count_younger(age)
        seconds = int(age.total_seconds())
        limit = "2 minutes" if seconds == 120 else f"{seconds} seconds"
        if settled:
            counts = Counter(one.state for one in settled)
            self.stdout.write(_sentence(counts, dry_run=dry_run))
        elif not away:
            older = f" older than {limit}" if younger else ""
            self.stdout.write(f"No pending orders{older}.")
        if younger:
            self.stdout.write(_left_alone(younger, limit))
        if cancelled:
            self.stdout.write(f"The bags of cancelled orders are back: {', '.join(cancelled)}.")


def _left_alone(younger: int, limit: str) -> str:
    if younger == 1:
        return f"1 younger than {limit} is left to its page."
    return f"{younger} younger than {limit} are left to their pages."


def _sentence(counts: Counter[OrderState], *, dry_run: bool) -> str:
    total = sum(counts.values())
    would = "would be " if dry_run else ""
    parts = [
        f"{counts[state]} {would}{state}"
        for state in (OrderState.CONFIRMED, OrderState.REFUSED, OrderState.ABANDONED)
    ]
    left = f", {counts[OrderState.PENDING]} still pending" if counts[OrderState.PENDING] else ""
    return f"{counted(total, 'pending order')} checked: {', '.join(parts)}{left}."
