"""What a customer and the monitor are answered while the shop's database is in trouble."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlencode

from tests.support.tooling.buy_over_http import Form, Visitor

KEY = "the monitor's own key"
AMPLE = 60.0
"""Seconds for an answer to come; without a limit it would never come."""
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


def answers_to(ana: Customer) -> dict[str, object]:
    """Ask for everything at once."""
    bearer = f"Bearer {KEY}"
    asked = {
        "alive": lambda: ana.ask("/healthz").said,
        "ready": lambda: ana.ask("/readyz").said,
        "figures": lambda: figures(ana.ask("/metrics", Authorization=bearer).body),
        "page": lambda: ana.ask("/basket/").said,
        "add": lambda: ana.ask("/basket/add/", ana.add).said,
        "pay": lambda: ana.ask("/checkout/pay/", ana.pay).said,
        "log in": lambda: ana.ask("/staff/login/", ana.log_in).said,
    }
    with ThreadPoolExecutor(len(asked)) as crowd:
        waiting = {who: crowd.submit(ask) for who, ask in asked.items()}
        return {who: one.result() for who, one in waiting.items()}


def without_writing(*, page: str, up: int) -> dict[str, object]:
    """The answers while nothing can be written; ``up`` is 1 while the database can be read."""
    return {
        "alive": "200",
        "ready": "503",
        "figures": {"up": up, "writable": 0},
        "page": page,
        "add": AWAY,
        "pay": AWAY,
        "log in": AWAY,
    }


def assert_well_again(ana: Customer) -> None:
    """The monitor sees that the trouble is over, and the same press of Pay buys."""
    assert ana.ask("/readyz").said == "200"
    text = ana.ask("/metrics", Authorization=f"Bearer {KEY}").body
    assert figures(text) == {"up": 1, "writable": 1}
    assert "/checkout/thanks/" in ana.ask("/checkout/pay/", ana.pay).location


def figures(text: str) -> dict[str, int]:
    found = re.findall(r"^coffeeco_database_(\w+) (\d)", text, re.MULTILINE)
    return {name: int(value) for name, value in found}
