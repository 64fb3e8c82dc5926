"""The ObjectScript classes: sound text, and what the shop relies on."""

from __future__ import annotations

import pytest
import tree_sitter
import tree_sitter_objectscript

from shop.inventory.contract import TEXTS
from shop.inventory.iris.names import ALERT_METHODS, INVENTORY
from shop.inventory.iris.setup import classes as class_files
from shop.inventory.iris.setup.classes import ALERTS, CLASSES, source
from tests.inventory.iris.setup.conftest import Run
from tests.support.superserver import Superserver

LANGUAGE = tree_sitter.Language(tree_sitter_objectscript.language_objectscript())


def mistakes(text: str) -> list[str]:
    """Where a class text is not ObjectScript, by line."""
    tree = tree_sitter.Parser(LANGUAGE).parse(text.encode())
    nodes, found = [tree.root_node], []
    while nodes:
        node = nodes.pop()
        nodes += node.children
        if node.is_error or node.is_missing:
            found.append(f"line {node.start_point[0] + 1}: {node.type}")
    return found


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_sound_objectscript(name: str) -> None:
    assert mistakes(source(name)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Try {", "Try"),
        ("Set text = text_", "Set text = = text_"),
        ("    Return text\n}", "    Return text\n"),
        ("[ Private ]", "[ Private"),
    ],
)
def test_a_slip_of_the_pen_would_be_found(right: str, wrong: str) -> None:
    text = source(ALERTS)
    assert right in text
    assert mistakes(text.replace(right, wrong, 1))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_text_is_plain_ascii_and_named_like_its_file(name: str) -> None:
    assert source(name).isascii()
    assert f"\nClass {name} Extends " in source(name)


def test_the_product_id_is_the_id() -> None:
    assert "Index ProductIdIndex On ProductId [ IdKey, PrimaryKey, Unique ];" in source(INVENTORY)


def test_texts_are_as_long_as_the_shop_writes_them() -> None:
    text = source(INVENTORY)
    assert f"Property Name As %String(MAXLEN = {TEXTS['name']}) [ Required ];" in text
    assert f"Property CountryOfOrigin As %String(MAXLEN = {TEXTS['origin']});" in text
    assert f"Property Description As %String(MAXLEN = {TEXTS['description']});" in text


@pytest.mark.parametrize("method", ALERT_METHODS.values())
def test_the_alerts_are_spelled_as_the_sale_calls_them(method: str) -> None:
    wanted = f"ClassMethod {method}(id As %Integer, name As %String) As %String"
    assert wanted in source(ALERTS)


def test_a_long_class_text_arrives_whole_in_pieces(
    fresh: Superserver, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_files, "PIECE", 100)
    assert run(fresh, "setup_inventory").code == 0
    assert fresh.messages.by_kind["Write"] > len(CLASSES) * 3
    assert fresh.instance.sources == {name: source(name) for name in CLASSES}
