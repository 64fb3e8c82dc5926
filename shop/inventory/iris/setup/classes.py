"""Loads the shop's ObjectScript classes onto a server over the connection and compiles them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shop.inventory.iris.client import OK, Iris, ServerError
from shop.inventory.iris.names import INVENTORY

DIRECTORY = Path(__file__).parent.parent / "objectscript"

ALERTS = "coffeeco.Alerts"
ALERT_LOG = "coffeeco.AlertLog"
CLASSES = (INVENTORY, ALERT_LOG, ALERTS)

PIECE = 16_000
"""Characters per Write, because the server's strings have a maximum length."""

SETUP = "^coffeeco.Setup"
"""What setup_inventory remembers: ("class", name) the digest of the text that it compiled."""


class CompileFailed(ServerError):
    """The server could not compile a class; the text is the server's."""


def source(name: str) -> str:
    """The text of a class."""
    package, _, short = name.partition(".")
    return (DIRECTORY / package / f"{short}.cls").read_text(encoding="utf-8")


def digest(name: str) -> str:
    """SHA-256 (hex) of a class's text."""
    return hashlib.sha256(source(name).encode()).hexdigest()


def compiled_digest(iris: Iris, name: str) -> str:
    """The digest of the text that setup_inventory last compiled here; empty when it never did."""
    return iris.get(SETUP, "class", name) or ""


def compile_classes(iris: Iris, names: list[str]) -> None:
    """Load and compile classes together, and store the digests of their texts.

    Raises CompileFailed with the server's words, ServerError without the right.
    """
    for name in names:
        _load(iris, name)
    items = ",".join(f"{name}.cls" for name in names)
    _checked(iris, iris.class_method_value("%SYSTEM.OBJ", "CompileList", items, "ck-d"))
    for name in names:
        iris.set(digest(name), SETUP, "class", name)


def _load(iris: Iris, name: str) -> None:
    stream = iris.class_method_object("%Stream.GlobalCharacter", "%New")
    if stream is None:
        raise CompileFailed("%Stream.GlobalCharacter.%New returned nothing")
    text = source(name)
    for start in range(0, len(text), PIECE):
        _checked(iris, stream.invoke("Write", text[start : start + PIECE]))
    _checked(iris, stream.invoke("Rewind"))
    _checked(iris, iris.class_method_value("%SYSTEM.OBJ", "LoadStream", stream, "-d"))


def _checked(iris: Iris, status: object) -> None:
    if status not in OK:
        raise CompileFailed(iris.words_of(status))
