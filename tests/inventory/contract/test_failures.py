"""A store that goes away: before the commit nothing was changed, after it only the ledger knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shop.inventory.contract import (
    AcceptOutside,
    Correction,
    Decided,
    Decision,
    Delivery,
    Inventory,
    InventoryUnavailable,
    NewDetails,
    OutcomeUnknown,
    ProductQuery,
    PutBack,
    Return,
    Withdrawal,
)
from tests.inventory.contract.acts import (
    Everything,
    apply,
    coming,
    correct,
    deliver,
    everything,
    hashed,
    left,
    note,
    sell,
    wish,
)
from tests.inventory.contract.world import PRICE, RawRow, World

KEY = "CC-FAILING1"
WRITERS: dict[str, Callable[[Inventory], Decision]] = {
    "sale": lambda i: sell(i, wish(KEY, {1: 1, 3: 4})),
    "void": lambda i: i.void(KEY, hashed("Amina's basket"), {"abandoned": "late"}),
    "delivery": lambda i: i.apply(Delivery(rows=(coming(1, 2), coming(9, 3))), note(KEY)),
    "correction": lambda i: i.apply(Correction(product_id=1, shown=10, counted=7), note(KEY)),
    "details": lambda i: i.apply(
        NewDetails(product_id=1, name="A", price=PRICE, origin="", description=""), note(KEY)
    ),
    "withdrawal": lambda i: i.apply(Withdrawal(product_id=1), note(KEY)),
    "put back": lambda i: i.apply(PutBack(product_id=2), note(KEY)),
    "return": lambda i: i.apply(Return(sale="CC-EARLIER1"), note(KEY)),
    "accept outside": lambda i: i.apply(AcceptOutside(product_id=3), note(KEY)),
}
READERS: dict[str, Callable[[Inventory], object]] = {
    "version": lambda i: i.version(),
    "page": lambda i: i.page(ProductQuery(text="a", limit=1)),
    "origins": lambda i: i.origins(),
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


@pytest.fixture
def shop(world: World) -> World:
    """10 of product 1 on sale, product 2 withdrawn, 2 of product 3 sold and 1 added outside."""
    inventory = world.inventory
    deliver(inventory, coming(1, 10), coming(2, 5), coming(3, 5))
    apply(inventory, Withdrawal(product_id=2))
    sell(inventory, wish("CC-EARLIER1", {3: 2}, token="Carlos's basket"))
    world.put_row(RawRow(id=3, quantity=4))
    return world


def again(inventory: Inventory, name: str) -> Decision:
    """The same act once more, as somebody does who was not answered."""
    try:
        return WRITERS[name](inventory)
    except Decided as known:
        return known.decision


def unstamped(store: Everything) -> tuple[object, ...]:
    """A store without what differs from run to run: its version and its times."""
    return (
        store.on_sale,
        [replace(product, since=None) for product in store.sold_out],
        [replace(product, since=None) for product in store.withdrawn],
        [(m.product_id, m.number, m.kind, m.change, m.after, m.who) for m in store.movements],
        [(d.reference, d.kind, d.token_hash, d.reason, d.lines) for d in store.decisions],
    )


@pytest.mark.parametrize("name", WRITERS)
def test_a_commit_that_was_lost_on_its_way_is_unknown_and_can_be_made_again(
    shop: World, name: str
) -> None:
    inventory = shop.inventory
    before = everything(inventory)
    with shop.lose_commit(done=False), pytest.raises(OutcomeUnknown) as unknown:
        WRITERS[name](inventory)
    assert unknown.value.reference == KEY
    assert everything(inventory) == before
    assert inventory.decision(KEY) is None
    made = WRITERS[name](inventory)
    assert inventory.decision(KEY) == made


@pytest.mark.parametrize("name", WRITERS)
def test_a_commit_whose_answer_was_lost_is_unknown_and_counts_once(shop: World, name: str) -> None:
    inventory = shop.inventory
    before = inventory.version()
    with shop.lose_commit(done=True), pytest.raises(OutcomeUnknown) as unknown:
        WRITERS[name](inventory)
    assert unknown.value.reference == KEY
    made = inventory.decision(KEY)
    assert made is not None
    assert inventory.version() != before
    once = everything(inventory)
    assert again(shop.second(), name) == made
    assert everything(inventory) == once


def test_a_sale_whose_commit_was_not_answered_does_not_claim_a_decision(shop: World) -> None:
    opened = shop.inventory.sale(wish(KEY, {1: 1}))
    sale = opened.__enter__()
    sale.sell(1)
    with shop.lose_commit(done=True), pytest.raises(OutcomeUnknown):
        opened.__exit__(None, None, None)
    assert sale.decision is None


@pytest.mark.parametrize("name", WRITERS)
def test_wherever_the_store_goes_away_it_is_all_or_nothing(shop: World, name: str) -> None:
    inventory = shop.inventory
    before = everything(inventory)
    for step in range(1, MOST_STEPS):
        with shop.fail_at(step) as fault:
            try:
                made = WRITERS[name](inventory)
            except InventoryUnavailable:
                assert fault.struck
                assert inventory.decision(KEY) is None
                assert everything(inventory) == before, f"changed at step {step}"
                continue
            except OutcomeUnknown:
                assert fault.struck
                if inventory.decision(KEY) is None:
                    assert everything(inventory) == before, f"changed at step {step}"
                    continue
                made = again(inventory, name)
        break
    else:
        pytest.fail(f"still failing after {MOST_STEPS} steps")
    assert step > 3
    assert inventory.decision(KEY) == made
    assert inventory.version() != before.version
    decided = everything(inventory)
    assert again(inventory, name) == made
    assert everything(inventory) == decided


@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_that_the_store_is_away_and_reads_on_when_it_is_back(
    shop: World, name: str
) -> None:
    inventory = shop.inventory
    expected = READERS[name](inventory)
    for step in range(1, MOST_STEPS):
        with shop.fail_at(step) as fault:
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


def test_a_store_that_was_away_sells_again_by_itself(shop: World) -> None:
    with shop.fail_at(2), pytest.raises(InventoryUnavailable):
        sell(shop.inventory, wish(KEY, {1: 1}))
    sell(shop.inventory, wish(KEY, {1: 1}))
    assert left(shop.inventory, 1) == 9


def test_a_store_that_goes_away_inside_a_sale_takes_nothing(shop: World) -> None:
    before = everything(shop.inventory)

    def cut_short() -> None:
        with shop.inventory.sale(wish(KEY, {1: 1, 3: 4})) as sale:
            sale.sell(1)
            with shop.fail_at(1):
                sale.sell(3)

    with pytest.raises(InventoryUnavailable):
        cut_short()
    assert everything(shop.inventory) == before
    correct(shop.inventory, 1, shown=10, counted=10)
