"""Where a tortured shop keeps its orders and its stock, and how to kill that."""

from __future__ import annotations

import os
import random
import secrets
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import environ
import psycopg

from tests.support.superserver import SuperserverProcess
from tests.support.tooling.postgres import new_database, private_cluster

RECOVERY_SECONDS = 60.0


class Store(ABC):
    """The databases of one shop. ``settings`` are what its processes are started with."""

    name: str

    def __init__(self, settings: Mapping[str, str]) -> None:
        # One key for all, so that a page that one process made is good for the next.
        self.settings = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "INVENTORY_TIMEOUT": "2",
            # All shoppers come from one address.
            **dict.fromkeys(("ORDER_MAX_BAGS", "ADDRESS_MAX_BAGS", "ADDRESS_MAX_ORDERS"), "0"),
            **settings,
        }

    @abstractmethod
    def kill(self, chance: random.Random) -> str:
        """Kill a process of the store, if it has one of its own; what was killed."""

    @abstractmethod
    def revive(self) -> None:
        """Start again what was killed, or wait until it has done so by itself."""


class SqliteStore(Store):
    """Orders and stock in one file: there is nothing to kill but the shop itself."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        super().__init__({"DATABASE_URL": f"sqlite:///{folder / 'shop.sqlite3'}"})

    def kill(self, chance: random.Random) -> str:
        return ""

    def revive(self) -> None:
        """A file needs no reviving: whoever opens it next recovers it."""


class PostgresStore(Store):
    """Orders and stock in PostgreSQL; one killed backend makes it end them all and recover."""

    name = "PostgreSQL"

    def __init__(self, cluster_url: str) -> None:
        url = new_database(cluster_url)
        super().__init__({"DATABASE_URL": url})
        config = environ.Env.db_url_config(url)
        self._where = {
            "host": config["HOST"],
            "user": config["OPTIONS"]["user"],
            "dbname": config["NAME"],
        }
        with self._connect() as link:
            # The tests' cluster is in a hurry; a commit that was answered must be in the log.
            link.execute(
                f'ALTER DATABASE "{self._where["dbname"]}" SET synchronous_commit = on'.encode()
            )

    def kill(self, chance: random.Random) -> str:
        with self._connect() as link:
            rows = link.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [self._where["dbname"]],
            ).fetchall()
        if rows:
            os.kill(chance.choice(rows)[0], signal.SIGKILL)
        return "PostgreSQL backend" if rows else ""

    def revive(self) -> None:
        until = monotonic() + RECOVERY_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                if monotonic() > until:
                    raise
                Event().wait(0.1)
            else:
                return

    def _connect(self) -> psycopg.Connection[tuple[int, ...]]:
        return psycopg.connect(**self._where, autocommit=True)


class IrisStore(Store):
    """Orders in an SQLite file, stock behind the superserver, which keeps what was committed."""

    name = "IRIS"

    def __init__(self, folder: Path, server: SuperserverProcess) -> None:
        super().__init__(
            {"DATABASE_URL": f"sqlite:///{folder / 'shop.sqlite3'}", "INVENTORY_URL": server.url}
        )
        self._server = server
        self._is_dead = False

    def kill(self, chance: random.Random) -> str:
        if self._is_dead:
            return ""
        self._server.kill()
        self._is_dead = True
        return "superserver"

    def revive(self) -> None:
        if self._is_dead:
            self._server.start()
            self._is_dead = False


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Store]:
    """The store of this name, empty, for as long as the with block lasts."""
    if name == SqliteStore.name:
        yield SqliteStore(folder)
    elif name == PostgresStore.name:
        with private_cluster() as url:
            yield PostgresStore(url)
    else:
        options = ("--store", "product_id_is_id", "--data", str(folder / "iris.data"))
        with SuperserverProcess(*options, "--alerts", "own") as server:
            yield IrisStore(folder, server)


NAMES = (SqliteStore.name, PostgresStore.name, IrisStore.name)
