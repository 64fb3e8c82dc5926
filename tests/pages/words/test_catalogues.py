"""Every sentence is in every catalogue, translated, with its placeholders; none is left over."""

from __future__ import annotations

import io
import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.utils.translation import to_locale

from tests.support.tooling.translations import (
    LOCALE,
    catalogues,
    compiled,
    marked,
    read,
    untranslated,
)

every_catalogue = pytest.mark.parametrize(
    "path", catalogues(), ids=[path.parent.parent.name for path in catalogues()]
)
REFRESH = "run make messages, then see what it lists"


def key(message: Message) -> tuple[str | None, object]:
    return message.context, message.id


def test_every_language_of_the_shop_but_its_own_has_a_catalogue() -> None:
    wanted = {to_locale(code) for code, _name in settings.LANGUAGES} - {settings.LANGUAGE_CODE}
    assert {path.parent.parent.name for path in catalogues()} == wanted


@every_catalogue
def test_it_has_the_sentences_of_the_sources_and_no_others(path: Path) -> None:
    theirs = {key(message) for message in read(path) if message.id}
    ours = {key(message) for message in marked() if message.id}
    assert ours - theirs == set(), REFRESH
    assert theirs - ours == set(), REFRESH


@every_catalogue
def test_every_sentence_is_translated(path: Path) -> None:
    assert [message.id for message in untranslated(read(path))] == []


@every_catalogue
def test_every_number_has_a_form_of_its_sentence(path: Path) -> None:
    known = GNUTranslations(io.BytesIO(compiled(path)))
    for message in read(path):
        if not message.context and isinstance(message.id, tuple | list):
            one, many, *_ = message.id
            said = {known.ngettext(one, many, n) for n in (0, 1, 2, 5, 11, 1_000_000)}
            assert said <= set(message.string or ()), message.id


@every_catalogue
def test_placeholders_and_tags_survive_the_translation(path: Path) -> None:
    for message in read(path):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        # The plural form has every placeholder; "one bag" may leave its number out.
        wanted, most = _slots(ids[0]), _slots(ids[-1])
        assert _slots(strings[-1]) == most, message.id
        assert wanted <= most, message.id
        assert all(_slots(string) <= most for string in strings), message.id


def _slots(text: str | None) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w*\}|</?\w+[^>]*>|&#?\w+;", text or ""))


@every_catalogue
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == compiled(path), REFRESH


@every_catalogue
def test_sentences_end_and_begin_as_the_english_ones_do(path: Path) -> None:
    for message in read(path):
        if isinstance(message.id, str) and message.id:
            for side in (slice(0, 1), slice(-1, None)):
                ours, theirs = message.id[side], str(message.string)[side]
                assert ours.isspace() == theirs.isspace(), message.id
                assert (ours in ".:?") == (theirs in ".:?") or side.stop == 1, message.id


def test_the_catalogues_lie_where_django_looks() -> None:
    assert [Path(folder) for folder in settings.LOCALE_PATHS] == [LOCALE]
