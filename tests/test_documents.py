"""Documents, and the comments of the product, name only files and headings that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.tooling.machine import ROOT

TOPS = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in {".git", ".venv"}]
FILE = re.compile(r"(?<![\w/.-])(?:[\w.-]+/)*\w+\.(?:py|html|md|css|js|cls)\b")
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("shop/**/*.md")])
MODULES = [
    file for app in ("coffeeco_site", "checkout", "shop") for file in ROOT.glob(f"{app}/**/*.py")
]
TO_BE_WRITTEN = {"checkout/payment.py"}


def is_there(name: str) -> bool:
    """Whether a file below the project ends with this path."""
    return (ROOT / name).exists() or any(any(top.rglob(name)) for top in TOPS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_files_that_a_document_names_are_there(document: Path) -> None:
    codes = re.findall(r"`([^`\n<>]+)`", document.read_text("utf-8"))
    named = {name for code in codes for name in FILE.findall(code)} - TO_BE_WRITTEN
    assert sorted(name for name in named if not is_there(name)) == []


def test_the_files_that_the_product_names_are_there() -> None:
    named = {name for file in MODULES for name in FILE.findall(file.read_text("utf-8"))}
    assert sorted(name for name in named if "/" in name and not is_there(name)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_its_links_lead_to_a_file_and_a_heading(document: Path) -> None:
    for path, anchor in LINK.findall(document.read_text("utf-8")):
        target = document.parent / path if path else document
        assert target.exists(), f"{path} is not there"
        assert not anchor or anchor[1:] in anchors(target), f"{path} has no {anchor}"


def anchors(document: Path) -> set[str]:
    """The headings of a document as GitHub links to them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
