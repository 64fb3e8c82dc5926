"""The stock as CSV, in columns that no delivery is read from."""

from __future__ import annotations

import csv
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from shop.command_errors import as_command_errors
from shop.deliveries import products_on_sale, stock_rows
from shop.desk import to_collect
from shop.inventory import get_inventory
from shop.printable import one_line


class Command(BaseCommand):
    """``manage.py export_stock > stock.csv``"""

    help = "Writes every product on sale to standard output as CSV, as the stock page does."

    def handle(self, **_options: Any) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        try:
            with as_command_errors():
                rows = stock_rows(products_on_sale(get_inventory()), to_collect())
                # Files get names unchanged; on a terminal, control codes in them would take effect.
                is_shown = self.stdout.isatty()
                writer.writerows(map(one_line, row) if is_shown else row for row in rows)
            self.stdout.flush()
        except BrokenPipeError:
            # The reader (head, less) has seen enough. Python would complain once more on leaving.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
