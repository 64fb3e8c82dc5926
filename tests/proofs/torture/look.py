"""Run with a shop's settings: settle, audit and deliver, and print all there is as JSON.

``look [--make] DELIVERY`` makes the tables first if told to, and at the
end receives the bags that DELIVERY, a JSON object of product ids and quantities, brings.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from decimal import Decimal
from io import StringIO
from typing import Any

import django
from django.core.management import call_command

PRICE = Decimal("12.50")


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--make", action="store_true")
    parser.add_argument("delivery", type=json.loads)
    options = parser.parse_args()
    django.setup()
    if options.make:
        call_command("migrate", verbosity=0)
    # Twice: the second has nothing to do, or an order can't be settled.
    told = [run("reconcile_orders", "--older-than", "0") for _ in range(2)]
    facts = {"reconciled": told, "audit": run("audit_ledger"), **look()}
    deliver({int(id_): bags for id_, bags in options.delivery.items()})
    json.dump(facts, sys.stdout)


def run(command: str, *arguments: str) -> dict[str, Any]:
    """A command's exit code and what it printed as JSON."""
    said = StringIO()
    code: object = 0
    try:
        call_command(command, *arguments, "--json", stdout=said)
    except SystemExit as end:
        code = end.code or 0
    return {"code": code, "said": json.loads(said.getvalue())}


def look() -> dict[str, Any]:
    """Orders, decisions and stock, read by the shop's own code but judged elsewhere."""
    from checkout.models import Order
    from shop.inventory import get_inventory
    from shop.inventory.contract import ProductQuery, Sort

    inventory = get_inventory()
    stock = inventory.page(ProductQuery(sort=Sort.ID, limit=1000)).products
    return {
        "orders": list(Order.objects.values_list("reference", "token_hash", "state")),
        "decisions": [
            {
                "reference": decision.reference,
                "kind": decision.kind,
                "token_hash": decision.token_hash,
                "lines": [(line.product_id, line.quantity) for line in decision.lines],
            }
            for decision in inventory.decisions()
        ],
        "left": {product.id: product.left for product in stock},
    }


def deliver(bags: dict[int, int]) -> None:
    """Receive so many bags of each product."""
    from shop.inventory import get_inventory
    from shop.inventory.contract import Delivery, DeliveryRow, Note

    rows = tuple(
        DeliveryRow(
            product_id=id_,
            name=f"Coffee {id_}",
            price=PRICE,
            quantity=quantity,
            origin="Colombia",
            description="Chocolate and hazelnut",
        )
        for id_, quantity in bags.items()
    )
    if rows:
        note = Note(key=f"torture {secrets.token_hex(8)}", who="Rosa")
        get_inventory().apply(Delivery(rows=rows, again=True), note)


if __name__ == "__main__":
    main()
