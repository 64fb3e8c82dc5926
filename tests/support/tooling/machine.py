"""What this machine has for the tests to use, besides Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
IS_CI = os.environ.get("CI", "").lower() in ("1", "true")
"""Where something that is missing counts as a failure."""

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "No Chromium is installed here; on Debian: apt install chromium"


def find_chromium() -> str | None:
    """The program of a Chromium on the PATH, or the one that Playwright fetched; None without."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    own = Path.home() / ".cache" / "ms-playwright"
    fetched = sorted(own.glob("chromium-*/chrome-linux*/chrome"))
    return str(fetched[-1]) if fetched else None


def why_no_driver() -> str | None:
    """Why Playwright's own program can't run here, with what to install; None when it can."""
    tried = subprocess.run(
        [sys.executable, "-m", "playwright", "--version"],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if tried.returncode == 0:
        return None
    words = (tried.stderr.strip() or "it says nothing").splitlines()[-1]
    return f"Playwright can't start ({words}); on Debian: apt install libatomic1"


def setting_names() -> tuple[str, ...]:
    """Every name that ``.env.example`` describes."""
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    return tuple(line.split("=", 1)[0] for line in lines if line[:1].isalpha())


def run_python(
    *arguments: str, settings: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run Python on the shop in a process of its own, with these settings and no others."""
    known = {*setting_names(), "ENV_FILE", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in known}
    environment["DJANGO_SETTINGS_MODULE"] = "coffeeco_site.settings"
    environment["ENV_FILE"] = os.devnull
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment | dict(settings or {}),
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def run_manage(
    *arguments: str, settings: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a command of the shop in a process of its own, with these settings and no others."""
    return run_python("manage.py", *arguments, settings=settings, timeout=timeout)


def copy_project(to: Path) -> Path:
    """The project's own files in another folder, for a shop that leaves this one as it is."""
    kept_out = (".*", "tests", "staticfiles", "*.sqlite3*", "node_modules", "__pycache__")
    return Path(shutil.copytree(ROOT, to / "coffeeco", ignore=shutil.ignore_patterns(*kept_out)))
