"""Receive a delivery from a CSV file, in one transaction, once."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localtime

from shop.command_errors import as_command_errors
from shop.deliveries import (
    MAX_UPLOAD,
    Means,
    Preview,
    Problem,
    ReadDelivery,
    UnreadableDelivery,
    edited,
    new_key,
    preview,
    read_delivery,
)
from shop.desk import LONGEST_WHY, to_collect
from shop.inventory import get_inventory, received_before
from shop.inventory.contract import ChangeResult, Decision, Delivery, DeliveryRepeated, Note
from shop.plurals import counted
from shop.printable import one_line


class Command(BaseCommand):
    """``manage.py import_delivery FILE``"""

    help = "Receives a delivery from a CSV file: all of its rows, or none if any has a problem."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the CSV file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="check it and write nothing")
        parser.add_argument(
            "--again", action="store_true", help="receive it even if the same one came before"
        )
        parser.add_argument(
            "--put-back",
            action="store_true",
            help="put withdrawn coffees that are in the file back on sale",
        )
        parser.add_argument(
            "--bags",
            choices=["received", "shelf"],
            default="",
            help="what a column such as Stock holds: the bags that came, or a count of the shelf",
        )
        parser.add_argument(
            "--leave-out", action="store_true", help="leave out rows of totals or without bags"
        )
        parser.add_argument("--supplier", default="", help="whom the bags came from")
        parser.add_argument("--note", default="", help="a note, such as the slip's number")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(
        self, *, file: str, dry_run: bool, again: bool, put_back: bool, **options: Any
    ) -> None:
        read = _read(file, options["bags"], leave_out=options["leave_out"])
        inventory = get_inventory()
        with as_command_errors():
            seen = preview(read, inventory, to_collect() if read.is_count else None)
        self._show_notices(seen)
        if seen.is_undecided:
            self.stderr.write("Say it with --bags received, or --bags shelf for a count.")
        if seen.problems:
            self._refuse(seen.problems, file, as_json=options["json"])
        if seen.withdrawn and not (put_back or seen.is_count):
            self._refuse(_withdrawn(seen), file, as_json=options["json"])
        for row in () if seen.is_count else seen.withdrawn:
            self.stderr.write(f"line {row.line}: {row.name} is {row.remark}.")
        key = new_key()
        change = seen.count() if seen.is_count else seen.delivery(again=again)
        if dry_run:
            results = None
            with as_command_errors():
                if isinstance(change, Delivery) and not again:
                    earlier = received_before(inventory, change)
                    if earlier:
                        raise CommandError(_repeated(earlier))
        else:
            said = ": ".join(filter(None, (options["supplier"], options["note"])))
            why = one_line(said)[:LONGEST_WHY] or _named(file)
            with as_command_errors():
                try:
                    results = inventory.apply(
                        change, Note(key=key, who="import_delivery", why=why)
                    ).results
                except DeliveryRepeated as error:
                    raise CommandError(_repeated(error.earlier)) from error
        self._report(seen, results, key, as_json=options["json"])

    def _show_notices(self, seen: Preview) -> None:
        for notice in seen.notices:
            self.stderr.write(one_line(notice))
        for row in seen.rows:
            for difference in row.differences:
                self.stderr.write(one_line(f"line {row.line}: {difference} The shop's is kept."))

    def _refuse(self, problems: Sequence[Problem], file: str, *, as_json: bool) -> None:
        for problem in problems:
            self.stderr.write(one_line(problem))
        if as_json:
            answer = [{"line": problem.line, "words": problem.words} for problem in problems]
            self.stdout.write(json.dumps({"received": False, "problems": answer}))
        raise CommandError(
            f"Nothing was written: {_named(file)} has {counted(len(problems), 'problem')}. "
            "Put right what is named above and import it again."
        )

    def _report(
        self,
        seen: Preview,
        results: tuple[ChangeResult, ...] | None,
        key: str,
        *,
        as_json: bool,
    ) -> None:
        """Print what was done, or what would be done if there are no results."""
        if seen.is_count:
            self._report_counts(seen, results, key, as_json=as_json)
            return
        products = len(seen.rows) if results is None else len(results)
        new = seen.counts["new"] if results is None else sum(result.is_new for result in results)
        if as_json:
            answer: dict[str, Any] = {
                "received": results is not None,
                "products": products,
                "new": new,
                "topped_up": products - new,
                "bags": seen.bags,
            }
            if results is not None:
                answer["reference"] = key
            self.stdout.write(json.dumps(answer))
            return
        figures = (
            f"{counted(products, 'product')}, {new} new, {products - new} topped up, "
            f"{counted(seen.bags, 'bag')}."
        )
        if results is None:
            self.stdout.write(f"Would receive {figures} Nothing was written.")
        else:
            self.stdout.write(f"Received {figures} Its reference: {key}")

    def _report_counts(
        self,
        seen: Preview,
        results: tuple[ChangeResult, ...] | None,
        key: str,
        *,
        as_json: bool,
    ) -> None:
        counted_products, changed = seen.counts["count"], len(seen.miscounted)
        if as_json:
            answer = {"received": results is not None, "counted": counted_products}
            reference = {} if results is None else {"reference": key}
            self.stdout.write(json.dumps(answer | {"changed": changed} | reference))
            return
        figures = f"{counted(counted_products, 'product')}, {changed} of them changed."
        if results is None:
            self.stdout.write(f"Would count {figures} Nothing was written.")
        else:
            self.stdout.write(f"Counted {figures} The reference: {key}")


def _read(file: str, means: Means, *, leave_out: bool) -> ReadDelivery:
    """The file's rows, without those that can be left out if that is wanted."""
    try:
        read = read_delivery(_contents(file), means)
        if leave_out:
            idle = [row.line for row in read.rows if row.is_idle]
            read = read_delivery(edited(read.text, {}, idle), means)
    except UnreadableDelivery as error:
        raise CommandError(one_line(f"{_named(file)} was not read. {error}")) from error
    return read


def _withdrawn(seen: Preview) -> list[Problem]:
    """Problems for rows with a withdrawn coffee, which needs --put-back."""
    return [
        Problem(
            line=row.line,
            words=f"{row.name} is withdrawn and would come back on sale: leave the line out, or "
            "import the file with --put-back.",
        )
        for row in seen.withdrawn
    ]


def _contents(file: str) -> bytes:
    """The file's bytes; at most one more than allowed, to notice a larger file."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_UPLOAD + 1)
        with Path(file).open("rb") as opened:
            return opened.read(MAX_UPLOAD + 1)
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read ({error.strerror}). Give the path of a CSV file, or - for "
            "standard input."
        ) from error


def _named(file: str) -> str:
    return "standard input" if file == "-" else one_line(Path(file).name)


def _repeated(earlier: Decision) -> str:
    first = localtime(earlier.at)
    return (
        f"The same delivery was received on {first:%d %B %Y at %H:%M} "
        f"({earlier.reference}). Nothing was written. If it really came twice, "
        "import it with --again."
    )
