"""Proves that ``make run`` works in a fresh clone of this repository.

``python -m tests.support.tooling.fresh_clone`` clones the last commit into a temporary folder, runs
the shop twice as at a terminal, buys a bag each time, and closes it with Ctrl-C. Only needs
Python, make and git.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from tests.support.tooling.buy_over_http import buy

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE = 600.0
"""Seconds until a shop that does not open counts as broken; a slow network is not a fault."""


class Broken(Exception):
    """Something that a newcomer would meet; the message says what."""


class Terminal:
    """A command at a terminal of its own; what it says is shown here and kept."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.said = ""
        self.pid, self._screen = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvp(command[0], command)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                select.select([self._screen], [], [])
                heard = os.read(self._screen, 4096)
            except OSError:  # how Linux reports that the other side has gone
                return
            if not heard:
                return
            self.said += heard.decode(errors="replace")
            sys.stdout.write(heard.decode(errors="replace"))
            sys.stdout.flush()

    def press_ctrl_c(self) -> None:
        os.write(self._screen, b"\x03")

    def is_running(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def wait(self, seconds: float) -> int:
        """The exit status, as a shell would see it. Raises Broken if it takes longer."""
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                os.killpg(self.pid, signal.SIGKILL)
                raise Broken("It was still running after Ctrl-C.")
            time.sleep(0.1)
        _, status = os.waitpid(self.pid, 0)
        self._reader.join(5)
        os.close(self._screen)
        return os.waitstatus_to_exitcode(status)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def await_ready(shop: str, terminal: Terminal) -> None:
    """Until ``/readyz`` says 200."""
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not terminal.is_running():
            raise Broken("make run ended before the shop was open.")
        try:
            opener.open(f"{shop}/readyz", timeout=10).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise Broken("The shop did not open.")


def visit(clone: Path, port: int) -> str:
    """Run the shop, buy, press Ctrl-C; what the terminal showed. Raises Broken."""
    started = time.monotonic()
    terminal = Terminal(["make", "run", f"PORT={port}"], clone)
    shop = f"http://127.0.0.1:{port}"
    try:
        await_ready(shop, terminal)
        opened = time.monotonic() - started
        # Ready for requests; the welcome, with the way out, follows at once.
        while "Ctrl-C" not in terminal.said and terminal.is_running():
            time.sleep(0.1)
        print(f"--- open after {opened:.0f} seconds; bought {buy(shop)}; pressing Ctrl-C")
    finally:
        terminal.press_ctrl_c()
        code = terminal.wait(60)
    # Make ends by the same interrupt, which is how a shell expects it; anything else is a failure.
    if code not in (0, 2, 130, -signal.SIGINT):
        raise Broken(f"make run ended with {code} after Ctrl-C.")
    if "Traceback" in terminal.said or re.search(r"\*\*\*.*Error", terminal.said):
        raise Broken("Ctrl-C left an error on the screen.")
    left = processes_in(clone)
    if left:
        raise Broken(f"Processes were left behind: {left}")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise Broken("Something still listens on the shop's port.")
    return terminal.said


def processes_in(folder: Path) -> list[str]:
    """The processes at work in a folder, where the system can tell (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="coffeeco clone ") as folder:
        clone = Path(folder).resolve() / "coffeeco"
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        port = free_port()
        print(f"--- make run PORT={port} in a fresh clone")
        first = visit(clone, port)
        if not re.search(r"password \S+", first):
            raise Broken("The first run did not print the staff password.")
        print("\n--- and a second time")
        second = visit(clone, port)
        if "Installing" in second or "Receiv" in second:
            raise Broken("The second run did again what the first had done.")
        if (clone / ".env").stat().st_mode & 0o777 != 0o600:
            raise Broken(".env can be read by others.")
        unclean = ["git", "-C", str(clone), "status", "--porcelain"]
        changed = subprocess.run(unclean, check=True, capture_output=True, text=True).stdout
        if changed:
            raise Broken(f"make run left files that git does not know to ignore:\n{changed}")
    print("\n--- make run: serves a purchase from a fresh clone, twice, and closes cleanly")


if __name__ == "__main__":
    try:
        main()
    except Broken as problem:
        sys.exit(f"\n--- {problem}")
