"""The shop's own processes: started as ``manage.py demo`` starts them, and killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from time import monotonic

from coffeeco_site.serving import GRANIAN, HOST, MANAGE
from tests.support.tooling.machine import ROOT, setting_names

START_SECONDS = 60.0


class Shop:
    """The web server with its workers, and at times an operator's command beside it."""

    def __init__(
        self, settings: Mapping[str, str], port: int, log: Path, prefix: Sequence[str] = ()
    ) -> None:
        """``prefix`` is put before each command, such as ``setpriv`` with another user."""
        self.prefix = prefix
        known = {*setting_names(), "ENV_FILE", "DJANGO_SETTINGS_MODULE"}
        plain = {name: value for name, value in os.environ.items() if name not in known}
        self.environment = {
            **plain,
            "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
            "ENV_FILE": os.devnull,
            **settings,
        }
        self.port = port
        self._log = log
        self._server: subprocess.Popen[bytes] | None = None
        self._operators: list[subprocess.Popen[bytes]] = []

    def open(self) -> None:
        """Start the web server, if it is not there, and wait until it answers."""
        if self._server is None:
            self._server = self._start([*GRANIAN, "--host", HOST, "--port", str(self.port)])
        until = monotonic() + START_SECONDS
        while not self._answers():
            if monotonic() > until or self._server.poll() is not None:
                raise RuntimeError(f"the shop does not open:\n{self._log.read_text()[-3000:]}")
            Event().wait(0.1)

    def reconcile(self) -> None:
        """An operator in a hurry settles every pending order, however young."""
        self._operators.append(self._start([*MANAGE, "reconcile_orders", "--older-than", "0"]))

    def kill(self) -> None:
        """Kill -9 every process at once; none gets to say another word."""
        doomed = [*self._operators, *([self._server] if self._server else [])]
        for process in doomed:
            # Each is the head of a session of its own, with all that it has started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in doomed:
            process.wait()
        self._operators, self._server = [], None

    def kill_worker(self, chance: random.Random) -> None:
        """Kill -9 one of the web server's workers; the server starts another."""
        workers = [pid for pid in self.processes() if b"spawn_main" in _command(pid)]
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(workers), signal.SIGKILL)

    def processes(self) -> list[int]:
        """The web server and what it has started."""
        assert self._server is not None
        return [self._server.pid, *_children(self._server.pid)]

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self.prefix, *command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        link = HTTPConnection(HOST, self.port, timeout=5)
        try:
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        except OSError:
            return False
        finally:
            link.close()


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
