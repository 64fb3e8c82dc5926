"""No template that a shopper sees has a word in it that is not marked for translation."""

from __future__ import annotations

import re

import pytest

from tests.pages.words.circled import plain_words
from tests.support.tooling.machine import ROOT
from tests.support.tooling.translations import ENGLISH_ONLY

TEMPLATES = ROOT / "templates"
NAMES = sorted(
    name
    for path in TEMPLATES.rglob("*.*")
    if path.suffix in (".html", ".txt")
    and not (name := str(path.relative_to(TEMPLATES))).startswith(ENGLISH_ONLY)
)
STAFF_ONLY = {
    "parts/desk_link.html",
    "parts/totals.html",
    "mail/password.html",
    "mail/password.txt",
}
MARKED = re.compile(
    r"{%\s*blocktrans.*?endblocktrans\w*\s*%}|{%\s*comment.*?endcomment\s*%}|{#.*?#}"
    # Blocks that fill an attribute of the page they extend.
    r"|{%\s*block (?:main|body)_class\s*%}.*?{%\s*endblock\s*%}",
    re.DOTALL,
)
# What a tag leaves behind must not glue the words beside it together.
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


def unmarked(text: str) -> list[str]:
    """The words of a template's text that no marking has hold of."""
    # An element whose very name is filled in is still an element.
    text = re.sub(r"(</?){{.*?}}", r"\1b", MARKED.sub("·", text))
    return plain_words(TAG.sub("·", text))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in STAFF_ONLY])
def test_every_word_in_it_is_marked(name: str) -> None:
    text = (TEMPLATES / name).read_text("utf-8")
    assert unmarked(text) == []


@pytest.mark.parametrize(
    "slip",
    [
        "<p>{{ n }} bags</p>",
        '<img alt="A bag">',
        '<a aria-label="More about {{ name }}">{% translate "More" %}</a>',
        '{% translate "Basket" %}, empty',
        '<meta name="description" content="Coffee">',
    ],
)
def test_a_word_that_is_not_marked_is_found(slip: str) -> None:
    assert unmarked(slip)
