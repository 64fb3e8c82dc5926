"""A subject of measurement in its own process: it reads how often to run, and prints the time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable


class Subject:
    """A running ``python -m benchmarks.subjects NAME …``."""

    def __init__(self, words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.subjects", *words.split()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, times: int) -> float:
        """Run the subject ``times`` times; returns the seconds taken, or its own figure."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{times}\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            raise SystemExit(f"{' '.join(map(str, self._process.args))} ended by itself")  # type: ignore[arg-type]
        return float(answer)

    def __enter__(self) -> Subject:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def serve(measure: Callable[[int], float]) -> None:
    """The child's loop: calls ``measure`` for each number read, until input ends."""
    for line in sys.stdin:
        print(measure(int(line)), flush=True)
