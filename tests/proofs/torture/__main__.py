"""``make torture ROUNDS=50``: rounds on every store, until they are done or something is wrong."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.proofs.torture.rounds import Torture
from tests.proofs.torture.stores import NAMES, opened


def main() -> int:
    """0 when nothing was ever wrong, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.torture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="on each store (10)")
    parser.add_argument("--store", choices=NAMES, action="append", help="this one only")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    # Whoever ends it, nothing that it started is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"Seed {options.seed}.", flush=True)
    wrong = 0
    for name in options.store or NAMES:
        with tempfile.TemporaryDirectory() as folder, opened(name, Path(folder)) as store:
            torture = Torture(store, Path(folder), options.seed)
            for _ in range(options.rounds):
                torture.round()
                print(torture.figures, flush=True)
                if torture.figures.violations:
                    print(*torture.figures.violations, sep="\n")
                    wrong += 1
                    break
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
