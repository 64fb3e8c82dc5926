"""A store that goes away: before the commit nothing was changed, after it only the ledger knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.inventory.contract import (
    Decided,
    Decision,
    Inventory,
    InventoryUnavailable,
    OutcomeUnknown,
    ProductQuery,
)
from tests.inventory.contract.acts import (
    ACTS,
    KEY,
    decided,
    everything,
    wish,
)
from tests.inventory.contract.world import World

READERS: dict[str, Callable[[Inventory], object]] = {
    "version": lambda i: i.version(),
    "page": lambda i: i.page(ProductQuery(text="a", limit=1)),
    "beside a list": lambda i: i.beside_list(version=i.version()),
    "products": lambda i: i.products([1, 2, 404]),
    "product": lambda i: i.product(1),
    "sold out": lambda i: i.sold_out(limit=3),
    "withdrawn": lambda i: i.withdrawn(),
    "problems": lambda i: i.problems(),
    "totals": lambda i: i.totals(),
    "decision": lambda i: i.decision("CC-EARLIER1"),
    "movements": lambda i: i.movements(1),
    "all movements": lambda i: list(i.all_movements()),
    "decisions": lambda i: list(i.decisions()),
    "balance": lambda i: i.balance(1),
}
MOST_STEPS = 60


def again(inventory: Inventory, name: str) -> Decision:
    """The same act once more, as somebody does who was not answered."""
    try:
        return ACTS[name](inventory)
    except Decided as known:
        return known.decision


@pytest.mark.parametrize("name", ACTS)
def test_a_commit_that_was_lost_on_its_way_is_unknown_and_can_be_made_again(
    shop_of_three: World, name: str
) -> None:
    inventory = shop_of_three.inventory
    before = everything(inventory)
    with shop_of_three.lose_commit(done=False), pytest.raises(OutcomeUnknown) as unknown:
        ACTS[name](inventory)
    assert unknown.value.reference == KEY
    assert everything(inventory) == before
    assert inventory.decision(KEY) is None
    made = ACTS[name](inventory)
    assert inventory.decision(KEY) == made


@pytest.mark.parametrize("name", ACTS)
def test_a_commit_whose_answer_was_lost_is_unknown_and_counts_once(
    shop_of_three: World, name: str
) -> None:
    inventory = shop_of_three.inventory
    before = inventory.version()
    with shop_of_three.lose_commit(done=True), pytest.raises(OutcomeUnknown) as unknown:
        ACTS[name](inventory)
    assert unknown.value.reference == KEY
    made = decided(inventory, KEY)
    assert inventory.version() != before
    once = everything(inventory)
    assert again(shop_of_three.second(), name) == made
    assert everything(inventory) == once


def test_a_sale_whose_commit_was_not_answered_does_not_claim_a_decision(
    shop_of_three: World,
) -> None:
    opened = shop_of_three.inventory.sale(wish(KEY, {1: 1}))
    sale = opened.__enter__()
    sale.sell(1)
    with shop_of_three.lose_commit(done=True), pytest.raises(OutcomeUnknown):
        opened.__exit__(None, None, None)
    assert sale.decision is None


@pytest.mark.parametrize("name", ACTS)
def test_wherever_the_store_goes_away_it_is_all_or_nothing(shop_of_three: World, name: str) -> None:
    inventory = shop_of_three.inventory
    before, version = shop_of_three.contents(), inventory.version()
    for step in range(1, MOST_STEPS):
        with shop_of_three.fail_at(step) as fault:
            try:
                made = ACTS[name](inventory)
            except InventoryUnavailable:
                assert fault.struck
                assert inventory.decision(KEY) is None
                assert shop_of_three.contents() == before, f"changed at step {step}"
                continue
            except OutcomeUnknown:
                assert fault.struck
                if inventory.decision(KEY) is None:
                    assert shop_of_three.contents() == before, f"changed at step {step}"
                    continue
                made = again(inventory, name)
        break
    else:
        pytest.fail(f"still failing after {MOST_STEPS} steps")
    assert step > 3
    assert inventory.decision(KEY) == made
    assert inventory.version() != version
    decided = everything(inventory)
    assert again(inventory, name) == made
    assert everything(inventory) == decided


@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_that_the_store_is_away_and_reads_on_when_it_is_back(
    shop_of_three: World, name: str
) -> None:
    inventory = shop_of_three.inventory
    expected = READERS[name](inventory)
    for step in range(1, MOST_STEPS):
        with shop_of_three.fail_at(step) as fault:
            try:
                found = READERS[name](inventory)
            except InventoryUnavailable:
                assert fault.struck
                continue
        break
    else:
        pytest.fail(f"still failing after {MOST_STEPS} steps")
    assert step > 1
    assert found == expected
