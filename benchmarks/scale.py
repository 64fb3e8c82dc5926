"""Measures every page of two big shops, on SQLite and on PostgreSQL.

Prints a table in Markdown of the processor seconds that the shop's process and its connection to
the database take for a page, the least of some visits after a first one. Before each visit the
stock's version changes, as with a sale, so no page is kept. What misses its target is in bold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.tooling.postgres import private_cluster

SIZES = {"small": (10_000, 100_000), "large": (100_000, 1_000_000), "tiny": (1000, 2000)}
"""Coffees and orders."""
PAGE_TARGET = 0.3
AUDIT_TARGET = 60.0
ROW = "{:<48}"


def main() -> None:
    """Measure each size on each database, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--small", action="store_true", help="only the smaller shop")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the shops there")
    parser.add_argument("--only", default="", help="pages with this word in their name")
    parser.add_argument("--size", choices=SIZES, help=argparse.SUPPRESS)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), help=argparse.SUPPRESS)
    parser.add_argument("--in-child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_child:
        measure(options.size, options.only)
        return
    print(machine(), flush=True)
    columns: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        for size in [options.size] if options.size else ["small", "large"][: 2 - options.small]:
            for name in [options.on] if options.on else ["sqlite", "postgresql"]:
                columns[f"{name}, {size}"] = measured(name, size, folder, options.only)
    print(table(columns))


def measured(database: str, size: str, folder: Path, only: str) -> dict[str, float]:
    """The seconds by page of one shop, which is made in the folder if it is not there."""
    opened = sqlite if database == "sqlite" else private_cluster
    found: dict[str, float] = {}
    with opened(folder / f"{database}-{size}") as url:
        variables = os.environ | {
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "coffeeco_site.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": url,
            "INVENTORY_URL": "database://",
            "INVENTORY_TIMEOUT": "60",
            # A page's time would be spread over processes that are not counted here.
            "PGOPTIONS": "-c max_parallel_workers_per_gather=0",
            **dict.fromkeys(("ORDER_MAX_BAGS", "ADDRESS_MAX_BAGS", "ADDRESS_MAX_ORDERS"), "0"),
        }
        command = [sys.executable, "-m", "benchmarks.scale", "--in-child"]
        command += ["--size", size, "--only", only]
        child = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for line in child.stdout:
            page, seconds = json.loads(line)
            found[page] = seconds
            print(f"{database}, {size}: {ROW.format(page)} {shown(page, seconds)}", flush=True)
        if child.wait():
            raise SystemExit(f"The shop on {database} ended with an error; see above.")
    return found


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """The address of a database in this folder."""
    folder.mkdir(exist_ok=True)
    yield f"sqlite:///{folder.resolve()}/shop.sqlite3"


def machine() -> str:
    """The machine in one line, with a figure to compare it with others by."""
    least = min(seconds(_work) for _ in range(5))
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}; "
        f"a dictionary is written to 200,000 times in {least:.3f} s."
    )


def _work() -> None:
    kept = {}
    for number in range(200_000):
        kept[number % 5000] = (number, str(number))


def seconds(action: Callable[[], object]) -> float:
    """Processor seconds of this process."""
    began = time.process_time()
    action()
    return time.process_time() - began


def table(columns: dict[str, dict[str, float]]) -> str:
    """All shops beside each other, in Markdown."""
    pages = dict.fromkeys(page for column in columns.values() for page in column)
    lines = [
        f"| page | target | {' | '.join(columns)} |",
        "|---|---" + "|---" * len(columns) + "|",
    ]
    for page in pages:
        cells = [shown(page, column[page]) if page in column else "" for column in columns.values()]
        lines.append(f"| {page} | {_target(page)[1]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _target(page: str) -> tuple[float, str]:
    """The most that a page may take, and how the table says it."""
    if "MiB" in page or "whole" in page:
        return float("inf"), ""
    most = AUDIT_TARGET if page.startswith("audit_ledger") else PAGE_TARGET
    return most, f"≤ {most:g}"


def shown(page: str, figure: float) -> str:
    """The figure as the table has it."""
    words = f"{figure:.0f}" if "MiB" in page else f"{figure:.3f}"
    return f"**{words}**" if figure > _target(page)[0] else words


def measure(size: str, only: str) -> None:
    """In the child: make the shop, visit every page, and write its seconds as a line of JSON."""
    import django

    django.setup()
    from benchmarks.big_shop import Size, make
    from benchmarks.big_shop_pages import figures

    shop = Size(*SIZES[size])
    make(shop)
    for page, figure in figures(shop, only):
        print(json.dumps([page, figure]), flush=True)


if __name__ == "__main__":
    main()
