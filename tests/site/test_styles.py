"""The stylesheets keep to their layers, their widths and their tokens; templates stay readable."""

from __future__ import annotations

import re

import pytest

from tests.support.tooling.machine import ROOT

SHEETS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "static").glob("*.css"))}
LAYERS = ["tokens", "base", "components", "pages", "print"]
WIDTHS = {"20rem", "44rem", "60rem", "72rem"}
LINE = 120
"""The longest line that a template may have."""

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TOKENS = re.compile(r"@layer tokens {.*?^}", re.DOTALL | re.MULTILINE)
SIZE = re.compile(
    r"(?:^|[\s;{])((?:font(?:-size)?|(?:row-|column-)?gap|(?:margin|padding)[a-z-]*|min-height)\s*:"
    r"[^;]*?(?<![\w.])(?!1px\b)[\d.]*[1-9][\d.]*(?:rem|px|vw)\b[^;]*);"
)
"""A declaration that has a length of its own; 1px is a hairline."""
QUERY = re.compile(r"@(?:media|container) ([^{]*)")


def sizes_of_their_own(sheet: str) -> list[str]:
    """Declarations outside the tokens that write a size down instead of naming it."""
    return SIZE.findall(COMMENT.sub("", TOKENS.sub("", sheet)))


def test_layers_are_declared_once_and_everything_is_in_one() -> None:
    declared = [
        found for sheet in SHEETS.values() for found in re.findall(r"@layer ([^{;]*);", sheet)
    ]
    assert declared == [", ".join(LAYERS)]
    for sheet in SHEETS.values():
        top = re.findall(r"^[^\s}/][^{;\n]*", COMMENT.sub("", sheet), re.MULTILINE)
        assert {line.strip() for line in top} <= {
            *(f"@layer {layer}" for layer in LAYERS),
            f"@layer {', '.join(LAYERS)}",
            # A change of page is no rule, and stands in no layer.
            "@media (prefers-reduced-motion: no-preference)",
        }


def test_a_bag_travels_by_one_rule_and_only_where_movement_is_wanted() -> None:
    before, moving = SHEETS["shop.css"].split("\n@media (prefers-reduced-motion: no-preference) {")
    assert "@view-transition" not in before
    assert moving.count("view-transition-name: bag;") == 1


def test_media_queries_know_four_widths() -> None:
    queries = [query for sheet in SHEETS.values() for query in QUERY.findall(sheet)]
    assert {width for query in queries for width in re.findall(r"[\d.]+\w+", query)} == WIDTHS


@pytest.mark.parametrize("name", SHEETS)
def test_sizes_of_letters_spaces_and_targets_are_tokens(name: str) -> None:
    assert sizes_of_their_own(SHEETS[name]) == []


@pytest.mark.parametrize(
    "slip",
    [
        "a { font-size: 0.9375rem; }",
        "a { font: 600 1rem / 1.2 var(--sans); }",
        "a { padding: var(--s1) 12px; }",
        "a { margin-block-start: calc(-1 * 0.4rem); }",
        "a { gap: 0 clamp(0rem, 2vw, 1rem); }",
        "a { min-height: 2.75rem; }",
    ],
)
def test_a_size_that_is_no_token_is_found(slip: str) -> None:
    assert len(sizes_of_their_own(slip)) == 1


def test_every_token_that_is_used_is_defined() -> None:
    drawings = [path.read_text("utf-8") for path in (ROOT / "static").glob("*.svg")]
    used = set(re.findall(r"var\((--[\w-]+)\)", " ".join([*SHEETS.values(), *drawings])))
    defined = set(re.findall(r"(?<![\w(-])(--[\w-]+):", " ".join(SHEETS.values())))
    assert used - defined == set()


def test_no_line_of_a_template_is_longer_than_a_screen() -> None:
    # A line of a plain mail is as long as the mail wants it.
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if len(line) > LINE
    ]
    assert long == []
