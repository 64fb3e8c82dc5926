"""Names that another program wrote add no line and steer no terminal, wherever they are shown."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import pytest
from django.conf import settings
from django.core.management import call_command

from shop.inventory.models import StockRow
from shop.printable import one_line, printable
from tests.support.cast import stock

FORMATTERS = cast("dict[str, Any]", settings.LOGGING["formatters"])
STEERING = "Huila\x1b]0;title\x07\x9b31m\x0b\u2028Forged line"


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "in_one_line", "in_lines"),
    [
        ("Café São João 咖啡 👩\u200d🌾", None, None),
        ("a\nb\tc", "a\\u000ab\\u0009c", "a\nb\tc"),
        ("a\r\x0b\x0c\x1c", "a\\u000d\\u000b\\u000c\\u001c", "a\\u000d\\u000b\\u000c\\u001c"),
        ("\x1b[2J\x9b", "\\u001b[2J\\u009b", "\\u001b[2J\\u009b"),
        ("\u2028\ud800", "\\u2028\\ud800", "\\u2028\\ud800"),
    ],
)
def test_controls_are_written_out_and_nothing_else(
    text: str, in_one_line: str | None, in_lines: str | None
) -> None:
    assert one_line(text) == (text if in_one_line is None else in_one_line)
    assert printable(text) == (text if in_lines is None else in_lines)


@contextmanager
def the_shops_log() -> Iterator[io.StringIO]:
    """A handler as the shop's settings make it, on a stream of its own."""
    config = logging.config.DictConfigurator(settings.LOGGING)
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(config.configure_formatter(dict(FORMATTERS["text"])))
    logging.getLogger("coffeeco").addHandler(handler)
    try:
        yield handler.stream
    finally:
        logging.getLogger("coffeeco").removeHandler(handler)


def test_a_record_of_the_log_is_one_line() -> None:
    with the_shops_log() as log:
        logging.getLogger("coffeeco.alerts").warning("Low stock: %s", STEERING + "\n")
    (line, end) = log.getvalue().split("\n")
    assert (line.isprintable(), end) == (True, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "command", [["stock"], ["stock", "--json"], ["export_stock"], ["audit_ledger"]]
)
def test_no_command_shows_a_name_that_steers_the_terminal(command: list[str]) -> None:
    stock()
    StockRow.objects.filter(id=1001).update(name=STEERING, quantity=7)
    terminal = Terminal()
    # The audit exits with 1, for it finds the changed row.
    with suppress(SystemExit):
        call_command(*command, stdout=terminal)
    assert "Forged line" in terminal.getvalue() or command == ["audit_ledger"]
    lines = terminal.getvalue().split("\n")
    assert not [line for line in lines if not line.replace("\t", "").isprintable()]
    if "--json" in command:
        names = [row["name"] for row in json.loads(terminal.getvalue())["products"]]
        problems = [row["name"] for row in json.loads(terminal.getvalue())["problems"]]
        assert STEERING in names + problems
