"""The tools from npm that read the shop's pages: two HTML validators, and Lighthouse.

``python -m tests.support.tooling.web_tools`` installs what ``web/package-lock.json`` pins, unless
it is there. The shop itself needs none of it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WEB = Path(__file__).with_name("web")
MODULES = WEB / "node_modules"
PATIENCE = 600
"""Seconds for npm, and for a validator; a slow machine is not a fault."""


class NoWebTools(Exception):
    """Something that the tools need is not here; the message says how to get it."""


def install() -> None:
    """Install what is pinned, unless it is there. Raises NoWebTools."""
    if _is_installed():
        return
    npm = _program("npm", "apt install nodejs npm")
    print("Installing the npm tools that tests/support/tooling/web pins.", flush=True)
    # Without their scripts: none of the tools needs one, and none was reviewed.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=WEB, check=False, timeout=PATIENCE).returncode:
        raise NoWebTools("npm could not install the tools; its own words are above.")
    _stamp().write_text(_pins(), "utf-8")


def html_validate(folder: Path) -> list[str]:
    """What html-validate finds wrong with the HTML files of a folder. Raises NoWebTools."""
    config = str(WEB / ".htmlvalidate.json")
    command = [*_node_tool("html-validate/bin/html-validate.mjs"), "--config", config]
    # To a file: down a pipe, what is longer than 64 KB is cut off when the tool ends.
    findings = folder / "html-validate.json"
    _run([*command, "--formatter", f"json={findings}", *_pages(folder)])
    return [
        f"{Path(page['filePath']).name}:{found['line']}: {found['message']} ({found['ruleId']})"
        for page in json.loads(findings.read_text("utf-8"))
        for found in page["messages"]
    ]


def nu_validate(folder: Path) -> list[str]:
    """What the Nu validator, the W3C's, finds wrong with them. Raises NoWebTools."""
    java = _program("java", "apt install default-jre-headless")
    jar = _installed("vnu-jar/build/dist/vnu.jar")
    command = [java, "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]
    return list(_nu_messages(json.loads(_run([*command, *_pages(folder)]))))


def lighthouse(*arguments: str) -> list[str]:
    """The command that runs Lighthouse. Raises NoWebTools."""
    return [*_node_tool("lighthouse/cli/index.js"), *arguments]


def _nu_messages(said: dict[str, Any]) -> Iterator[str]:
    for found in said["messages"]:
        page = Path(found.get("url", "")).name
        kind = found.get("subType", found["type"])
        yield f"{page}:{found.get('lastLine', '?')}: {found['message']} ({kind})"


def _pages(folder: Path) -> list[str]:
    return [str(page) for page in sorted(folder.glob("*.html"))]


def _run(command: list[str]) -> str:
    """What a validator says; one that finds something ends with 1, which is no failure of it."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[:2000]}")
    return done.stdout


def _node_tool(script: str) -> list[str]:
    return [_program("node", "apt install nodejs npm"), str(_installed(script))]


def _installed(file: str) -> Path:
    if not _is_installed():
        raise NoWebTools("The npm tools that read the pages are not installed; run: make web")
    return MODULES / file


def _program(name: str, remedy: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NoWebTools(f"There is no {name} here; on Debian: {remedy}")
    return found


def _is_installed() -> bool:
    return _stamp().exists() and _stamp().read_text("utf-8") == _pins()


def _stamp() -> Path:
    return MODULES / "installed"


def _pins() -> str:
    return hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()


if __name__ == "__main__":
    try:
        install()
    except NoWebTools as reason:
        sys.exit(str(reason))
