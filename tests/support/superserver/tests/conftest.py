"""A superserver for each test, and the real driver to talk to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver

USER, PASSWORD = "shop", "secret"
YIRGA = {
    "ProductId": 1001,
    "Name": "Yirgacheffe",
    "Price": 9.99,
    "StockQuantity": 5,
    "CountryOfOrigin": "Ethiopia",
    "Description": "Floral",
}

Connect = Callable[..., Any]
MakeServer = Callable[..., Superserver]


@pytest.fixture
def make_server() -> Iterator[MakeServer]:
    """Return a function that starts a server; all are stopped after the test."""
    with contextlib.ExitStack() as stack:

        def make(**options: Any) -> Superserver:
            options = {"user": USER, "password": PASSWORD} | options
            return stack.enter_context(Superserver(**options))

        yield make


@pytest.fixture
def server(make_server: MakeServer) -> Superserver:
    """Return a server with one product in its store."""
    made = make_server()
    made.create_store()
    made.insert(**YIRGA)
    return made


@pytest.fixture
def connect_to() -> Iterator[Callable[..., Any]]:
    """Return a function that connects to a server; all links are closed after the test."""
    made: list[Any] = []

    def connect(server: Any, **options: Any) -> Any:
        arguments = {
            "hostname": "127.0.0.1",
            "port": server.port,
            "namespace": "USER",
            "username": USER,
            "password": PASSWORD,
            "timeout": 10,
            "sharedmemory": False,
        }
        made.append(iris.connect(**(arguments | options)))
        return made[-1]

    yield connect
    for connection in made:
        # The driver raises when the server has gone before.
        with contextlib.suppress(RuntimeError):
            connection.close()


@pytest.fixture
def connect(server: Superserver, connect_to: Connect) -> Connect:
    """Return a function that connects to the server of the test."""
    return lambda **options: connect_to(server, **options)


@pytest.fixture
def connection(connect: Connect) -> Any:
    """Return a connection that commits by itself."""
    return connect(autoCommit=True)


@pytest.fixture
def db(connection: Any) -> Any:
    """Return the native side of the connection."""
    return iris.createIRIS(connection)


@pytest.fixture
def cursor(connection: Any) -> Any:
    """Return a cursor of the same connection."""
    return connection.cursor()
