"""docs/promises.md names tests that exist, and says which of them only the long matrix runs."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.tooling.machine import ROOT

ROWS = re.findall(
    r"^\| (.+) \| `([\w/]+\.py)::(\w+)` \| (.+) \|$",
    (ROOT / "docs" / "promises.md").read_text("utf-8"),
    re.MULTILINE,
)
HEADS = ("promise", "---")


def test_every_line_of_the_tables_has_a_promise_a_test_and_its_stores() -> None:
    text = (ROOT / "docs" / "promises.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(ROWS) == len([line for line in lines if not line.strip("| ").startswith(HEADS)])
    assert {stores for *_, stores in ROWS} <= {"D", "D, I", "D+P", "I", "D+P, I", "M", "–"}


@pytest.mark.parametrize(("promise", "path", "name"), [row[:3] for row in ROWS])
def test_the_test_of_a_promise_is_there(promise: str, path: str, name: str) -> None:
    body = ast.parse((ROOT / "tests" / path).read_text("utf-8")).body
    tests = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    assert name in tests, f"tests/{path} has no {name}: docs/promises.md names it"
    of_file = [ast.unparse(node) for node in body if isinstance(node, ast.Assign)]
    is_slow = any(ast.unparse(mark) == "pytest.mark.slow" for mark in tests[name].decorator_list)
    is_slow |= any(re.match(r"pytestmark = .*\bmark\.slow\b", text) for text in of_file)
    assert not is_slow or "*long*" in promise
