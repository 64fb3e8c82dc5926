"""``make messages``: what is new comes in, what is gone goes out, what is translated stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.support.tooling import translations
from tests.support.tooling.translations import compiled, read, renew, untranslated

HEADER = """\
# Who looks after these words.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""
BEFORE = f"""{HEADER}
#: templates/shop/basket.html
msgid "Basket"
msgstr "Cesta"

#: templates/shop/basket.html
msgid "Trolley"
msgstr "Carrinho"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of two sentences; the sources have one of them, and two new ones."""
    sources = Catalog(charset="utf-8")
    sources.add("Basket", locations=[("templates/shop/basket.html", 0)])
    sources.add("Baskets are kept", locations=[("shop/messages.py", 0)])
    sources.add(("%(n)s bag", "%(n)s bags"), locations=[("shop/messages.py", 0)])
    monkeypatch.setattr(translations, "marked", lambda: sources)
    path = tmp_path / "pt_BR" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(BEFORE, "utf-8")
    return path


def test_a_catalogue_is_brought_after_the_sources(path: Path) -> None:
    renew(path)
    catalog = read(path)
    assert catalog["Basket"].string == "Cesta"
    assert "Trolley" not in path.read_text("utf-8")
    missing = [message.id for message in untranslated(catalog)]
    assert missing == ["Baskets are kept", ("%(n)s bag", "%(n)s bags")]


def test_a_likeness_is_not_taken_for_a_translation(path: Path) -> None:
    renew(path)
    assert not read(path)["Baskets are kept"].string


def test_a_second_time_changes_nothing_and_the_header_stays(path: Path) -> None:
    renew(path)
    once = path.read_bytes()
    renew(path)
    assert path.read_bytes() == once
    assert once.startswith(HEADER.encode())


def test_the_compiled_file_is_written_beside_it_and_always_the_same(path: Path) -> None:
    renew(path)
    binary = path.with_suffix(".mo").read_bytes()
    assert binary == compiled(path) == compiled(path)
    assert b"Cesta" in binary
    assert b"Carrinho" not in binary
