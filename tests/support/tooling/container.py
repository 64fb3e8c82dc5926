"""Proves that the image builds and sells a bag, where containers can run.

``python -m tests.support.tooling.container`` builds ``Dockerfile`` on a base of this Debian's own
packages and with wheels that it brings, so that no registry of images is asked. It starts the image
as its own user and as any other, with nothing writable but ``/data`` and ``/tmp``, and buys a bag.
Where no container can run it says why in a line and ends well.
"""

from __future__ import annotations

import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from tests.support.tooling.buy_over_http import buy
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import ROOT

# Podman's crun refuses some arrangements of control groups that runc takes.
ENGINES = {"podman": ((), ("--runtime", "runc")), "docker": ((),)}
BASE = "localhost/coffeeco-base"
IMAGE = "localhost/coffeeco-image"
ANY_USER = "20001:0"
"""As a platform chooses it: any number, in group 0."""
# Engines ask for more by default than a machine may be allowed to give.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
LOCKED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", *LIMITS)
PACKAGES = "base-files,ca-certificates,coreutils,dash,grep,libc-bin,netbase,python3-venv,sed,tzdata"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
OFFLINE = ("--change", "ENV PIP_NO_INDEX=1", "--change", "ENV PIP_FIND_LINKS=/wheels")
LONGEST = 300.0
"""Seconds that a command may take."""
PATIENCE = 60.0
"""Seconds until a shop that does not get ready counts as broken."""


class Failed(Exception):
    """A command that ended badly; the message is the last thing that it said."""


class NoContainers(Exception):
    """Why none can run on this machine."""


def run(*command: str) -> None:
    """Run a command without showing it. Raises Failed."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]}: no answer within {LONGEST:.0f} seconds") from None
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}"
        raise Failed(f"{command[0]}: {said.splitlines()[-1]}")


def download_wheels(folder: Path) -> None:
    """What the shop's pins name, for this Python. Raises Failed."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes")
    run(*pip, "--requirement", "requirements.lock", "--dest", str(folder))


def make_base(folder: Path) -> Path:
    """A root file system as a tar: Python and little else, and the wheels. Raises Failed."""
    wheels, base = folder / "wheels", folder / "base.tar"
    download_wheels(wheels)
    run(
        *("mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGES}"),
        "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
        # The packages are not configured, and Debian's pip does not start without certificates.
        f'--extract-hook=cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1{CERTIFICATES}"',
        # "python" and "pip" are where the official image of Python has them.
        '--extract-hook=chroot "$1" python3 -m venv /usr/local',
        f"--extract-hook=copy-in {wheels} /",
        *(platform.freedesktop_os_release()["VERSION_CODENAME"], str(base)),
    )
    return base


def find_engine(folder: Path) -> Sequence[str]:
    """The first engine that runs a container on a base made here. Raises NoContainers."""
    installed = [program for program in ENGINES if shutil.which(program)]
    if not installed:
        raise NoContainers("neither podman nor docker is installed")
    try:
        base = make_base(folder)
    except (Failed, OSError) as problem:
        raise NoContainers(f"no base could be made ({problem})") from None
    problems = []
    for program in installed:
        try:
            run(program, "import", *OFFLINE, str(base), BASE)
        except Failed as problem:
            problems.append(str(problem))
            continue
        for options in ENGINES[program]:
            try:
                run(program, *options, "run", "--rm", *LOCKED, *publish(free_port()), BASE, "true")
            except Failed as problem:
                problems.append(str(problem))
            else:
                return program, *options
    raise NoContainers("; ".join(problems))


def publish(port: int) -> tuple[str, str]:
    """The option that makes the shop in a container answer on this port of the machine."""
    return "--publish", f"127.0.0.1:{port}:8000"


@contextmanager
def shop(engine: Sequence[str], *options: str) -> Iterator[tuple[str, str]]:
    """A shop in a container: its address, and the container's name."""
    name, port = f"coffeeco-{secrets.token_hex(4)}", free_port()
    options = (*LOCKED, *options, "--volume", f"{name}:/data")
    options = (*options, "--env", f"SECRET_KEY={secrets.token_urlsafe(50)}")
    try:
        migrate = ("python", "manage.py", "migrate", "--verbosity=0")
        run(*engine, "run", "--rm", *options, IMAGE, *migrate)
        run(*engine, "run", "--detach", "--name", name, *publish(port), *options, IMAGE)
        await_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", name
    finally:
        for command in (("rm", "--force", name), ("volume", "rm", name)):
            subprocess.run([*engine, *command], check=False, capture_output=True)


def await_ready(address: str) -> None:
    """Until ``/readyz`` says 200. Raises Failed."""
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            opener.open(f"{address}/readyz", timeout=10).close()
        except OSError as problem:
            if time.monotonic() > deadline:
                raise Failed(f"The shop in the container does not get ready: {problem}") from None
            time.sleep(0.2)
        else:
            return


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="coffeeco-") as folder:
        try:
            engine = find_engine(Path(folder))
        except NoContainers as reason:
            print(f"The image was not built: {reason}.")
            return
    try:
        built = ("build", "--network", "none", "--build-arg", f"BASE={BASE}", "--tag", IMAGE)
        if subprocess.run([*engine, *built, "."], cwd=ROOT, check=False).returncode:
            raise Failed("it does not build; see above.")
        with shop(engine) as (address, name):
            manage = (*engine, "exec", name, "python", "manage.py")
            run(*manage, "import_delivery", "shop/sample_delivery.csv")
            reference = buy(address)
            run(*manage, "jobs", "--once")
            run(*manage, "audit_ledger")
            run(*engine, "stop", name)
        with shop(engine, "--user", ANY_USER):
            pass
        print(f"The image was built and sold {reference}, with {' '.join(engine)}.")
    finally:
        subprocess.run([*engine, "rmi", "--force", IMAGE, BASE], check=False, capture_output=True)


if __name__ == "__main__":
    try:
        main()
    except Failed as problem:
        sys.exit(f"The image failed: {problem}")
