"""Globals: values, subscripts in order, slices, increments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.superserver import Superserver


@pytest.mark.parametrize(
    "value", [1, -5, 1.5, Decimal("9.99"), "text", "é", "Ω", "x" * 100_000, '{"a": 1}']
)
def test_values_come_back_as_they_were_set(db: Any, value: Any) -> None:
    db.set(value, "^node", 1, "a")
    found = db.get("^node", 1, "a")
    assert found == value
    assert type(found) is type(value)


def test_a_global_has_a_value_of_its_own_with_or_without_caret(
    server: Superserver, db: Any
) -> None:
    db.set("root", "node")
    assert db.get("^node") == "root"
    assert server.globals() == {"node": {(): "root"}}


def test_what_was_never_set_is_none(db: Any) -> None:
    assert db.get("^node", 1) is None


def test_nothing_is_the_empty_text(db: Any) -> None:
    db.set(None, "^node", 1)
    assert db.get("^node", 1) == ""
    assert db.isDefined("^node", 1) == 1


def test_defined_tells_value_and_children_apart(db: Any) -> None:
    db.set("v", "^node", "value")
    db.set("v", "^node", "both")
    db.set("v", "^node", "both", 1)
    db.set("v", "^node", "children", 1)
    names = ["nothing", "value", "children", "both"]
    assert [db.isDefined("^node", name) for name in names] == [0, 1, 10, 11]


def test_kill_takes_the_node_and_all_below_it(server: Superserver, db: Any) -> None:
    for subscripts in (("a",), ("a", 1), ("a", 1, 2), ("ab",)):
        db.set("v", "^node", *subscripts)
    db.kill("^node", "a")
    assert server.globals() == {"node": {("ab",): "v"}}
    db.kill("^node")
    assert server.globals() == {}
    db.kill("^node")


def test_subscripts_are_numbers_first_and_then_text(db: Any) -> None:
    for subscript in ("b", 10, 9, "a", -1, "0.5", 0.5, "01", "", 2):
        if subscript != "":
            db.set("v", "^node", subscript)
    assert list(db.node("^node")) == ["-1", ".5", "2", "9", "10", "0.5", "01", "a", "b"]


def test_siblings_are_found_in_both_directions(db: Any) -> None:
    for subscript in (1, 2, 10):
        db.set("v", "^node", subscript)
        db.set("w", "^node", subscript, "below")
    assert db.nextSubscript(False, "^node", "") == "1"
    assert db.nextSubscript(False, "^node", 2) == "10"
    assert db.nextSubscript(False, "^node", 5) == "10"
    assert db.nextSubscript(False, "^node", 10) is None
    assert db.nextSubscript(True, "^node", "") == "10"
    assert db.nextSubscript(True, "^node", 2) == "1"
    assert db.nextSubscript(True, "^node", 1) is None
    assert db.nextSubscript(False, "^nothing", "") is None
    assert db.nextSubscript(False, "^node", 1, "") == "below"


def test_children_take_one_message_each_and_one_for_the_end(server: Superserver, db: Any) -> None:
    for subscript in (1, 2, 3):
        db.set(subscript * 10, "^node", subscript)
    with server.count() as counted:
        assert list(db.node("^node").items()) == [("1", 10), ("2", 20), ("3", 30)]
    assert counted.by_kind == {"nextSubscript": 4}
    assert list(db.iterator("^node").items()) == [("1", 10), ("2", 20), ("3", 30)]


def test_nodes_without_a_value_have_children_only(db: Any) -> None:
    db.set("v", "^node", "a", 1)
    assert list(db.node("^node").items()) == [("a", None)]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (slice(2, None), "2 3 10 a b"),
        (slice(2, 10), "2 3"),
        (slice(5, None), "10 a b"),
        (slice(None, 5), "1 2 3"),
        (slice("10", "b"), "10 a"),
        (slice(10, 2, -1), "10 3"),
        (slice(None, None, -1), "b a 10 3 2 1"),
    ],
)
def test_slices_begin_and_end_where_they_say(db: Any, part: slice, expected: str) -> None:
    for subscript in (1, 2, 3, 10, "a", "b"):
        db.set("v", "^node", subscript)
    assert " ".join(db.node("^node")[part]) == expected


def test_increments_add_numbers_exactly(db: Any) -> None:
    assert db.increment(5, "^count") == 5
    assert db.increment(-2, "^count") == 3
    assert db.increment(Decimal("0.1"), "^count") == Decimal("3.1")
    db.set("7 bags", "^count", "text")
    assert db.increment(1, "^count", "text") == 8
    assert db.increment(0.5, "^count", "text") == 8.5
