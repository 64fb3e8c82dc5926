"""Imports point one way, in no circle, and use of a package only what it exports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = ("coffeeco_site", "checkout", "shop", "shop.inventory", "shop.inventory.contract")
"""Each may import those after it."""

APPS = {
    "shop.inventory": {
        *("contract", "get_inventory", "is_counts", "is_delivery", "received_before", "undo_of"),
        "words",
    },
    "checkout": {"jobs", "made_up", "models"},
}
"""An app's ``__init__`` holds no models, so this lists what others may use of it."""

LEAVES = {"shop.inserts", "shop.plurals"}
"""Helpers that a floor below uses too: they import nothing of the project."""


def dotted(file: Path) -> str:
    """The name by which a file is imported."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    dotted(file): file
    for app in ("coffeeco_site", "checkout", "shop")
    for file in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in file.parts
}
PACKAGES = {name for name, file in MODULES.items() if file.name == "__init__.py"}


def imports_of(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The project's modules that are imported, or ``package.name`` for a name from a package."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                if node.module in MODULES:
                    yield name if name in MODULES or node.module in PACKAGES else node.module


TREES = {name: ast.parse(file.read_text("utf-8")) for name, file in MODULES.items()}
IMPORTS = {name: set(imports_of(ast.walk(tree))) for name, tree in TREES.items()}


def floor_of(name: str) -> int:
    """How far down a module stands; the last floor that its name begins with."""
    return max(place for place, floor in enumerate(FLOORS) if within(name, floor))


def within(name: str, package: str) -> bool:
    """True for the package itself and everything in it."""
    return f"{name}.".startswith(f"{package}.")


def test_nothing_imports_upward() -> None:
    upward = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        for other in others
        if floor_of(other) < floor_of(name) and not any(within(other, leaf) for leaf in LEAVES)
    ]
    assert upward == []
    assert [leaf for leaf in LEAVES if IMPORTS[leaf]] == []


def test_no_module_and_no_package_imports_in_a_circle() -> None:
    at_load = {name: set(imports_of(tree.body)) for name, tree in TREES.items()}
    list(TopologicalSorter(at_load).static_order())
    rooms: dict[str, set[str]] = {}
    for name, others in at_load.items():
        rooms.setdefault(room_of(name), set()).update(map(room_of, others))
    list(TopologicalSorter({room: near - {room} for room, near in rooms.items()}).static_order())


def room_of(name: str) -> str:
    """The package below an app that a module is in; a module beside these is a room of its own."""
    for package in sorted(PACKAGES - {"coffeeco_site", "checkout", "shop"}, key=len, reverse=True):
        if within(name, package) and not name.startswith("shop.inventory."):
            return package
    return name


def test_a_package_is_imported_by_what_it_hands_on() -> None:
    past_the_door = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        for other in others
        for package in PACKAGES - {"coffeeco_site", "checkout", "shop", "shop.inventory"}
        if not within(name, package)
        and other.startswith(f"{package}.")
        and other.removeprefix(f"{package}.") not in handed_on(package)
    ]
    assert past_the_door == []


def handed_on(package: str) -> set[str]:
    """The names in a package's ``__all__``."""
    for node in TREES[package].body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_an_app_is_used_only_through_what_is_listed_here() -> None:
    for app, allowed in APPS.items():
        used = {
            other.removeprefix(f"{app}.").split(".")[0]
            for name, others in IMPORTS.items()
            for other in others
            if not within(name, app) and other.startswith(f"{app}.")
        }
        assert used == allowed
