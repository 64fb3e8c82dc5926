"""Print the stock as a table or JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand

from shop.command_errors import as_command_errors
from shop.deliveries import products_on_sale
from shop.desk import Selling, to_collect
from shop.inventory import get_inventory
from shop.inventory.contract import ProblemRow, Product
from shop.printable import one_line

RECENT = 10
HEADINGS = ("id", "name", "origin", "price", "to sell", "to collect", "state")
ON_THE_RIGHT = {"id", "price", "to sell", "to collect"}


class Command(BaseCommand):
    """``manage.py stock``"""

    help = "Shows the stock: what is on sale, what is low, what sold out most recently."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--low", action="store_true", help="only what is low or sold out")
        parser.add_argument("--json", action="store_true", help="print it as JSON")

    def handle(self, *, low: bool, **options: Any) -> None:
        inventory = get_inventory()
        with as_command_errors():
            few, waiting = Selling(inventory).low, to_collect()
            on_sale = (one for one in products_on_sale(inventory) if one.id in few or not low)
            products = [*on_sale, *inventory.sold_out(limit=RECENT)]
            unfit = inventory.problems()
        lines = [
            _line(one, is_low=one.id in few, waiting=waiting.get(one.id, 0)) for one in products
        ]
        if options["json"]:
            self.stdout.write(_as_json(lines, unfit))
            return
        if lines:
            self._table([[one_line(str(cell)) for cell in line.values()] for line in lines])
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


def _line(product: Product, *, is_low: bool, waiting: int) -> dict[str, str | int]:
    """A product's figures by the names that the JSON has; its shelf is one or two words."""
    return {
        "id": product.id,
        "name": product.name,
        "origin": product.origin,
        "price": f"{product.price:.2f}",
        "quantity": product.left,
        "to_collect": waiting,
        "state": "sold out" if product.is_sold_out else "low" if is_low else "in stock",
    }


def _as_json(lines: Sequence[dict[str, str | int]], unfit: Iterable[ProblemRow]) -> str:
    answer = {
        "products": lines,
        "problems": [
            {"id": row.id, "name": row.name, "problems": list(row.problems)} for row in unfit
        ],
    }
    return one_line(json.dumps(answer, ensure_ascii=False))
