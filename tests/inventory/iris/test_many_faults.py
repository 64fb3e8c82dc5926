"""A bad day: shoppers buy while links are cut, the server errs, falls silent and starts again.

Afterwards stock and ledger agree with what every shopper was told, and nothing is left behind.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shop.inventory.contract import (
    DecisionKind,
    InventoryBusy,
    InventoryError,
    InventoryUnavailable,
    OutcomeUnknown,
)
from shop.inventory.iris import IrisInventory
from tests.inventory.iris.shop import (
    ANTIGUA,
    HUILA,
    SIDAMO,
    MakeShop,
    bags_left,
    descriptors,
    nothing_is_held,
    put,
    sell,
    threads_of_connections,
    wait_until,
)
from tests.support.superserver import Superserver

SHOPPERS = 4
CONNECTIONS = 3
SACKS = 100_000
EVENING = 60.0
"""Seconds in which everything is in order again, also where many tests share a processor."""
STEPS = [
    None,
    "lock",
    "get",
    "tStart",
    "%OpenId",
    "nextSubscript",
    "set",
    "%Save",
    "tCommit",
    "%DowngradeConcurrency",
    "releaseAllLocks",
    "PQ",
    "HS",
    "CN",
]


@dataclass
class BadDay:
    """What one seed makes of a day, and what came of its orders."""

    shop: IrisInventory
    server: Superserver
    dice: random.Random
    told: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict)

    def order(self, number: int) -> None:
        """One shopper's order, perhaps with something going wrong."""
        reference = f"CC-{number:08}"
        bags = {
            coffee: self.dice.randint(1, 3)
            for coffee in self.dice.sample([SIDAMO, HUILA, ANTIGUA], self.dice.randint(1, 3))
        }
        if self.dice.random() < 0.6:
            self._go_wrong()
        try:
            sell(self.shop, reference, bags)
            outcome = "sold"
        except OutcomeUnknown:
            outcome = "unknown"
        except (InventoryBusy, InventoryUnavailable):
            outcome = "not sold"
        self.told[reference] = (outcome, bags)

    def _go_wrong(self) -> None:
        faults, dice = self.server.faults, self.dice
        step, number = dice.choice(STEPS), dice.randint(1, 5)
        match dice.choices(["cut", "error", "silence", "all"], [10, 5, 1, 2])[0]:
            case "cut":
                faults.die_at(step, dice.choice(["before", "after"]), n=number)
            case "error":
                faults.fail_call(number, step, "<DISK HARD>")
            case "silence":
                faults.die_at(step, n=number, silent=True)
            case "all":
                faults.drop_all()

    def settle(self, reference: str) -> bool:
        """Whether an order was sold, as the ledger says once it can be asked."""
        wait_until(lambda: self._can_be_asked(reference), EVENING)
        decision = self.shop.decision(reference)
        return decision is not None and decision.kind is DecisionKind.SALE

    def _can_be_asked(self, reference: str) -> bool:
        try:
            self.shop.decision(reference)
        except InventoryError:
            return False
        return True


def live_through(shop: IrisInventory, server: Superserver, orders: int, seed: int) -> Counter[str]:
    """Fail unless the day ends with everything in order; how many orders ended in which way."""
    for coffee in (SIDAMO, HUILA, ANTIGUA):
        put(server, coffee, StockQuantity=SACKS)
    day = BadDay(shop, server, random.Random(seed))
    with ThreadPoolExecutor(SHOPPERS) as shoppers:
        list(shoppers.map(day.order, range(orders)))
    server.faults.clear()

    sold: Counter[int] = Counter()
    for reference, (outcome, bags) in day.told.items():
        is_sold = day.settle(reference)
        assert outcome == "unknown" or is_sold == (outcome == "sold"), reference
        if is_sold:
            sold.update(bags)
    wait_until(lambda: nothing_is_held(server), EVENING)
    assert bags_left(server) == {
        coffee: SACKS - sold[coffee] for coffee in (SIDAMO, HUILA, ANTIGUA)
    }
    for coffee in (SIDAMO, HUILA, ANTIGUA):
        after = [movement.after for movement in shop.movements(coffee)]
        assert after == sorted(after, reverse=True)
        assert shop.balance(coffee).drift == 0
    assert len(threads_of_connections(server)) <= CONNECTIONS
    assert len(server.sessions()) <= CONNECTIONS
    return Counter(outcome for outcome, _ in day.told.values())


def test_a_bad_day(make_shop: MakeShop, server: Superserver) -> None:
    before = descriptors()
    shop = make_shop(connections=CONNECTIONS, timeout=0.6, lock_wait=0.2)
    told = live_through(shop, server, orders=400, seed=20261122)
    assert told["sold"] > 50
    assert told["not sold"] > 50
    assert told["unknown"] > 2
    shop.close()
    assert server.wait_for_sessions(0, EVENING)
    wait_until(lambda: not threads_of_connections(server), EVENING)
    wait_until(lambda: descriptors() <= before, EVENING)
