"""A SQLite database that can't be written; every visitor gets an answer, and it sells again."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from coffeeco_site.health import WRITE_AGAIN_SECONDS
from tests.proofs.torture.processes import Shop
from tests.site.customer import (
    AWAY,
    KEY,
    Customer,
    answers_to,
    assert_well_again,
    without_writing,
)
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import run_manage

pytestmark = pytest.mark.slow

FILE = "shop.sqlite3"
IS_ROOT = os.geteuid() == 0
USER = 10001
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if IS_ROOT else []
"""For root no file is read-only."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A database with the sample delivery, in a folder of the shop's user."""
    with tempfile.TemporaryDirectory(prefix="coffeeco-", dir="/tmp") as name:
        folder = Path(name)
        for command in (["migrate"], ["import_delivery", "shop/sample_delivery.csv"]):
            done = run_manage(*command, settings={"DATABASE_URL": f"sqlite:///{folder}/{FILE}"})
            assert done.returncode == 0, done.stderr
        if IS_ROOT:
            for path in (folder, *folder.iterdir()):
                os.chown(path, USER, USER)
        yield folder


@pytest.fixture
def shop(folder: Path, tmp_path: Path) -> Iterator[Shop]:
    settings = {"DATABASE_URL": f"sqlite:///{folder}/{FILE}", "SECRET_KEY": "k" * 50}
    shop = Shop(settings | {"METRICS_KEY": KEY}, free_port(), tmp_path / "log", AS_USER)
    shop.open()
    yield shop
    shop.kill()


# what can be wrong; each is over on leaving


@contextmanager
def read_only_file(shop: Shop, folder: Path) -> Iterator[None]:
    """As after a restore that left the file to another user."""
    with read_only(shop, folder / FILE):
        yield


@contextmanager
def read_only_disk(shop: Shop, folder: Path) -> Iterator[None]:
    """SQLite can't even make the files that it wants beside the database for reading."""
    shop.kill()
    with closing(sqlite3.connect(folder / FILE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in ("-wal", "-shm"):
        (folder / f"{FILE}{name}").unlink(missing_ok=True)
    with read_only(shop, folder / FILE, folder):
        yield


@contextmanager
def full_disk(shop: Shop, _folder: Path) -> Iterator[None]:
    """No file can be written any more, by the processes that run."""
    limit_files(shop, "0")
    yield
    limit_files(shop, "unlimited")


@contextmanager
def read_only(shop: Shop, *paths: Path) -> Iterator[None]:
    """The shop is started anew at both ends, because open files stay writable."""
    shop.kill()
    for path in paths:
        path.chmod(path.stat().st_mode & ~0o222)
    shop.open()
    yield
    shop.kill()
    for path in reversed(paths):
        path.chmod(path.stat().st_mode | 0o200)
    shop.open()


def limit_files(shop: Shop, size: str) -> None:
    for process in shop.processes():
        limit = ["prlimit", "--pid", str(process), f"--fsize={size}:"]
        subprocess.run([*AS_USER, *limit], check=True)


Fault = Callable[[Shop, Path], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("fault", "page", "up"),
    [(read_only_file, "200", 1), (read_only_disk, AWAY, 0), (full_disk, "200", 1)],
)
def test_every_visitor_gets_an_answer(
    shop: Shop, folder: Path, fault: Fault, page: str, up: int
) -> None:
    ana = Customer(f"http://127.0.0.1:{shop.port}")
    with fault(shop, folder):
        time.sleep(WRITE_AGAIN_SECONDS)
        answers = answers_to(ana)
    assert answers == without_writing(page=page, up=up)
    assert_well_again(ana)
