"""Check that stock, ledger and orders agree."""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from checkout.maintenance import Audit, Finding, FindingKind, Step, entries_expected, rebuild_orders
from shop.command_errors import Away, cause, sentence
from shop.inventory import get_inventory
from shop.inventory.contract import AcceptOutside, Inventory, InventoryError, Note
from shop.plurals import counted
from shop.printable import one_line

DAMAGED = "the ledger itself was changed: compare it with a backup"
REMEDIES = {
    FindingKind.BROKEN_CHAIN: DAMAGED,
    FindingKind.SALE_WITHOUT_MOVEMENT: DAMAGED,
    FindingKind.MOVEMENT_WITHOUT_SALE: DAMAGED,
    FindingKind.ORDER_WITHOUT_SALE: "its bags are still counted as stock: set them aside and count",
    FindingKind.CLOSED_BUT_SOLD: "the order was changed by hand: its bags were sold",
    FindingKind.OTHER_LINES: "the order was changed by hand: the ledger has what was sold",
    FindingKind.OTHER_BASKET: "two orders share this reference, and one of them was lost",
    FindingKind.OUTSIDE: "accept it into the ledger with --accept",
    FindingKind.SALE_WITHOUT_ORDER: "restore the order with --rebuild",
    FindingKind.NOT_SETTLED: "run: python manage.py reconcile_orders, or wait two minutes",
    FindingKind.LEFT_BEHIND: "is 'jobs' running? Run: python manage.py reconcile_orders",
}


class Command(BaseCommand):
    """Exit code 0: everything agrees; 1: there are findings; 2: stock or orders can't be read."""

    help = "Check every product, order and ledger entry against each other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="restore missing orders from the ledger first"
        )
        parser.add_argument(
            "--accept",
            action="store_true",
            help="write changes made by other programs into the ledger first",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        inventory = get_inventory()
        self._quiet: bool = options["json"]
        self._kept: list[Finding] = []
        done: dict[str, int] = {}
        try:
            if options["rebuild"]:
                with self._bar() as bar:
                    done["restored"] = rebuild_orders(inventory, step=bar.update)
                self._write(f"{counted(done['restored'], 'order')} restored from the ledger.")
            if options["accept"]:
                with self._bar() as bar:
                    done["accepted"] = _accept(inventory, bar.update)
                self._write(f"{counted(done['accepted'], 'change')} accepted into the ledger.")
            with self._bar(entries_expected(inventory)) as bar:
                audit = Audit(inventory, step=bar.update)
                found = self._print_findings(audit, bar)
        except (InventoryError, DatabaseError) as error:
            self._give_up(error, done)
        if self._quiet:
            self.stdout.write(json.dumps(done | _report(audit, self._kept)))
        else:
            self._sum_up(audit, found)
        if found:
            sys.exit(1)

    def _print_findings(self, audit: Audit, bar: tqdm[NoReturn]) -> int:
        """Print each finding at once, so that many need no memory; returns how many."""
        found = 0
        for finding in audit.run():
            found += 1
            if self._quiet:
                self._kept.append(finding)
            else:
                bar.clear()
                self._print(finding)
        return found

    def _bar(self, expected: int | None = None) -> tqdm[NoReturn]:
        # disable=None shows the bar only at a terminal.
        hidden = True if self._quiet else None
        return tqdm(total=expected, unit=" entries", leave=False, disable=hidden)

    def _write(self, line: str) -> None:
        if not self._quiet:
            self.stdout.write(line)

    def _give_up(self, error: Away, done: dict[str, int]) -> NoReturn:
        if self._quiet:
            self.stdout.write(json.dumps(done | {"away": cause(error)}))
        self.stderr.write(sentence(error))
        sys.exit(2)

    def _print(self, finding: Finding) -> None:
        detail = f" ({finding.detail})" if finding.detail else ""
        words = f"{finding.subject}: {finding.kind}{detail}; {REMEDIES[finding.kind]}"
        self.stdout.write(one_line(words))

    def _sum_up(self, audit: Audit, found: int) -> None:
        looked = (
            f"{counted(audit.products, 'product')}, {counted(audit.movements, 'movement')}, "
            f"{counted(audit.decisions, 'decision')} and {counted(audit.orders, 'order')}"
        )
        self.stdout.write(f"{looked}: {counted(found, 'finding') if found else 'no findings'}.")


def _accept(inventory: Inventory, step: Step) -> int:
    """Write every change from outside into the ledger; returns how many."""
    accepted = 0
    for finding in Audit(inventory, step=step).outside():
        note = Note(
            key=f"accept-{secrets.token_hex(16)}", who="audit_ledger", why="accepted by an operator"
        )
        inventory.apply(AcceptOutside(product_id=int(finding.subject)), note)
        accepted += 1
    return accepted


def _report(audit: Audit, findings: list[Finding]) -> dict[str, Any]:
    return {
        "products": audit.products,
        "movements": audit.movements,
        "decisions": audit.decisions,
        "orders": audit.orders,
        "findings": [{"kind": f.kind, "subject": f.subject, "detail": f.detail} for f in findings],
    }
