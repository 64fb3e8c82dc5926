"""Runs a command with ``DATABASE_URL`` set to a new, private PostgreSQL.

``python -m tests.support.tooling.on_postgres [--if-installed] COMMAND …`` exits as the command did.
Without a PostgreSQL server here it says so and fails, unless ``--if-installed`` is given and
``CI`` is not set.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.tooling.machine import IS_CI
from tests.support.tooling.postgres import NoPostgres, private_cluster


def main(command: list[str]) -> int:
    """The command's exit code, or 1."""
    may_be_missing = command[:1] == ["--if-installed"]
    if may_be_missing:
        command = command[1:]
    try:
        with private_cluster() as url:
            return subprocess.run(
                command, check=False, env={**os.environ, "DATABASE_URL": url}
            ).returncode
    except NoPostgres as reason:
        print(f"Not run on PostgreSQL. {reason}")
        return 0 if may_be_missing and not IS_CI else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
