"""Prove that stock, ledger and orders tell one story."""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from checkout.audit import Audit, Finding, FindingKind
from checkout.rebuild import rebuild_orders
from shop.inventory import get_inventory
from shop.inventory.contract import AcceptOutside, Inventory, InventoryError, Note

REMEDIES = {
    FindingKind.OUTSIDE: "accept it into the ledger with --accept",
    FindingKind.SALE_WITHOUT_ORDER: "restore the order with --rebuild",
    FindingKind.NOT_SETTLED: "run: python manage.py reconcile_orders",
}


class Command(BaseCommand):
    """Exit code 0: everything fits; 1: something does not; 2: the inventory is away."""

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
        try:
            if options["rebuild"]:
                self._say(options, f"{rebuild_orders(inventory)} orders restored from the ledger.")
            if options["accept"]:
                self._say(options, f"{_accept(inventory)} changes accepted into the ledger.")
            audit, findings = self._run(inventory, quiet=options["json"])
        except InventoryError as error:
            self.stderr.write(
                f"The inventory can't be asked: {error or type(error).__name__}. Run "
                "'python manage.py check_inventory', then this command again."
            )
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps(_report(audit, findings)))
        else:
            self._print(audit, findings)
        if findings:
            sys.exit(1)

    def _say(self, options: dict[str, Any], sentence: str) -> None:
        if not options["json"]:
            self.stdout.write(sentence)

    def _run(self, inventory: Inventory, *, quiet: bool) -> tuple[Audit, list[Finding]]:
        # disable=None shows the bar at a terminal only.
        with tqdm(unit=" entries", leave=False, disable=True if quiet else None) as bar:
            audit = Audit(inventory, step=bar.update)
            return audit, list(audit.run())

    def _print(self, audit: Audit, findings: list[Finding]) -> None:
        for finding in findings:
            detail = f" ({finding.detail})" if finding.detail else ""
            remedy = REMEDIES.get(finding.kind)
            self.stdout.write(
                f"{finding.subject}: {finding.kind}{detail}" + (f"; {remedy}" if remedy else "")
            )
        looked = (
            f"{audit.products} products, {audit.movements} movements, "
            f"{audit.decisions} decisions and {audit.orders} orders"
        )
        self.stdout.write(
            f"{looked}: {len(findings)} findings." if findings else f"{looked}: all fits."
        )


def _accept(inventory: Inventory) -> int:
    """Accept every change from outside; returns how many there were."""
    drifted = [f for f in Audit(inventory).run() if f.kind is FindingKind.OUTSIDE]
    for finding in drifted:
        note = Note(
            key=f"accept-{secrets.token_hex(16)}", who="audit_ledger", why="accepted by an operator"
        )
        inventory.apply(AcceptOutside(product_id=int(finding.subject)), note)
    return len(drifted)


def _report(audit: Audit, findings: list[Finding]) -> dict[str, Any]:
    return {
        "products": audit.products,
        "movements": audit.movements,
        "decisions": audit.decisions,
        "orders": audit.orders,
        "findings": [{"kind": f.kind, "subject": f.subject, "detail": f.detail} for f in findings],
    }
