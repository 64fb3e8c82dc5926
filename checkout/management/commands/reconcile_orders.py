"""Settle orders that were left pending."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from checkout.models import OrderState
from checkout.reconcile import Settled, cause, reconcile
from checkout.service import CheckoutService
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryError


class Command(BaseCommand):
    """Exit code 0: nothing had to change; 1: orders were settled; 2: the ledger can't be asked."""

    help = "Settle orders that were left pending, by asking the inventory's ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=int,
            default=120,
            metavar="SECONDS",
            help="leave younger orders alone (120)",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        age = timedelta(seconds=max(0, options["older_than"]))
        settled: list[Settled] = []
        away = ""
        try:
            for one in reconcile(
                CheckoutService(get_inventory()), older_than=age, dry_run=options["dry_run"]
            ):
                settled.append(one)
                if options["verbosity"] > 1 and not options["json"]:
                    self.stdout.write(f"{one.reference} {one.state}")
        except (InventoryError, DatabaseError) as error:
            away = cause(error)
        counts = Counter(one.state for one in settled)
        if options["json"]:
            self.stdout.write(
                json.dumps({"orders": {one.reference: one.state for one in settled}, "away": away})
            )
        elif settled or not away:
            self.stdout.write(_sentence(counts, dry_run=options["dry_run"]))
        if away:
            self.stderr.write(
                f"The ledger can't be asked: {away}. The other orders stay pending; run "
                "'python manage.py check_inventory', then this command again."
            )
            sys.exit(2)
        if not options["dry_run"] and sum(counts.values()) > counts[OrderState.PENDING]:
            sys.exit(1)


def _sentence(counts: Counter[OrderState], *, dry_run: bool) -> str:
    total = sum(counts.values())
    if not total:
        return "No pending orders."
    would = "would be " if dry_run else ""
    parts = [
        f"{counts[state]} {would}{state}"
        for state in (OrderState.CONFIRMED, OrderState.REFUSED, OrderState.ABANDONED)
    ]
    orders = "order" if total == 1 else "orders"
    left = f", {counts[OrderState.PENDING]} still pending" if counts[OrderState.PENDING] else ""
    return f"{total} pending {orders} looked at: {', '.join(parts)}{left}."
