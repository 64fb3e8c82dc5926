"""One thing to measure, in a process of its own: the parent says how often, it says how much."""

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
        """Do it so many times; the seconds that took, or whatever else it measures."""
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
    """The subject's side: ``measure`` does the thing so many times; runs until input ends."""
    for line in sys.stdin:
        print(measure(int(line)), flush=True)
