"""Origins: countries have their name in each language, and other origins keep their own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

from shop.formats import active_language, locale_of
from shop.inventory.words import folded, words_of


def country(origin: str) -> str:
    """The origin in the reader's language."""
    code = _codes().get(folded(origin))
    return _names(active_language())[code] if code else origin


def spellings(origin: str, origins: Iterable[str]) -> tuple[str, ...]:
    """Those of the origins that mean the same as this one, such as "brazil" and "Brasil"."""
    wanted = _key(origin)
    return tuple(each for each in origins if _key(each) == wanted) or (origin,)


def countries(origins: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The first spelling of each origin and its name for the reader, sorted by name."""
    firsts = {_key(origin): origin for origin in reversed(tuple(origins))}
    named = [(origin, country(origin)) for origin in firsts.values()]
    return tuple(sorted(named, key=lambda pair: folded(pair[1])))


def meant(text: str, origins: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The words that stand for origins as well, since they name countries in some language."""
    pairs = ((word, _meant_by(word, origins)) for word in words_of(text))
    return tuple((word, found) for word, found in pairs if found)


def _meant_by(word: str, origins: Iterable[str]) -> tuple[str, ...]:
    """The origins whose name in any of the shop's languages has this word in it."""
    wanted = folded(word)
    return tuple(
        origin
        for origin in origins
        if (code := _codes().get(folded(origin)))
        and any(wanted in folded(_names(language)[code]) for language, _ in settings.LANGUAGES)
    )


def _key(origin: str) -> str:
    return _codes().get(folded(origin), folded(origin))


@lru_cache(maxsize=8)
def _names(language: str) -> dict[str, str]:
    """The countries' names by their codes of two letters."""
    names = locale_of(language).territories
    return {code: name for code, name in names.items() if len(code) == 2}


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """The countries' codes by their folded names in all of the shop's languages."""
    languages = [language for language, _ in settings.LANGUAGES]
    return {folded(name): code for each in languages for code, name in _names(each).items()}
