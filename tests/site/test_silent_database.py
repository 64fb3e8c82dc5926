"""A database that does not answer, or can't be written, holds no visitor and loses no order."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from coffeeco_site.health import WRITE_AGAIN_SECONDS
from coffeeco_site.postgresql.base import ASK_AGAIN_SECONDS
from coffeeco_site.postgresql.pool import MOST_CONNECTIONS
from coffeeco_site.serving import GRANIAN
from tests.proofs.torture.processes import Shop
from tests.site.silence import Database, own_database
from tests.support.tooling.buy_over_http import Form, Visitor
from tests.support.tooling.fresh_clone import free_port
from tests.support.tooling.machine import run_manage

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

KEY = "the monitor's own key"
AMPLE = 60.0
"""Seconds for an answer to come; without a limit it would never come."""
WORKERS = int(GRANIAN[GRANIAN.index("--workers") + 1])
THREADS = 32 * WORKERS
AWAY = "503 5"
"""The status and when to try again."""


@dataclass
class Answer:
    said: str
    """The status, and Retry-After where there is one."""
    body: str
    location: str


@dataclass
class Customer:
    """A visitor with a basket, who has the checkout page before them."""

    shop: str
    visitor: Visitor = field(init=False)
    add: Form = field(init=False)
    pay: Form = field(init=False)
    log_in: Form = field(init=False)

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.shop)
        self.visitor.go("/shop/")
        self.add = self.visitor.form("/basket/add/")
        self.visitor.send(self.add)
        self.visitor.go("/checkout/")
        self.pay = self.visitor.form("/checkout/pay/")
        self.visitor.go("/staff/login/")
        self.log_in = self.visitor.form("")
        self.log_in.fields |= {"username": "rosa", "password": "a guess"}

    def ask(self, path: str, form: Form | None = None, **headers: str) -> Answer:
        """What the shop answers, without following where it leads."""
        link = HTTPConnection(self.shop.removeprefix("http://"), timeout=AMPLE)
        headers["Cookie"] = "; ".join(f"{one.name}={one.value}" for one in self.visitor.cookies)
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form.fields) if form else None
        link.request("POST" if form else "GET", path, body, headers)
        got = link.getresponse()
        said = f"{got.status} {got.headers.get('Retry-After', '')}".strip()
        answer = Answer(said, got.read().decode(), got.headers.get("Location", ""))
        link.close()
        return answer


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
    bearer = f"Bearer {KEY}"
    asked = {
        "alive": lambda: ana.ask("/healthz").said,
        "ready": lambda: ana.ask("/readyz").said,
        "figures": lambda: _figures(ana.ask("/metrics", Authorization=bearer).body),
        "page": lambda: ana.ask("/basket/").said,
        "add": lambda: ana.ask("/basket/add/", ana.add).said,
        "pay": lambda: ana.ask("/checkout/pay/", ana.pay).said,
        "log in": lambda: ana.ask("/staff/login/", ana.log_in).said,
    }
    with fault.of(database), ThreadPoolExecutor(len(asked)) as crowd:
        time.sleep(WRITE_AGAIN_SECONDS)
        waiting = {who: crowd.submit(ask) for who, ask in asked.items()}
        answers = {who: one.result() for who, one in waiting.items()}
    assert answers == {
        "alive": "200",
        "ready": "503",
        "figures": {"up": fault.up, "writable": 0},
        "page": fault.page,
        "add": AWAY,
        "pay": AWAY,
        "log in": AWAY,
    }
    time.sleep(ASK_AGAIN_SECONDS)
    assert ana.ask("/readyz").said == "200"
    assert _figures(ana.ask("/metrics", Authorization=bearer).body) == {"up": 1, "writable": 1}
    assert "/checkout/thanks/" in ana.ask("/checkout/pay/", ana.pay).location


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


def _figures(text: str) -> dict[str, int]:
    found = re.findall(r"^coffeeco_database_(\w+) (\d)", text, re.MULTILINE)
    return {name: int(value) for name, value in found}
