"""The handshake, and how logins are refused."""

from __future__ import annotations

import re
from typing import Any

import iris
import iris.dbapi as dbapi
import pytest

from tests.support.superserver import Superserver
from tests.support.superserver.handshake import scrambled, unscrambled

from .conftest import Connect, MakeServer


def test_a_connection_takes_two_messages_and_is_a_session(
    server: Superserver, connect: Connect
) -> None:
    with server.count() as counted:
        connect()
    assert counted.by_kind == {"HS": 1, "CN": 1}
    assert len(server.sessions()) == 1


def test_closing_says_goodbye_and_ends_the_session(server: Superserver, connect: Connect) -> None:
    connection = connect()
    with server.count() as counted:
        connection.close()
        assert server.wait_for_sessions(0)
    assert counted.by_kind == {"DC": 1}


def test_the_url_names_everything_that_a_client_needs(server: Superserver) -> None:
    assert server.url == f"iris://shop:secret@127.0.0.1:{server.port}/USER"


@pytest.mark.parametrize(
    "wrong", [{"password": "Secret"}, {"username": "shopp"}, {"namespace": "ELSEWHERE"}]
)
def test_strangers_are_refused(connect: Connect, wrong: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="Access Denied"):
        connect(**wrong)


def test_user_names_and_namespaces_are_compared_without_case(connect: Connect) -> None:
    assert not connect(username="SHOP", namespace="user").isClosed()


def test_refused_logins_leave_no_session(server: Superserver, connect: Connect) -> None:
    with pytest.raises(RuntimeError):
        connect(password="no")
    assert server.wait_for_sessions(0)


@pytest.mark.parametrize("password", ["SYS", "pä$$Ω", "x" * 300, "a"])
def test_any_password_survives_scrambling(
    make_server: MakeServer, connect_to: Connect, password: str
) -> None:
    server = make_server(password=password)
    assert not connect_to(server, password=password).isClosed()


def test_scrambling_is_that_of_the_driver() -> None:
    hidden = scrambled("SYS")
    assert hidden == bytes.fromhex("9E 00 FF 00 DE 00")
    assert unscrambled(hidden.decode("utf-16-le")) == "SYS"


def test_the_login_text_can_be_chosen_and_lifted(server: Superserver, connect: Connect) -> None:
    server.faults.refuse_login("Password change required")
    with pytest.raises(RuntimeError, match="Password change required"):
        connect()
    server.faults.refuse_login(None)
    assert not connect().isClosed()


def test_one_connection_too_many_meets_the_licence(server: Superserver, connect: Connect) -> None:
    server.faults.limit_connections(2)
    first = connect()
    connect()
    with pytest.raises(RuntimeError, match="LICENSE"):
        connect()
    first.close()
    assert server.wait_for_sessions(1)
    assert not connect().isClosed()


def test_the_dbapi_connects_in_the_same_way(server: Superserver) -> None:
    connection = dbapi.connect(
        hostname="127.0.0.1",
        port=server.port,
        namespace="USER",
        username="shop",
        password="secret",
    )
    assert not connection.isClosed()
    connection.close()


def test_the_version_is_the_one_asked_for(make_server: MakeServer, connect_to: Connect) -> None:
    db = iris.createIRIS(connect_to(make_server(version="2023.1")))
    assert re.search(r"\b2023\.1\b", db.getServerVersion())


def test_sessions_know_their_program_and_number(server: Superserver, connection: Any) -> None:
    (session,) = server.sessions()
    assert session.is_alive
    assert session.number > 0
    assert session.program
