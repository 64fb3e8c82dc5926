"""A database that does not answer, or can't be written, holds no visitor and loses no order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import errors

from coffeeco_site.health import WRITE_AGAIN_SECONDS
from coffeeco_site.postgresql.base import ASK_AGAIN_SECONDS, SILENT_SECONDS, Connection
from coffeeco_site.postgresql.pool import MOST_CONNECTIONS
from coffeeco_site.serving import GRANIAN
from coffeeco_site.time_limit import time_limit
from tests.proofs.torture.processes import Shop
from tests.site.customer import (
    AWAY,
    KEY,
    Customer,
    answers_to,
    assert_well_again,
    without_writing,
)
from tests.site.silence import Database, own_database
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import run_manage

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

WORKERS = int(GRANIAN[GRANIAN.index("--workers") + 1])
THREADS = 32 * WORKERS


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with own_database() as database:
        yield database


@pytest.fixture(scope="module")
def shop(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = {"DATABASE_URL": database.url, "SECRET_KEY": "k" * 50, "METRICS_KEY": KEY}
    settings |= {"INVENTORY_TIMEOUT": "1.5"}
    for command in (["migrate", "--verbosity=0"], ["import_delivery", "shop/sample_delivery.csv"]):
        done = run_manage(*command, settings=settings)
        assert done.returncode == 0, done.stderr
    log = tmp_path_factory.mktemp("shop") / "log"
    port = free_port()
    shop = Shop(settings, port, Path(log))
    shop.open()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        shop.kill()


@dataclass(frozen=True)
class Fault:
    name: str
    page: str
    """What a page of the shop answers that writes nothing."""
    up: int
    """Whether the database answers, for the monitor."""

    def of(self, database: Database) -> AbstractContextManager[None]:
        faults = {
            "stopped": database.stopped,
            "cable cut": database.cut,
            "locked": database.locked,
            "read-only": database.read_only,
            "full": database.refusing("53100"),
            "ended while idle": database.refusing("25P03"),
        }
        return faults[self.name]()


SILENT = [Fault(name, AWAY, 0) for name in ("stopped", "cable cut", "locked")]
UNWRITABLE = [Fault(name, "200", 1) for name in ("read-only", "full", "ended while idle")]


@pytest.mark.parametrize("fault", [*SILENT, *UNWRITABLE], ids=lambda fault: fault.name)
def test_every_visitor_gets_an_answer(shop: str, database: Database, fault: Fault) -> None:
    ana = Customer(shop)
    with fault.of(database):
        time.sleep(WRITE_AGAIN_SECONDS)
        answers = answers_to(ana)
    assert answers == without_writing(page=fault.page, up=fault.up)
    time.sleep(ASK_AGAIN_SECONDS)
    assert_well_again(ana)


def test_many_threads_share_a_few_connections(shop: str, database: Database) -> None:
    ana = Customer(shop)
    with database.locked(), ThreadPoolExecutor(THREADS) as crowd:
        waiting = [crowd.submit(ana.ask, "/basket/") for _ in range(THREADS)]
        most = 0
        while not all(one.done() for one in waiting):
            most = max(most, database.connections())
        answers = {one.result().said for one in waiting}
    assert answers == {AWAY}
    assert 0 < most <= WORKERS * MOST_CONNECTIONS < THREADS
    with ThreadPoolExecutor(THREADS) as crowd:
        assert {one.said for one in crowd.map(ana.ask, ["/basket/"] * THREADS)} == {"200"}


@pytest.mark.parametrize(("seconds", "silent"), [(SILENT_SECONDS / 5, False), (1.0, True)])
def test_a_request_that_came_with_no_time_left_does_not_make_the_server_silent(
    database: Database, seconds: float, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "_silent_until", 0.0)
    with database.cut(), time_limit(seconds), pytest.raises(errors.ConnectionTimeout):
        Connection.connect(database.url)
    assert bool(Connection._silent_until) is silent


@pytest.mark.parametrize("arrives", [True, False], ids=["it arrived", "it was lost"])
def test_a_commit_without_an_answer_is_looked_up_later(
    shop: str, database: Database, arrives: bool
) -> None:
    ana = Customer(shop)
    seen: list[bytes] = []

    def is_the_sales_commit(sent: bytes) -> bool:
        seen.append(sent)
        return b"COMMIT" in sent and any(b"inventory_stockversion" in one for one in seen)

    database.cable.carries_last = arrives
    with database.cut():
        database.cable.is_cut.clear()
        database.cable.cuts_at = is_the_sales_commit
        paid = ana.ask("/checkout/pay/", ana.pay)
    assert "/checkout/thanks/" in paid.location
    time.sleep(ASK_AGAIN_SECONDS)
    page = ana.ask(paid.location).body
    assert ("Thank you" in page) == arrives
    assert ("checking" in page) != arrives
