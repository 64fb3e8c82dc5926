"""Writers of a SQLite file wait in line, in this process and in others."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction

from coffeeco_site.sqlite.write_queue import WriteQueue, queue_of

AMPLE = 20.0
"""Seconds for what must happen."""
SOON = 2.0
"""Seconds for what may turn out not to happen; much less than AMPLE, or nobody would hear of it."""
ANOTHER_PROCESS = """
import sys
from coffeeco_site.sqlite.write_queue import WriteQueue
line = WriteQueue(sys.argv[1])
print(line.wait(20), flush=True)
sys.stdin.read()
"""
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL locks rows")


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database's file, empty, as other users than its owner may not read it."""
    file = tmp_path / "shop.sqlite3"
    file.touch(mode=0o600)
    return str(file)


def test_the_next_one_waits_until_the_first_has_left(database: str) -> None:
    line = WriteQueue(database)
    came: list[str] = []
    assert line.wait(AMPLE)

    def second() -> None:
        assert line.wait(AMPLE)
        came.append("second")
        line.leave()

    thread = threading.Thread(target=second)
    thread.start()
    came.append("first")
    line.leave()
    thread.join(AMPLE)
    assert not thread.is_alive()
    assert came == ["first", "second"]


def test_patience_comes_to_an_end(database: str) -> None:
    line = WriteQueue(database)
    assert line.wait(AMPLE)
    assert not line.wait(0.01)
    line.leave()
    assert line.wait(AMPLE)
    line.leave()


def test_another_process_stands_in_the_same_line_and_leaves_it_when_it_dies(database: str) -> None:
    line = WriteQueue(database)
    command = [sys.executable, "-c", ANOTHER_PROCESS, database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"True\n"
        assert not line.wait(0.01)
        other.kill()
        assert line.wait(AMPLE)
    line.leave()


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_keeps_its_turn_to_its_end_and_readers_need_none() -> None:
    line = queue_of(str(connection.settings_dict["NAME"]))
    with transaction.atomic():
        assert not line.wait(0.01)
        _in_another_thread("SELECT count(*) FROM django_session")
    assert line.wait(AMPLE)
    line.leave()


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_gives_its_turn_up() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    _in_another_thread("DELETE FROM django_session")


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_closed_inside_a_transaction_gives_its_turn_up() -> None:
    connection.cursor().execute("BEGIN IMMEDIATE")
    connection.close()
    _in_another_thread("DELETE FROM django_session")


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_statement_alone_has_its_turn_too() -> None:
    line = queue_of(str(connection.settings_dict["NAME"]))
    assert line.wait(AMPLE)
    with pytest.raises(OperationalError, match="database is locked"):
        _in_another_thread("DELETE FROM django_session", patience=0.01)
    line.leave()
    _in_another_thread("DELETE FROM django_session")


def _in_another_thread(sql: str, *, patience: float = SOON) -> None:
    """Execute a statement on a connection of its own; raises what it raised."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            connection.patience = patience  # type: ignore[attr-defined]
            with connection.cursor() as cursor:
                cursor.execute(sql)
        except OperationalError as error:
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(AMPLE)
    assert not thread.is_alive()
    for error in raised:
        raise error
