"""One round: a crowd buys, processes are killed under it, and then everything must fit."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from tests.proofs.torture.processes import Shop
from tests.proofs.torture.shoppers import Crowd, Press, Shown
from tests.proofs.torture.stores import Store
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import ROOT

PEOPLE = 4
PLENTIFUL = dict.fromkeys(range(1001, 1005), 20000)
SCARCE = dict.fromkeys(range(1005, 1009), 6)
"""Of these so many bags come in with each round, and the last ones are fought over."""
KILLS = ("all", "worker", "store", "all and store")


@dataclass
class Figures:
    """What happened in all rounds so far."""

    store: str
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    presses: Counter[str] = field(default_factory=Counter)
    orders: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    """Orders that the kills had left pending, by what they became."""
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.store}: {self.rounds} rounds in {self.seconds:.0f} s; "
            f"killed: {_listed(self.kills)}; presses of Pay: {_listed(self.presses)}; "
            f"orders: {_listed(self.orders)}; settled after kills: {_listed(self.settled)}; "
            f"{len(self.violations)} violations"
        )


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{n} {what}" for what, n in sorted(counter.items())) or "none"


class Torture:
    """Rounds on one store; ledger and orders grow from round to round."""

    def __init__(self, store: Store, folder: Path, seed: int) -> None:
        self.figures = Figures(store.name)
        self._store = store
        self._chance = random.Random(seed)
        self._shop = Shop(store.settings, free_port(), folder / "log")
        self._presses: dict[str, list[Press]] = defaultdict(list)
        self._received: Counter[int] = Counter(PLENTIFUL)
        self._look({**PLENTIFUL, **SCARCE}, "--make")

    def round(self) -> None:
        """Open, sell, kill, go on selling, kill everything, settle, and judge."""
        began = monotonic()
        # What the look before this round has received, at its end.
        self._received.update(SCARCE)
        try:
            self._shop.open()
            seed = self._chance.randrange(10**9)
            crowd = Crowd(self._shop.port, PEOPLE, [*PLENTIFUL, *SCARCE], seed)
            try:
                self._let_sell(1.5)
                self._kill(self._chance.choice(KILLS))
                self._shop.open()
                self._shop.reconcile()
                self._let_sell(2.0)
                self._kill(self._chance.choice(("all", "all and store")))
            finally:
                presses = crowd.go_home()
        finally:
            self._shop.kill()
            self._store.revive()
        for press in presses:
            self._presses[press.token_hash].append(press)
        facts = self._look(SCARCE)
        figures = self.figures
        figures.rounds += 1
        figures.seconds += monotonic() - began
        figures.presses.update(press.shown for press in presses)
        figures.orders = Counter(state for _, _, state in facts["orders"])
        figures.settled.update(facts["reconciled"][0]["said"]["orders"].values())
        figures.violations += judged(facts, self._presses, self._received)

    def _let_sell(self, most: float) -> None:
        """Kills come at no moment that anything waits for."""
        Event().wait(self._chance.uniform(0.3, most))

    def _kill(self, what: str) -> None:
        if "store" in what:
            killed = self._store.kill(self._chance)
            self.figures.kills.update([killed] if killed else [])
            what = what if killed else "all"
        if "all" in what:
            self._shop.kill()
            self.figures.kills["shop"] += 1
        if what == "worker" and self._shop.kill_worker(self._chance):
            self.figures.kills["worker"] += 1
        self._store.revive()

    def _look(self, delivery: dict[int, int], *options: str) -> dict[str, Any]:
        """What the shop's own code says afterwards, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.proofs.torture.look", *options, json.dumps(delivery)],
            cwd=ROOT,
            env=self._shop.environment,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"looking failed:\n{done.stderr[-3000:]}")
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts


def judged(
    facts: dict[str, Any], presses: dict[str, list[Press]], received: Counter[int]
) -> list[str]:
    """Everything that must never be so, and is."""
    sales = [one for one in facts["decisions"] if one["kind"] == "sale"]
    return [
        *_in_commands(facts),
        *_in_stock(facts, sales, received),
        *_in_orders(facts, sales),
        *_in_promises(facts, sales, presses),
    ]


def _in_commands(facts: dict[str, Any]) -> Iterator[str]:
    first, second = facts["reconciled"]
    if first["code"] not in (0, 1) or second["code"] != 0:
        yield f"reconcile_orders ended with {first['code']}, then {second['code']}"
    if facts["audit"]["code"] != 0:
        yield f"audit_ledger: {facts['audit']['said']}"


def _in_stock(
    facts: dict[str, Any], sales: list[dict[str, Any]], received: Counter[int]
) -> Iterator[str]:
    sold: Counter[int] = Counter()
    for sale in sales:
        for id_, quantity in sale["lines"]:
            sold[id_] += quantity
    left = {int(id_): bags for id_, bags in facts["left"].items()}
    for id_, bags in received.items():
        if sold[id_] + left.get(id_, 0) != bags:
            yield f"{id_}: {sold[id_]} sold + {left.get(id_, 0)} left != {bags} received"


def _in_orders(facts: dict[str, Any], sales: list[dict[str, Any]]) -> Iterator[str]:
    confirmed = {(ref, hash_) for ref, hash_, state in facts["orders"] if state == "confirmed"}
    decided = {(sale["reference"], sale["token_hash"]) for sale in sales}
    for reference, _ in confirmed ^ decided:
        yield f"{reference} is either confirmed or sold, not both"
    if len({hash_ for _, hash_ in decided}) != len(sales):
        yield "one basket was sold twice"
    for reference, _, state in facts["orders"]:
        if state == "pending":
            yield f"{reference} is pending for ever"


def _in_promises(
    facts: dict[str, Any], sales: list[dict[str, Any]], presses: dict[str, list[Press]]
) -> Iterator[str]:
    """What shoppers were shown: thanks are for ever, and "not placed" is as good as said."""
    states = {reference: state for reference, _, state in facts["orders"]}
    sold = {sale["token_hash"] for sale in sales}
    for hash_, made in presses.items():
        for press in made:
            if press.shown is Shown.THANKS and states.get(press.reference) != "confirmed":
                yield f"thanks were shown for {press.reference}, which is not confirmed"
        if {press.shown for press in made} == {Shown.NOT_PLACED} and hash_ in sold:
            yield f"a basket was sold after {len(made)} × “not placed”"  # noqa: RUF001
