"""Google's Lighthouse on every page of a real shop, as on a phone and as on a desktop.

``python -m tests.support.tooling.lighthouse`` prints the four scores of each page; the beginning of
a page's name behind it leaves out the others. It ends with 1 unless
accessibility, best practices and SEO are 100 everywhere; performance, whose target is 100 too,
is only held to 95, for it depends on what else the machine does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.tooling.machine import NO_CHROMIUM, find_chromium
from tests.support.tooling.real_shop import RealPage, open_shop, pages_of
from tests.support.tooling.web_tools import NoWebTools, lighthouse

CATEGORIES = {
    "performance": 95,
    "accessibility": 100,
    "best-practices": 100,
    "seo": 100,
}
"""The least score of each."""
DEVICES = {"phone": ["--form-factor=mobile"], "desktop": ["--preset=desktop"]}
CHROMIUM = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
PATIENCE = 300
"""Seconds for one page; a slow machine is not a fault."""

TRIES = 3

Scores = dict[str, int]


def scores_of(shop: str, page: RealPage, device: str, chromium: str) -> tuple[Scores, list[str]]:
    """A page's score in each category, and the audits that it failed. Raises NoWebTools."""
    with tempfile.TemporaryDirectory(prefix="coffeeco-lighthouse-") as folder:
        report = Path(folder) / "report.json"
        command = lighthouse(
            shop + page.path,
            *("--output=json", f"--output-path={report}", "--quiet"),
            f"--chrome-flags={CHROMIUM}",
            f"--only-categories={','.join(CATEGORIES)}",
            *DEVICES[device],
        )
        if page.cookies:
            cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
            command.append(f"--extra-headers={json.dumps({'Cookie': cookies})}")
        if not page.is_public:
            # These are meant to be kept out of search engines, which this audit holds against them.
            command.append("--skip-audits=is-crawlable")
        _run(command, chromium)
        said = json.loads(report.read_text("utf-8"))
    scores = {name: round(said["categories"][name]["score"] * 100) for name in CATEGORIES}
    failed = [
        f"{audit['id']}: {audit['title']}"
        for audit in said["audits"].values()
        if audit["score"] is not None and audit["score"] < 1 and _counts(said, audit["id"])
    ]
    return scores, failed


def _run(command: list[str], chromium: str) -> None:
    """On a busy machine a trace may lack its beginning; Lighthouse then asks to be run again."""
    environment = {**os.environ, "CHROME_PATH": chromium}
    for _ in range(TRIES):
        done = subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
        if done.returncode == 0:
            return
    raise RuntimeError(f"Lighthouse failed {TRIES} times: {done.stderr}")


def _counts(said: dict[str, dict[str, dict[str, list[dict[str, object]]]]], audit: str) -> bool:
    """True for an audit that is part of a score."""
    return any(
        reference["id"] == audit and reference["weight"]
        for category in said["categories"].values()
        for reference in category["auditRefs"]
    )


def measure(shop: str, page: RealPage, device: str, chromium: str) -> bool:
    """Print a line of the table, and what kept a score below 100; True when none is too low."""
    scores, failed = scores_of(shop, page, device, chromium)
    print(f"{page.name + ', ' + device:<38}" + "".join(f"{score:>16}" for score in scores.values()))
    for audit in failed:
        print(f"    {audit}")
    sys.stdout.flush()
    return all(scores[name] >= least for name, least in CATEGORIES.items())


def main(only: str = "") -> int:
    """Print the table, of pages whose name begins so; 1 when a score is too low."""
    chromium = find_chromium()
    if chromium is None:
        print(NO_CHROMIUM)
        return 1
    print(" " * 38 + "".join(f"{name:>16}" for name in CATEGORIES))
    with (
        tempfile.TemporaryDirectory(prefix="coffeeco-measured-") as folder,
        open_shop(Path(folder)) as shop,
    ):
        # It measures no error pages.
        pages = [
            page for page in pages_of(shop) if page.status == 200 and page.name.startswith(only)
        ]
        fine = [measure(shop, page, device, chromium) for page in pages for device in DEVICES]
    print("None of them is too low." if all(fine) else f"{fine.count(False)} of them are too low.")
    return 0 if all(fine) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:2]))
    except NoWebTools as reason:
        sys.exit(str(reason))
