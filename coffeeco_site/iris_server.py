"""The whole shop on InterSystems IRIS, which is what ``make run-iris`` ends in.

The server is the one that INVENTORY_URL names, or else a Community Edition in a container, whose
accounts and passwords are made here.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from argparse import ArgumentParser

from coffeeco_site import environment as env

FOLDER = env.BASE_DIR / ".iris"
DEPLOY = env.BASE_DIR / "deploy" / "iris"
ADDRESS = "iris://{}:{}@127.0.0.1:1972/COFFEECO"
KEEPER, SHOP = "coffeekeeper", "coffee"
"""The accounts in merge.cpf: the one with all rights, and the shop's own."""
GRANT = """\
Set sql = "GRANT SELECT, INSERT, UPDATE, DELETE ON coffeeco.Inventory TO CoffeeCo"
Write "SQLCODE ", ##class(%SQL.Statement).%ExecDirect(, sql).%SQLCODE, !
Halt
"""
NO_ENGINE = """\
IRIS runs in a container here, and there is neither Docker nor Podman with its compose command.
On Debian 13: apt install docker.io docker-compose. Elsewhere: https://docs.docker.com/engine/install
Or name a server of yours: INVENTORY_URL=iris://user:password@host:1972/NAMESPACE make run-iris"""


def main() -> None:
    """Serve until Ctrl-C. Ends with a sentence when something is missing or fails."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="8000")
    parser.add_argument("--no-serve", action="store_true", help="only make the server ready")
    options = parser.parse_args()
    env.read_file()
    url = env.text("INVENTORY_URL")
    settings = {"INVENTORY_URL": url} if url.startswith("iris://") else {}
    if settings:
        manage("setup_inventory", **settings)
    else:
        settings = start_container()
    manage("check_inventory", **settings)
    if not options.no_serve:
        os.chdir(env.BASE_DIR)
        os.environ.update(settings)
        # In this process's place, so that Ctrl-C and its end reach the shop as with make run.
        os.execv(sys.executable, [sys.executable, "manage.py", "demo", "--port", options.port])  # noqa: S606


def start_container() -> dict[str, str]:
    """A server in a container, set up; the settings of a shop that uses it."""
    compose = [*engine(), "--project-directory", str(env.BASE_DIR)]
    compose += ["--file", str(DEPLOY / "compose.yaml")]
    passwords = read_or_make_passwords()
    say("Starting IRIS; the first time its image is fetched.")
    run([*compose, "run", "--rm", "iris-volume"], "The volume could not be made")
    up = ("up", "--detach", "--no-deps", "--wait", "iris")
    run([*compose, *up], "IRIS did not become healthy")
    manage("setup_inventory", INVENTORY_URL=ADDRESS.format(KEEPER, passwords[KEEPER]))
    # The table has to be there before rights on it can be granted.
    session = ("exec", "-T", "iris", "iris", "session", "IRIS", "-U", "COFFEECO")
    run([*compose, *session], "The rights on the table were not granted", text=GRANT)
    # The Community Edition lets eight connections in.
    return {"INVENTORY_URL": ADDRESS.format(SHOP, passwords[SHOP]), "IRIS_CONNECTIONS": "1"}


def engine() -> list[str]:
    """The command of a container engine that has compose."""
    for name in ("docker", "podman"):
        if shutil.which(name):
            asked = subprocess.run([name, "compose", "version"], check=False, capture_output=True)  # noqa: S603
            if asked.returncode == 0:
                return [name, "compose"]
    raise SystemExit(NO_ENGINE)


def read_or_make_passwords() -> dict[str, str]:
    """The password of each account; made once, with the merge file that has their hashes."""
    FOLDER.mkdir(exist_ok=True)
    kept = FOLDER / "passwords"
    if not kept.exists():
        new = {name: secrets.token_hex(16) for name in (KEEPER, SHOP)}
        merge = (DEPLOY / "merge.cpf").read_text("utf-8")
        merge = merge.replace("@KEEPER@", password_hash(new[KEEPER]))
        merge_file = FOLDER / "merge.cpf"
        merge_file.write_text(merge.replace("@SHOP@", password_hash(new[SHOP])), "utf-8")
        # The server's own user reads it.
        merge_file.chmod(0o644)
        kept.touch(0o600)
        kept.write_text("".join(f"{name} {word}\n" for name, word in new.items()), "utf-8")
    return dict(line.split() for line in kept.read_text("utf-8").splitlines())


def password_hash(password: str) -> str:
    """A password as a merge file has it: hash, salt, work factor, algorithm."""
    salt = secrets.token_bytes(64)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 10_000)
    return f"{digest.hex()},{salt.hex()},10000,SHA512"


def manage(*arguments: str, **settings: str) -> None:
    """Run a command of the shop with these settings."""
    say(f"manage.py {arguments[0]}")
    command = [sys.executable, "manage.py", *arguments]
    run(command, f"manage.py {arguments[0]} failed", settings=settings)


def run(
    command: list[str], failure: str, *, settings: dict[str, str] | None = None, text: str = ""
) -> None:
    """Run a program, or end with what failed."""
    environment = {**os.environ, **(settings or {})}
    done = subprocess.run(  # noqa: S603
        command, cwd=env.BASE_DIR, env=environment, check=False, input=text, text=True
    )
    if done.returncode:
        raise SystemExit(f"{failure}; see its output above.")


def say(sentence: str) -> None:
    """Before the output of the program that follows."""
    print(f"--- {sentence}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("")
