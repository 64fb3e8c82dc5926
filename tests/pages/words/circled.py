"""A language in which every letter of a sentence stands in a circle: ``Ⓑⓐⓢⓚⓔⓣ``.

A page in it shows what was never marked for translation, because that is still in plain letters.
"""

from __future__ import annotations

import io
import re
import string
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from bs4 import Comment, Doctype
from django.utils import translation

from shop.branches import BRANCHES
from shop.catalogue.countries import countries
from shop.formats import format_weekday
from tests.pages.states.scene import ONE_WORD, many_coffees
from tests.support.cast import SHELF, parsed
from tests.support.tooling.translations import marked

_ROUND = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase,
    "".join(chr(0x24D0 + n) for n in range(26)) + "".join(chr(0x24B6 + n) for n in range(26)),
)
_KEPT = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]*>|&#?\w+;")
_SAID = ("title", "alt", "aria-label", "placeholder", "data-copied")
"""Attributes that screen readers read."""
_META = re.compile(
    r"description|og:title|og:description|og:image:alt|twitter:(title|description|image:alt)"
)


def _countries() -> tuple[tuple[str, str], ...]:
    """The origins by their names in Portuguese, which Babel writes."""
    with translation.override("pt-br"):
        return countries(coffee.origin for coffee in (*SHELF, *many_coffees(60)))


DATA = sorted(
    [
        *(
            word
            for coffee in (*SHELF, *many_coffees(60), ONE_WORD)
            for word in (coffee.name, coffee.origin, coffee.description.strip())
        ),
        *(name for _, name in _countries()),
        *(format_weekday(day, "pt-br") for day in range(7)),
        *(format_weekday(day, "pt-br").capitalize() for day in range(7)),
        *(branch.name for branch in BRANCHES),
        "CoffeeCo",
        "US$",
        "ana@example.com",
        "ana@gmial.com",
        "ana@gmail.com",
        *("jasmine", "keeper's", "harbor", "harbour", "Harbour"),
    ],
    key=len,
    reverse=True,
)
"""What no translation changes."""


def circled(text: str) -> str:
    """The text in circles; placeholders, tags and entities stay as they are."""
    kept = _KEPT.findall(text)
    parts = _KEPT.split(text)
    between = [*kept, ""]
    return "".join(part.translate(_ROUND) + keep for part, keep in zip(parts, between, strict=True))


def circled_around_data(text: str) -> str:
    """The same for a sentence that names coffees."""
    names = "|".join(map(re.escape, DATA))
    return "".join(
        part if number % 2 else circled(part)
        for number, part in enumerate(re.split(f"({names})", text))
    )


def write(folder: Path) -> None:
    """A catalogue of Brazilian Portuguese with every sentence of ours in circles."""
    catalog = Catalog(locale="pt_BR", charset="utf-8")
    for message in marked():
        if isinstance(message.id, tuple | list):
            one, many = (circled(form) for form in message.id)
            forms = (one, *[many] * (catalog.num_plurals - 1))
            catalog.add(tuple(message.id), forms, context=message.context)
        elif message.id:
            catalog.add(message.id, circled(message.id), context=message.context)
    place = folder / "pt_BR" / "LC_MESSAGES"
    place.mkdir(parents=True)
    binary = io.BytesIO()
    write_mo(binary, catalog)
    (place / "django.mo").write_bytes(binary.getvalue())


def plain_words(html: str) -> list[str]:
    """The words of a page that stand in plain letters and are not data."""
    soup = parsed(html)
    said = [
        str(element[name])
        for name in _SAID
        for element in soup.find_all(attrs={name: True})
        if element.find_parent("svg", class_="bag") is None
    ]
    said += [
        str(meta["content"])
        for meta in soup.find_all("meta")
        if _META.fullmatch(str(meta.get("name") or meta.get("property") or ""))
    ]
    # Names of languages stand in their own; days and times are the library's words, names of
    # cookies the browser's.
    for element in soup.select("script, style, svg.bag, time, code, body [lang]"):
        element.decompose()
    texts = soup.find_all(string=True)
    said += [str(text) for text in texts if not isinstance(text, Comment | Doctype)]
    return [" ".join(text.split()) for text in said if has_words(text)]


def has_words(text: str) -> bool:
    """True when two plain letters stand together in it, data left aside."""
    # References of orders and names of requests are data too.
    text = re.sub(r"CC-\w{8}|\b[0-9a-f]{16}\b|https?://\S+|\d+ de [a-zç]+ de \d{4}", "", text)
    if text.endswith("…"):
        text = _without_cut_data(text.removesuffix("…"))
    for data in DATA:
        text = text.replace(data, "")
    return re.search("[A-Za-z]{2}", text) is not None


def _without_cut_data(text: str) -> str:
    """The text without the beginning of a long description that it ends with."""
    for start in range(len(text)):
        if any(data.startswith(text[start:]) for data in DATA):
            return text[:start]
    return text
