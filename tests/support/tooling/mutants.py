"""Changes the shop's code in small ways, one at a time, and names each change that no test noticed.

``python -m tests.support.tooling.mutants FILE…`` (``make mutants FILES=…``) takes these files;
``--since BASE`` takes those that differ from that revision; without either, every file of AREAS.
``--tests PATH`` (``TESTS=…``) asks these tests alone, so that one file takes minutes.
mutmut does the work in a copy of the tree. A change that went unnoticed is for a person to judge,
as some change nothing that matters: the exit code is 2 only when mutmut could not run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from signal import SIGINT

from tests.support.tooling.machine import ROOT

# What is worth the hours that it takes, with the tests that must notice; the first that fits.
AREAS: dict[str, tuple[str, ...]] = {
    "checkout/desk/*.py": ("tests/checkout/desk",),
    "checkout/maintenance/*.py": ("tests/checkout/maintenance",),
    "checkout/management/*.py": ("tests/checkout/maintenance", "tests/checkout/test_mail.py"),
    "checkout/*.py": ("tests/checkout",),
    "shop/inventory/iris/*.py": ("tests/inventory/contract", "tests/inventory/iris"),
    "shop/inventory/*.py": ("tests/inventory/contract",),
    "shop/client_address.py": (
        "tests/checkout/pay/test_find_order.py",
        "tests/shop/desk/test_lock.py",
    ),
    "shop/desk/access.py": ("tests/checkout/desk/test_access.py", "tests/shop/desk"),
    "shop/formats.py": ("tests/shop", "tests/checkout/pay/test_thanks.py"),
}
LEFT_OUT = ("*/migrations/*", "*/__init__.py")
MUTMUT = (sys.executable, "-m", "mutmut")
# Two of mutmut's processes would share one test database.
ONE_AT_A_TIME = ("--max-children", "1")
UNNOTICED = ("survived", "no tests")
UNTRIED = ("not checked", "check was interrupted by user")


def main() -> int:
    """Try every change of the files that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.tooling.mutants")
    parser.add_argument("--since", default="", metavar="BASE", help="files changed since then only")
    parser.add_argument("--minutes", type=float, help="stop after so many (never)")
    parser.add_argument("--tests", action="append", help="ask these tests (those of the area)")
    parser.add_argument("files", nargs="*", help="these files only")
    options = parser.parse_args()
    files = chosen(options.files or (changed_since(options.since) if options.since else tracked()))
    if not files:
        print("No file of the checkout, the inventory, access or money is among these.")
        return 0
    print(f"Changing {', '.join(files)}.", flush=True)
    with tempfile.TemporaryDirectory(prefix="coffeeco-mutants-") as folder:
        copy_tree(files, Path(folder), options.tests or tests_of(files))
        return try_all(Path(folder), options.minutes and 60 * options.minutes)


def chosen(files: Sequence[str]) -> list[str]:
    """Those of the files that belong to an area."""
    return [
        name
        for name in files
        if _area_of(name) and not any(fnmatch(name, left_out) for left_out in LEFT_OUT)
    ]


def tracked() -> list[str]:
    """Every file of the tree that git knows or could know."""
    return _git("ls-files", "--cached", "--others", "--exclude-standard")


def changed_since(base: str) -> list[str]:
    """The files that differ from a revision and are still there."""
    return _git("diff", "--name-only", "--diff-filter=d", base)


def tests_of(files: Sequence[str]) -> list[str]:
    """The tests that must notice a change of these files."""
    return sorted({test for name in files for test in AREAS[_area_of(name)]})


def _area_of(name: str) -> str:
    return next((area for area in AREAS if fnmatch(name, area)), "")


def copy_tree(files: Sequence[str], folder: Path, tests: Sequence[str]) -> None:
    """The tree as it is now, with mutmut told to change these files and to ask these tests."""
    for name in tracked():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(mutmut_settings(files, folder, tests))


def try_all(folder: Path, seconds: float | None) -> int:
    """Run mutmut in the folder, print what no test noticed; the exit code."""
    with subprocess.Popen([*MUTMUT, "run", *ONE_AT_A_TIME], cwd=folder) as run:
        try:
            failed = run.wait(seconds)
        except subprocess.TimeoutExpired:
            run.send_signal(SIGINT)
            failed = 0
    if failed:
        return 2
    unnoticed = told(folder, UNNOTICED)
    for name in unnoticed:
        print(_said_by_mutmut(folder, "show", name))
    print(f"{len(unnoticed)} changes went unnoticed, {len(told(folder, UNTRIED))} were not tried.")
    return 0


def mutmut_settings(files: Sequence[str], folder: Path, tests: Sequence[str]) -> str:
    """The section of pyproject.toml that tells mutmut what to change and what to run."""
    others = sorted(path.name for path in folder.iterdir() if path.name not in ("checkout", "shop"))
    settings = {
        "source_paths": ["checkout", "shop"],
        "only_mutate": list(files),
        "also_copy": others,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", "not slow and not browser"],
        "pytest_add_cli_args_test_selection": list(tests),
    }
    # JSON's strings and lists are TOML's too.
    lines = (f"{name} = {json.dumps(value)}" for name, value in settings.items())
    return "\n".join(["", "[tool.mutmut]", *lines, ""])


def told(folder: Path, statuses: Sequence[str]) -> list[str]:
    """The names of the changes that ended in this way."""
    lines = _said_by_mutmut(folder, "results").splitlines()
    results = (line.strip().partition(": ") for line in lines)
    return [name for name, _, status in results if status in statuses]


def _said_by_mutmut(folder: Path, *arguments: str) -> str:
    command = [*MUTMUT, *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
