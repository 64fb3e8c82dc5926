"""Void: an order that never will be sold, behind the same lock as its sale."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shop.inventory.contract import Decided, DecisionKind, ReferenceTaken
from tests.inventory.contract.acts import apply, everything, hashed, left, note, sell, wish
from tests.inventory.contract.world import RawRow, World

REASON = {"refused": {"shortages": [{"id": 1, "name": "Café", "wanted": 4, "left": 3}]}}


def test_a_void_keeps_its_reason_and_its_token(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    before = datetime.now(UTC)
    decision = world.inventory.void("CC-NEVER001", hashed("t"), REASON)
    assert (decision.reference, decision.kind) == ("CC-NEVER001", DecisionKind.VOID)
    assert decision.token_hash == hashed("t")
    assert decision.reason == REASON
    assert decision.lines == ()
    assert before <= decision.at <= datetime.now(UTC)
    assert world.second().decision("CC-NEVER001") == decision
    assert list(world.inventory.decisions()) == [decision]
    assert left(world.inventory, 1) == 5
    assert list(world.inventory.all_movements()) == []


def test_a_voided_order_can_no_longer_be_sold(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    void = world.inventory.void("CC-NEVER001", hashed("t"), REASON)
    before = everything(world.inventory)
    with pytest.raises(Decided) as decided:
        sell(world.inventory, wish("CC-NEVER001", {1: 1}, token="t"))
    assert decided.value.decision == void
    assert everything(world.inventory) == before


def test_a_void_after_the_sale_returns_the_sale(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    sold = sell(world.inventory, wish("CC-SOLD0001", {1: 1}, token="t"))
    before = everything(world.inventory)
    assert world.inventory.void("CC-SOLD0001", hashed("t"), REASON) == sold
    assert everything(world.inventory) == before
    assert left(world.inventory, 1) == 4


def test_a_second_void_returns_the_first(world: World) -> None:
    first = world.inventory.void("CC-NEVER001", hashed("t"), REASON)
    before = everything(world.inventory)
    assert world.second().void("CC-NEVER001", hashed("t"), {"abandoned": "late"}) == first
    assert everything(world.inventory) == before


def test_a_reference_of_another_token_cannot_be_voided(world: World) -> None:
    world.put_row(RawRow(id=1, quantity=5))
    sell(world.inventory, wish("CC-SOLD0001", {1: 1}, token="Amina's"))
    world.inventory.void("CC-NEVER001", hashed("Amina's"), REASON)
    before = everything(world.inventory)
    for reference in ("CC-SOLD0001", "CC-NEVER001"):
        with pytest.raises(ReferenceTaken) as taken:
            world.inventory.void(reference, hashed("Carlos's"), REASON)
        assert taken.value.reference == reference
    assert everything(world.inventory) == before


def test_an_order_and_a_one_time_key_do_not_share_a_name(world: World) -> None:
    from shop.inventory.contract import Correction

    world.put_row(RawRow(id=1, quantity=5))
    apply(world.inventory, Correction(product_id=1, shown=5, counted=6), key="shared-name")
    with pytest.raises(ReferenceTaken):
        world.inventory.void("shared-name", hashed("t"), REASON)
    with pytest.raises(ReferenceTaken):
        sell(world.inventory, wish("shared-name", {1: 1}))
    world.inventory.void("CC-NEVER001", hashed("t"), REASON)
    with pytest.raises(ReferenceTaken):
        world.inventory.apply(Correction(product_id=1, shown=6, counted=7), note("CC-NEVER001"))
    assert left(world.inventory, 1) == 6
