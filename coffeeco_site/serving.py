"""The shop's processes on this machine: the web server, and the jobs beside it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from types import FrameType, TracebackType
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from django.core.management import CommandError

from coffeeco_site.environment import BASE_DIR

HOST = "127.0.0.1"
MANAGE = [sys.executable, "manage.py"]
GRANIAN = [
    *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
    # Two processes were the fastest on two processors. A form that comes in slowly holds a thread,
    # and so does a store that is silent. A thread that ends leaves its database connection to the
    # garbage collector, so idle ones stay for ten minutes, the most that granian allows.
    *("--workers", "2", "--blocking-threads", "32", "--blocking-threads-idle-timeout", "600"),
    "--respawn-failed-workers",
    # Granian warns of more threads than twice the processors; that is meant.
    *("--workers-kill-timeout", "10", "--log-level", "error"),
    "coffeeco_site.wsgi:application",
]
RUNNING = BASE_DIR / ".running"
"""Process and port of this folder's shop while it is open."""
STARTING = 60.0
"""Seconds that the server may take to answer for the first time."""
STOPPING = 20.0
"""Seconds that the processes may take to finish their requests."""


def port_problem(port: int) -> str | None:
    """Why nothing can be served on this port, in a sentence; None when it is free."""
    if not 0 < port < 65536:
        return f"There is no port {port}; choose one from 1024 to 65535, such as PORT=8001."
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE and is_open_on(port):
                return (
                    f"This shop is open already: http://{HOST}:{port}. "
                    "Ctrl-C in its terminal closes it."
                )
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is in use by another program. Try: make run PORT={port + 1}"
            return f"Port {port} can't be used ({error.strerror}). Try: make run PORT=8001"
    return None


def is_open_on(port: int) -> bool:
    """True while a shop of this folder is open on this port."""
    try:
        process, open_port = map(int, RUNNING.read_text("ascii").split())
        os.kill(process, 0)
    except (OSError, ValueError):
        return False
    return port == open_port


def run_manage(*arguments: str) -> None:
    """Run a command of the shop in a process of its own. Raises CommandError when it fails."""
    done = subprocess.run([*MANAGE, *arguments], cwd=BASE_DIR, check=False)  # noqa: S603
    if done.returncode:
        raise CommandError(f"manage.py {arguments[0]} failed; see its output above.")


class Shop:
    """A context manager that runs the shop; it is entered when the server answers.

    The processes have sessions of their own, so that Ctrl-C reaches this process only, which then
    stops them in order.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._told_to_stop = False
        # A new folder for each start, in which the workers count their requests.
        self._figures = tempfile.TemporaryDirectory(prefix="coffeeco-")

    def __enter__(self) -> Shop:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        where = ["--host", HOST, "--port", str(self.port)]
        try:
            self._start("server", [*GRANIAN, *where])
            self._await_answer()
            self._start("jobs", [*MANAGE, "jobs"])
            RUNNING.write_text(f"{os.getpid()} {self.port}", "ascii")
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._close()

    def wait(self) -> None:
        """Serve until a signal to stop. Raises CommandError when a process ends by itself."""
        while not self._told_to_stop:
            self._check_children()
            time.sleep(0.2)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._told_to_stop = True

    def _start(self, name: str, command: list[str]) -> None:
        environment = {
            "BASE_URL": f"http://{HOST}:{self.port}",
            **os.environ,
            "PROMETHEUS_MULTIPROC_DIR": self._figures.name,
        }
        if shutil.which("setpriv"):
            # On Linux the child ends too when this process is killed.
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        self._children[name] = subprocess.Popen(  # noqa: S603
            command,
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _check_children(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None:
                raise CommandError(f"The shop's {name} process ended by itself; see above.")

    def _await_answer(self) -> None:
        browser = build_opener(ProxyHandler({}))
        deadline = time.monotonic() + STARTING
        while not self._told_to_stop:
            self._check_children()
            try:
                browser.open(f"http://{HOST}:{self.port}/healthz", timeout=5).close()
            except HTTPError:
                return  # it answers, although it does not allow this host name
            except OSError:
                if time.monotonic() > deadline:
                    raise CommandError("The server does not answer; see above.") from None
                time.sleep(0.1)
            else:
                return

    def _close(self) -> None:
        RUNNING.unlink(missing_ok=True)
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + STOPPING
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._figures.cleanup()
