"""A superserver in a process of its own, to be stopped, continued and killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[3]
END_SECONDS = 10


class SuperserverProcess:
    """Runs ``python -m tests.support.superserver``; ready as soon as the with block begins."""

    def __init__(self, *options: str, port: int = 0) -> None:
        self.options = options
        self.port = port
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> SuperserverProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; after kill() once more on the same port."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.superserver",
                "--port",
                str(self.port),
                *self.options,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._read_address(self._process.stdout)

    def freeze(self) -> None:
        """Stop the process: it holds its sockets and says nothing, from when this returns on."""
        self._signal(signal.SIGSTOP)
        # A signal is only on its way when kill() returns: until it is there, answers go on.
        self.wait_until_stopped()

    def wait_until_stopped(self) -> None:
        """Return when the process is stopped, by whomever."""
        assert self._process is not None
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        """Let the process go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process; only what was committed to --data survives."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(END_SECONDS)
            assert process.stdout is not None
            process.stdout.close()

    def output_line(self) -> str:
        """Return the next line that the process prints, waiting for it."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Wait for the process to end by itself and return its code."""
        assert self._process is not None
        return self._process.wait(seconds)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _read_address(self, output: IO[str]) -> None:
        found = re.match(r"Listening on port (\d+): (\S+)", output.readline())
        if found is None:
            self.kill()
            raise RuntimeError("the superserver did not start")
        self.port, self.url = int(found[1]), found[2]
