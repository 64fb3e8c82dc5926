"""A PostgreSQL of the tests' own: made in a temporary folder, reached by a socket, then removed."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import environ
import psycopg

# Nothing of it has to outlive a crash, so nothing waits for the disk.
IN_A_HURRY = "fsync=off synchronous_commit=off full_page_writes=off max_connections=200"


class NoPostgres(Exception):
    """No PostgreSQL server is installed here, or this user can't start one."""


def find_programs() -> Path:
    """The newest folder with ``initdb`` and ``pg_ctl``. Raises NoPostgres when there is none."""
    found = [Path(name).parent for name in [shutil.which("initdb")] if name]
    # Debian keeps the server's own programs off the PATH, one folder for each major version.
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(debian, key=lambda folder: folder.parent.name.zfill(3), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoPostgres("No PostgreSQL server is installed here; on Debian: apt install postgresql")


def _as_its_user() -> list[str]:
    """What to put before a command: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("This is root, and there is no user postgres to run as.") from None
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def private_cluster(keep: Path | None = None) -> Iterator[str]:
    """The ``DATABASE_URL`` of a PostgreSQL that only this user and root can reach.

    It is empty and goes afterwards, or lies in ``keep``, with what was written to it before.
    """
    programs = find_programs()
    prefix = _as_its_user()
    folder = Path(tempfile.mkdtemp(prefix="coffeeco-pg-", dir="/tmp"))  # a socket's path is short

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(programs / program), *arguments]
        done = subprocess.run(
            command,
            cwd=folder,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")

    data, log = keep.resolve() if keep else folder / "data", folder / "log"
    data.mkdir(exist_ok=True)
    try:
        if prefix:
            shutil.chown(folder, "postgres")
            shutil.chown(data, "postgres")
        if not any(data.iterdir()):
            run("initdb", "-D", str(data), "-U", "shop", "--auth=trust", "--encoding=UTF8", "-N")
        settings = " ".join(f"-c {setting}" for setting in IN_A_HURRY.split())
        options = f"-k {folder} -c listen_addresses= {settings}"
        run("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-o", options, "start")
        try:
            yield f"postgres:///{folder.as_posix()}/postgres?user=shop"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "fast" if keep else "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(cluster_url: str) -> str:
    """The ``DATABASE_URL`` of a new, empty database in a cluster; it goes when the cluster goes."""
    name = f"shop_{secrets.token_hex(4)}"
    config = environ.Env.db_url_config(cluster_url)
    host, owner = config["HOST"], config["OPTIONS"]["user"]
    with psycopg.connect(host=host, user=owner, dbname=config["NAME"], autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"'.encode())
    return cluster_url.replace("/postgres?", f"/{name}?")
