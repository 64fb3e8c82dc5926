"""Print the stock as a table or JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand

from shop.command_errors import as_command_errors
from shop.deliveries import products_on_sale
from shop.inventory import get_inventory
from shop.inventory.contract import Inventory, ProblemRow, Product
from shop.printable import one_line

RECENT = 10
HEADINGS = ("id", "name", "origin", "price", "bags", "state")
ON_THE_RIGHT = {"id", "price", "bags"}


class Command(BaseCommand):
    """``manage.py stock``"""

    help = "Shows the stock: what is on sale, what is low, what sold out most recently."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--low", action="store_true", help="only what is low or sold out")
        parser.add_argument("--json", action="store_true", help="print it as JSON")

    def handle(self, *, low: bool, **options: Any) -> None:
        inventory = get_inventory()
        with as_command_errors():
            below = inventory.low_stock if low else None
            products = [
                *products_on_sale(inventory, below=below),
                *inventory.sold_out(limit=RECENT),
            ]
            unfit = inventory.problems()
        if options["json"]:
            self.stdout.write(_as_json(products, unfit, inventory))
            return
        if products:
            self._table([_cells(product, inventory) for product in products])
        elif low:
            self.stdout.write("Nothing is low or sold out.")
        else:
            self.stdout.write("Nothing is in stock. Begin with: manage.py import_delivery FILE")
        for row in unfit:
            name = f" {one_line(row.name)}" if row.name else ""
            self.stdout.write(
                f"Not offered until corrected: {row.id}{name} ({', '.join(row.problems)})"
            )

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
        for row in (HEADINGS, *rows):
            cells = (
                cell.rjust(width) if heading in ON_THE_RIGHT else cell.ljust(width)
                for heading, cell, width in zip(HEADINGS, row, widths, strict=True)
            )
            self.stdout.write("  ".join(cells).rstrip())


def state(product: Product, low_stock: int) -> str:
    """The product's shelf in one or two words."""
    if product.is_sold_out:
        return "sold out"
    return "low" if product.left < low_stock else "in stock"


def _cells(product: Product, inventory: Inventory) -> tuple[str, ...]:
    return (
        str(product.id),
        one_line(product.name),
        one_line(product.origin),
        f"{product.price:.2f}",
        str(product.left),
        state(product, inventory.low_stock),
    )


def _as_json(products: Iterable[Product], unfit: Iterable[ProblemRow], inventory: Inventory) -> str:
    answer = {
        "products": [
            {
                "id": product.id,
                "name": product.name,
                "origin": product.origin,
                "price": f"{product.price:.2f}",
                "quantity": product.left,
                "state": state(product, inventory.low_stock),
            }
            for product in products
        ],
        "problems": [
            {"id": row.id, "name": row.name, "problems": list(row.problems)} for row in unfit
        ],
    }
    return one_line(json.dumps(answer, ensure_ascii=False))
