"""A server as it comes out of its box, and the two commands run on it."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.support.superserver import Superserver

SIDAMO = {
    "ProductId": 1003,
    "Name": "Sidamo",
    "Price": 12.5,
    "StockQuantity": 4,
    "CountryOfOrigin": "Ethiopia",
    "Description": "Bergamot and lemon",
}
HARRAR = {
    "ProductId": 1001,
    "Name": "Harrar",
    "Price": 9.99,
    "StockQuantity": 2,
    "CountryOfOrigin": "Ethiopia",
    "Description": "",
}


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    lines: list[str]
    error: str
    code: int

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def line(self, beginning: str) -> str:
        """The one line that begins so."""
        [found] = [line for line in self.lines if line.startswith(beginning)]
        return found

    def remedy_of(self, name: str) -> str:
        """What stands below the ✗ of a check."""
        place = self.lines.index(self.line(f"✗ {name}: "))
        return self.lines[place + 1].strip()


Run = Callable[..., Said]
MakeServer = Callable[..., Superserver]


@pytest.fixture
def make_server() -> Iterator[MakeServer]:
    """Starts servers; all are stopped after the test."""
    with contextlib.ExitStack() as stack:

        def make(**options: Any) -> Superserver:
            return stack.enter_context(Superserver(**{"user": "shop", "password": "pw"} | options))

        yield make


@pytest.fixture
def fresh(make_server: MakeServer) -> Superserver:
    """A server that has nothing of the shop's yet."""
    return make_server()


@pytest.fixture
def stocked(make_server: MakeServer) -> Superserver:
    """A server with the store of today's public tutorial, the shop's alerts and two coffees."""
    return stocked_server(make_server)


def stocked_server(make_server: MakeServer, **store: Any) -> Superserver:
    """A server with two coffees in a store of some shape."""
    server = make_server()
    server.create_store(**store)
    server.insert(**SIDAMO)
    server.insert(**HARRAR)
    return server


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs a command against a server, or an address."""

    def run(server: Superserver | str, command: str, *arguments: str) -> Said:
        settings.INVENTORY_URL = server if isinstance(server, str) else server.url
        out = io.StringIO()
        error, code = "", 0
        try:
            call_command(command, *arguments, stdout=out, no_color=True)
        except CommandError as raised:
            error, code = str(raised), raised.returncode
        return Said(out.getvalue().splitlines(), error, code)

    return run


@pytest.fixture
def hurried(settings: Settings) -> None:
    """A shop so impatient that its locks wait for no whole second, to run checks over and over."""
    settings.INVENTORY_TIMEOUT = 2.9


def everything(server: Superserver) -> tuple[Any, ...]:
    """All rows, globals and locks of a server, to compare."""
    return server.rows(), server.rows("coffeeco.AlertLog"), server.globals(), server.locks()
