"""Keeps the catalogues of ``locale/`` in step with the sentences that are marked in the sources.

``python -m tests.support.tooling.translations`` (``make messages``) adds sentences that are new to
every catalogue, drops those that are gone, compiles what there is, and lists what has no
translation. It needs Babel alone: Django's own ``makemessages`` wants the programs of GNU gettext.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tests.support.tooling.machine import ROOT

LOCALE = ROOT / "locale"
APPS = ("coffeeco_site", "shop", "checkout")
# Staff read English, and so do the recipients of stock alerts.
ENGLISH_ONLY = ("staff/", "mail/alerts.")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def marked() -> Catalog:
    """Every sentence that the sources mark for translation, and the files it stands in."""
    catalog = Catalog(project="CoffeeCo", charset="utf-8")
    for path, source in _sources():
        found = extract("python", io.BytesIO(source), KEYWORDS, ["Translators:"])
        for _line, message, comments, context in found:
            name = str(path.relative_to(ROOT))
            notes = [comment.removeprefix("Translators:").strip() for comment in comments]
            catalog.add(message, locations=[(name, 0)], auto_comments=notes, context=context)
    return catalog


def _sources() -> Iterator[tuple[Path, bytes]]:
    """Every file that may mark sentences, templates rewritten as calls in Python."""
    templates = ROOT / "templates"
    for path in sorted(templates.rglob("*.*")):
        name = str(path.relative_to(templates))
        if path.suffix in (".html", ".txt") and not name.startswith(ENGLISH_ONLY):
            calls = templatize(path.read_text("utf-8"), origin=name)
            # What is left of a page's indentation would not be Python's.
            yield path, "\n".join(line.lstrip() for line in calls.splitlines()).encode()
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            yield path, path.read_bytes()


def catalogues() -> list[Path]:
    """The file of every language there is."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """The sentences and translations of a language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


class _Plain(Catalog):
    """A catalogue whose header has no dates and versions: the same words, the same bytes."""

    rule = ""
    """The file's own rule of plurals, since Babel's for a language changes with its version."""

    @property  # type: ignore[misc]  # nothing sets it
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.rule)]


def compiled(path: Path) -> bytes:
    """What a catalogue compiles to; Django reads that, from ``django.mo`` beside it."""
    catalog = read(path)
    plain = _Plain(locale=catalog.locale, charset="utf-8")
    plain.rule = catalog.plural_forms
    for message in catalog:
        if message.id:
            plain[message.id] = message
    binary = io.BytesIO()
    write_mo(binary, plain)
    return binary.getvalue()


def untranslated(catalog: Catalog) -> list[Message]:
    """The sentences that have no translation, or one that is marked as fuzzy."""
    return [message for message in catalog if message.id and not _is_translated(message)]


def _is_translated(message: Message) -> bool:
    forms = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(forms) and not message.fuzzy


def renew(path: Path) -> Catalog:
    """Bring a catalogue after the sources: nothing that is translated and still used is lost."""
    header = path.read_bytes().split(b"\n\n", 1)[0].rstrip()
    catalog = read(path)
    catalog.update(marked(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    text = io.BytesIO()
    write_po(text, catalog, width=100, omit_header=True, sort_by_file=True, include_lineno=False)
    path.write_bytes(b"\n\n".join((header, text.getvalue().strip())) + b"\n")
    path.with_suffix(".mo").write_bytes(compiled(path))
    return catalog


def main() -> int:
    """0 when every sentence is translated into every language."""
    missing = 0
    for path in catalogues():
        catalog = renew(path)
        left = untranslated(catalog)
        missing += len(left)
        print(f"{path.relative_to(ROOT)}: {len(catalog)} sentences, {len(left)} to translate")
        for message in left:
            print(f"  {message.id}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
