"""A PostgreSQL of its own behind a cable that can be cut, and what else can be wrong with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import environ
import psycopg

from tests.support.tooling.postgres import new_database, private_cluster

RAISE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON %I
            FOR EACH ROW EXECUTE FUNCTION refuse()', name);
    END LOOP;
END $$;
"""
TABLES = "django_session, checkout_order, inventory_stockversion"


class Database:
    """The server, and the cable by which the shop reaches it."""

    def __init__(self, cluster_url: str) -> None:
        config = environ.Env.db_url_config(new_database(cluster_url))
        self._server = {
            "host": config["HOST"],
            "user": config["OPTIONS"]["user"],
            "dbname": config["NAME"],
            "application_name": "past the cable",
        }
        self.cable = Cable(f"{config['HOST']}/.s.PGSQL.5432")
        self.url = f"postgres://shop@127.0.0.1:{self.cable.port}/{config['NAME']}"
        self._pids = Path(config["HOST"]) / "data" / "postmaster.pid"

    def ask(self, sql: str) -> None:
        """Execute statements past the cable."""
        with self._link() as link:
            link.execute(sql.encode())

    def connections(self) -> int:
        """How many connections have come through the cable."""
        with self._link() as link:
            asked = link.execute(
                "SELECT pid FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name <> 'past the cable'"
            )
            return len(asked.fetchall())

    # what can be wrong; each is over on leaving

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Every process of the server is stopped (SIGSTOP)."""
        first = int(self._pids.read_text().split()[0])
        os.kill(first, signal.SIGSTOP)
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in map(int, children):
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in (first, *map(int, children)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Nothing comes through any more, and nothing is closed."""
        self.cable.is_cut.set()
        try:
            yield
        finally:
            self.cable.repair()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Statements take as long as another program likes."""
        with self._link() as link, link.transaction():
            link.execute(f"LOCK TABLE {TABLES} IN ACCESS EXCLUSIVE MODE".encode())
            yield

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """As a replica is that a cluster failed over to."""
        name = self._server["dbname"]
        self.ask(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        self._hang_up()
        try:
            yield
        finally:
            self.ask(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            self._hang_up()

    def refusing(self, code: str) -> Callable[[], contextlib.AbstractContextManager[None]]:
        """Writing fails with this SQLSTATE."""

        @contextmanager
        def refusing() -> Iterator[None]:
            self.ask(RAISE.format(code=code))
            try:
                yield
            finally:
                self.ask("DROP FUNCTION refuse CASCADE")

        return refusing

    def _hang_up(self) -> None:
        self.ask(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def _link(self) -> psycopg.Connection[tuple[object, ...]]:
        writable = "-c default_transaction_read_only=off"
        return psycopg.connect(**self._server, options=writable, autocommit=True)


class Cable:
    """Carries bytes between a port of this machine and a server's socket."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.is_cut = threading.Event()
        self.cuts_at: Callable[[bytes], bool] = lambda _sent: False
        """Looks at what the shop sends; the cable is cut when it says so."""
        self.carries_last = False
        """Whether what the cable was cut at still arrives."""
        self._links: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def repair(self) -> None:
        """Carry new connections again; the old ones are lost, and the server hears of it."""
        self.cuts_at = lambda _sent: False
        for link in self._links:
            link.close()
        self._links.clear()
        self.is_cut.clear()

    def close(self) -> None:
        """The end."""
        self._listener.close()
        self.repair()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._links.append(near)
                if self.is_cut.is_set():
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._server)
                self._links.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(
                        target=self._carry, args=(one, other, one is near), daemon=True
                    ).start()

    def _carry(self, one: socket.socket, other: socket.socket, is_from_shop: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if is_from_shop and self.cuts_at(data):
                    self.is_cut.set()
                    if self.carries_last:
                        other.sendall(data)
                if self.is_cut.is_set():
                    return
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)


@contextmanager
def own_database() -> Iterator[Database]:
    """A database in a server of its own, which may be stopped."""
    with private_cluster() as url:
        database = Database(url)
        try:
            yield database
        finally:
            database.cable.close()
