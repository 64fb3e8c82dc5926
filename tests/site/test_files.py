"""Who may read the files that the shop makes: its owner what is secret, everyone what is public."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from coffeeco_site.sqlite.write_queue import WriteQueue
from tests.support.tooling.machine import ROOT, copy_project

AMPLE = 20.0
SHOP = 10001
"""A user who is not root."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The file of a database; empty, because the queue only looks at whose it is."""
    file = tmp_path / "shop.sqlite3"
    file.touch()
    return file


def test_a_new_database_is_its_owner_s_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.sqlite3"
    run(ROOT, "migrate", "--verbosity=0", umask=0o022, DATABASE_URL=url)
    modes = {one.name: stat.filemode(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes == {"shop.sqlite3": "-rw-------", "shop.sqlite3-line": "-rw-------"}


@pytest.mark.parametrize("mode", [0o600, 0o660])
def test_the_queue_is_open_to_the_same_users_as_the_database(database: Path, mode: int) -> None:
    database.chmod(mode)
    assert stat.S_IMODE(queue_once(database).st_mode) == mode


@pytest.mark.skipif("os.geteuid() != 0", reason="only root can make files of other users")
@pytest.mark.parametrize("was_there", [False, True], ids=["new", "root's from before"])
def test_a_command_of_root_leaves_the_queue_to_the_database_s_owner(
    database: Path, was_there: bool
) -> None:
    os.chown(database, SHOP, SHOP)
    if was_there:
        database.with_name("shop.sqlite3-line").touch(mode=0o600)
    line = queue_once(database)
    assert (line.st_uid, line.st_gid) == (SHOP, SHOP)


def test_the_queue_s_file_is_not_opened_through_a_link(database: Path) -> None:
    of_another = database.with_name("another")
    of_another.touch(mode=0o640)
    database.with_name("shop.sqlite3-line").symlink_to(of_another)
    with pytest.raises(OSError, match="symbolic links"):
        queue_once(database)
    assert stat.S_IMODE(of_another.stat().st_mode) == 0o640


def test_everyone_may_read_the_collected_static_files(tmp_path: Path) -> None:
    project = copy_project(tmp_path)
    run(project, "collectstatic", "--noinput", "--verbosity=0", umask=0o077)
    collected = [project / "staticfiles", *(project / "staticfiles").rglob("*")]
    assert len(collected) > 1
    assert [one.name for one in collected if not one.stat().st_mode & stat.S_IROTH] == []


def run(project: Path, *command: str, umask: int, **settings: str) -> None:
    """A command of the shop, typed where new files lose these permissions."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "coffeeco_site.settings"} | settings
    line = [sys.executable, "manage.py", *command]
    subprocess.run(line, cwd=project, env=environment, check=True, umask=umask)


def queue_once(database: Path) -> os.stat_result:
    """The state of the queue's file after one turn."""
    line = WriteQueue(str(database))
    assert line.wait(AMPLE)
    line.leave()
    return database.with_name("shop.sqlite3-line").stat()
