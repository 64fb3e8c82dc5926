"""Clients that are killed: what the server does with what they left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import iris
import pytest

from tests.support.superserver import Superserver

from .conftest import PASSWORD, USER, Connect

CLIENT = """
import sys, iris
link = iris.connect("127.0.0.1", int(sys.argv[1]), "USER", sys.argv[2], sys.argv[3])
db = iris.createIRIS(link)
db.tStart()
db.classMethodObject("coffeeco.Inventory", "%OpenId", 1001, 4)
db.set("v", "^node")
print("ready", flush=True)
db.tCommit() if sys.argv[4] == "commit" else sys.stdin.read()
"""


@pytest.fixture
def start_client(server: Superserver) -> Iterator[Callable[[str], Any]]:
    """Return a function that starts a client with an open transaction, as a process."""
    started: list[subprocess.Popen[str]] = []

    def start(what: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(server.port), USER, PASSWORD, what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_killed_client_leaves_nothing_behind(
    server: Superserver, start_client: Callable[[str], Any]
) -> None:
    client = start_client("wait")
    assert server.globals() == {"node": {(): "v"}}
    assert len(server.locks()) == 1
    client.kill()
    assert server.wait_for_sessions(0)
    assert server.globals() == {}
    assert server.locks() == []


def test_a_frozen_server_commits_for_a_client_that_has_died_meanwhile(
    server: Superserver, start_client: Callable[[str], Any], connect: Connect
) -> None:
    server.faults.freeze_at(1, "tCommit")
    client = start_client("commit")
    assert server.wait_for_messages("tCommit")
    client.kill()
    client.wait()
    server.faults.thaw()
    assert server.wait_for_sessions(0)
    assert iris.createIRIS(connect()).get("^node") == "v"
