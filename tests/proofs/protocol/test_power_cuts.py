"""Power cuts: what SQLite's log has after the last commit that waited for the disk may be lost.

The schedules are those of test_real_inventories.py in which the first actor crashes at a step after
the second has ended. Then the power fails: the database is copied with its log cut behind the last
commit that waited, and behind each later one. Each copy is judged as it is, before any recovery.

Whether a commit waited is read from the connection, not taken from the shop's code. On PostgreSQL,
the log can't be cut from outside.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection

from checkout.references import token_hash
from coffeeco_site.sqlite.base import DatabaseWrapper
from shop.inventory.contract import Decision, DecisionKind
from shop.inventory.database import inventory as database_inventory
from shop.inventory.records import decision_from_json
from shop.transactions import committed
from tests.proofs.protocol import controls
from tests.proofs.protocol.controls import Control
from tests.proofs.protocol.real_world import DatabaseStage, Fate, RealWorld, Stage
from tests.proofs.protocol.test_real_inventories import SCENARIOS, Scenario, Schedule

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="cuts SQLite's log"),
]

HEADER, FRAME_HEADER = 32, 24
"""Bytes at the beginning of the log, and of each frame in it."""
FULL = 2
AS_IN_A_SHOP = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"


class Log:
    """The test database's WAL."""

    def __init__(self) -> None:
        self.database = Path(connection.settings_dict["NAME"])
        self.path = Path(f"{self.database}-wal")
        self.durable = 0
        """Its length in bytes after the last commit that waited for the disk."""

    def begin(self) -> None:
        """Write the log back into the database, so that it begins anew."""
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert cursor.fetchone()[0] == 0
        self.durable = 0

    def commits(self) -> list[int]:
        """The length of the log after each of its commits."""
        log = self.path.read_bytes()
        frame = FRAME_HEADER + int.from_bytes(log[8:12])
        frames = range(HEADER, len(log) - frame + 1, frame)
        # The second word of a commit's last frame is the size of the database, of others zero; the
        # third and fourth are the log's, of frames that an earlier log left they are not.
        return [
            start + frame
            for start in frames
            if any(log[start + 4 : start + 8]) and log[start + 8 : start + 16] == log[16:24]
        ]

    def copies(self, directory: Path) -> Iterator[sqlite3.Connection]:
        """What a power cut may leave, from the least to all of it."""
        copy = directory / "cut.sqlite3"
        commits = self.commits()
        for length in [self.durable, *(end for end in commits if end > self.durable)]:
            shutil.copyfile(self.database, copy)
            Path(f"{copy}-wal").write_bytes(self.path.read_bytes()[:length])
            with closing(sqlite3.connect(copy)) as opened:
                yield opened


class PowerCut(Schedule):
    """A schedule whose end is judged by what a power cut leaves."""

    log: Log
    directory: Path

    def _judge(self, world: RealWorld) -> list[str]:
        self.stage.current = None
        found: list[str] = []
        for copy in self.log.copies(self.directory):
            found += judged(copy, world)
        # A schedule leaves nothing open for the next one.
        world.recover()
        return found


def judged(copy: sqlite3.Connection, world: RealWorld) -> Iterator[str]:
    """What must not be left by a power cut, and is."""
    people = {token_hash(world.token(name)): name for name in world.people}
    # IRIS has a log of its own, from which this power cut takes nothing.
    ledger = _ledger(copy) if isinstance(world.stage, DatabaseStage) else world.inventory.ledger
    mine = {ref: decision for ref, decision in ledger.items() if decision.token_hash in people}
    orders = {
        reference: (id_, state)
        for id_, reference, state, hash_ in copy.execute(
            "SELECT id, reference, state, token_hash FROM checkout_order"
        )
        if hash_ in people
    }
    for reference, (_, state) in orders.items():
        kind = str(mine[reference].kind) if reference in mine else ""
        if state != "pending" and kind != ("sale" if state == "confirmed" else "void"):
            yield f"an order is {state}, the ledger says {kind or 'nothing'}"
    sales = {ref: found for ref, found in mine.items() if found.kind is DecisionKind.SALE}
    for reference, sale in sales.items():
        rows = copy.execute(
            "SELECT product_id, quantity FROM checkout_orderline WHERE order_id = ?",
            orders.get(reference, [0])[:1],
        )
        if set(rows) != {(line.product_id, line.quantity) for line in sale.lines}:
            yield "a sale without its order and lines"
    if set(world.thanked) - {people[sale.token_hash] for sale in sales.values()}:
        yield "a sale was lost after the thanks page"


def _ledger(copy: sqlite3.Connection) -> dict[str, Decision]:
    rows = copy.execute("SELECT reference, entry FROM inventory_ledgerdecision")
    return {
        reference: decision_from_json(reference, json.loads(entry)) for reference, entry in rows
    }


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """The log of connections that are set up as in a shop."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "init_command", AS_IN_A_SHOP)
    made = Log()
    commit = DatabaseWrapper._commit

    def committing(self: DatabaseWrapper) -> None:
        (synchronous,) = self.connection.execute("PRAGMA synchronous").fetchone()
        commit(self)
        if synchronous >= FULL:
            made.durable = made.path.stat().st_size

    monkeypatch.setattr(DatabaseWrapper, "_commit", committing)
    yield made
    connection.close()


def cuts(stage: Stage, scenario: Scenario, log: Log, directory: Path) -> Iterator[list[str]]:
    """What a power cut leaves wrong, at each step of the first actor and after the last."""
    for number in count(1):
        cut = PowerCut(stage, scenario, number, Fate.CRASH)
        cut.log, cut.directory = log, directory
        log.begin()
        found, steps, _ = cut.run()
        yield found
        if len(steps) < number:
            return


@pytest.mark.parametrize(
    "scenario",
    [SCENARIOS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in SCENARIOS[1:])],
    ids=lambda scenario: scenario.name,
)
def test_a_power_cut_at_any_step_loses_no_sale_and_no_order_of_one(
    stage: Stage, scenario: Scenario, log: Log, tmp_path: Path
) -> None:
    schedules = 0
    for found in cuts(stage, scenario, log, tmp_path):
        assert not found, f"{found}: the first stood at step {schedules + 1}"
        schedules += 1
    assert schedules > 10


def a_relaxed_sale(patch: pytest.MonkeyPatch) -> None:
    """``_transaction``: the sale does not wait for the disk."""
    relaxed = SimpleNamespace(atomic=lambda durable: committed(waits=not durable))
    patch.setattr(database_inventory, "transaction", relaxed)


@pytest.mark.parametrize(
    ("stage", "control", "wrong"),
    [
        ("database", a_relaxed_sale, "a sale was lost after the thanks page"),
        ("iris", controls.no_wait_before_another_log, "a sale without its order and lines"),
    ],
    indirect=["stage"],
)
def test_without_this_one_wait_a_power_cut_is_found_that_loses_something(
    stage: Stage,
    control: Control,
    wrong: str,
    log: Log,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    control(monkeypatch)
    assert any(wrong in found for found in cuts(stage, SCENARIOS[0], log, tmp_path))
