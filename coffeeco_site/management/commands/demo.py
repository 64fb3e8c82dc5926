"""``manage.py demo``: the whole shop on this machine, which is what ``make run`` ends in."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from checkout.made_up import Refused, Trade, clock_at, has_coffee, refuse_unless_new
from coffeeco_site.environment import LOCAL_HOSTS
from coffeeco_site.serving import HOST, Shop, port_problem, run_manage
from shop.command_errors import sentence
from shop.inventory import get_inventory
from shop.inventory.contract import InventoryError

SAMPLE = Path("shop") / "sample_delivery.csv"
STAFF = "roaster"
KEEPERS = "Stock keeper"


class Command(BaseCommand):
    help = "Set the shop up on this machine, with a sample delivery, and serve it until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="default 8000")
        parser.add_argument(
            "--with-history",
            action="store_true",
            help="make up forty days of trade first, in a new shop",
        )

    def handle(self, *, port: int, with_history: bool = False, **_options: Any) -> None:
        try:
            self._open(port, with_history=with_history)
        except KeyboardInterrupt:  # while it was still being set up
            self.stdout.write("")
        self.stdout.write("The shop is closed.")

    def _open(self, port: int, *, with_history: bool) -> None:
        problem = port_problem(port)
        if problem:
            raise CommandError(problem)
        self.stdout.write("Bringing the database and the static files up to date.")
        self.stdout.flush()
        call_command("migrate", verbosity=0, interactive=False)
        run_manage("collectstatic", "--noinput", "--verbosity=0")
        if with_history:
            self.make_up_history()
        self.fill_empty_shelves()
        staff = staff_account()
        with Shop(port) as shop:
            self.stdout.write(f"\nThe shop is open:  http://{HOST}:{port}")
            self.stdout.write(f"For the staff:     http://{HOST}:{port}/staff/  as {staff}")
            self.stdout.write("Ctrl-C closes it.\n")
            # Output to a file or a pipe would stay in a buffer until the shop is closed.
            self.stdout.flush()
            shop.wait()

    def make_up_history(self) -> None:
        """Forty days of trade that never happened; raises CommandError where that is refused."""
        inventory = get_inventory()
        trade = Trade(inventory)
        try:
            refuse_unless_new(inventory, settings.ALLOWED_HOSTS, LOCAL_HOSTS)
            with clock_at(inventory, lambda: trade.first_day):
                self.fill_empty_shelves()
            self.stdout.write("Making up forty days of trade.")
            self.stdout.flush()
            trade.happen()
        except Refused as reason:
            raise CommandError(str(reason)) from None
        except InventoryError as error:
            raise CommandError(sentence(error)) from error
        self.stdout.write(f"{trade.orders} orders were made up; each says so in its history.")

    def fill_empty_shelves(self) -> None:
        """The sample delivery, in a shop that never had a coffee."""
        inventory = get_inventory()
        try:
            is_empty = not has_coffee(inventory)
        except InventoryError as error:
            self.stderr.write(sentence(error))
            return
        if is_empty:
            self.stdout.write("The shop is empty: loading the sample delivery.")
            call_command("import_delivery", str(SAMPLE), stdout=self.stdout)


def staff_account() -> str:
    """Make the staff account if there is none; its name, and its password or how to set one."""
    account, is_new = get_user_model().objects.get_or_create(
        username=STAFF, defaults={"is_staff": True}
    )
    if not is_new:
        return f"{STAFF}; a new password: .venv/bin/python manage.py changepassword {STAFF}"
    password = secrets.token_urlsafe(9)
    account.set_password(password)
    account.save()
    # Migrations made this group; it may have been deleted since.
    keepers, _ = Group.objects.get_or_create(name=KEEPERS)
    keepers.permissions.add(
        *Permission.objects.filter(content_type__app_label__in=("inventory", "checkout"))
    )
    account.groups.add(keepers)
    return f"{STAFF}, password {password}  (shown this once)"
