"""Remind customers of orders that wait, and cancel those that were not collected in time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from checkout.uncollected import chase
from shop.command_errors import as_command_errors
from shop.inventory import get_inventory
from shop.plurals import counted


class Command(BaseCommand):
    """Exit code 0, or 1 when the stock or the database can't be asked."""

    help = (
        "Remind customers after REMIND_AFTER_DAYS, and cancel what was not collected "
        "within PICKUP_KEEP_DAYS if CANCEL_UNCOLLECTED is on."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        with as_command_errors():
            done = chase(get_inventory())
        if done.reminded or done.cancelled:
            self.stdout.write(
                f"{counted(done.reminded, 'customer')} reminded, "
                f"{counted(done.cancelled, 'order')} cancelled."
            )
