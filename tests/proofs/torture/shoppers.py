"""People who buy over HTTP without a pause, and remember what they were shown."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from threading import Event
from urllib.parse import urlencode

from coffeeco_site.serving import HOST

PATIENCE = 30.0
FIELD = re.compile(r'<input type="hidden" name="(token|price_\d+)"\s+value="([^"]*)"')
REFERENCE = re.compile(r'id="reference">(CC-[A-Z0-9]{8})<')
THANKS = "Thank you for your order"
NOT_PLACED = "Your order has not been placed"


class Shown(StrEnum):
    """What a press of Pay ended on, as far as the shopper got to see it."""

    THANKS = "thanks"
    NOT_PLACED = "not placed"
    OTHER = "another page"
    NOTHING = "no answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """One press of Pay; ``token_hash`` stands for the basket, ``reference`` is that of a thanks."""

    token_hash: str
    shown: Shown
    reference: str = ""


class Browser:
    """One browser with its cookies; any request may fail with OSError or HTTPException."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, where to, and the page."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str, str]:
        """The same; the CSRF token is the one that the shop gave to this browser."""
        token = self.cookies.get("csrftoken", "")
        return self._ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": token}))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        link = HTTPConnection(HOST, self._port, timeout=PATIENCE)
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            page = answer.read().decode()
        finally:
            link.close()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: crumb.value for name, crumb in SimpleCookie(line).items()}
        return answer.status, answer.headers.get("Location", ""), page


class Crowd:
    """So many shoppers at once, until they are told to go home."""

    def __init__(self, port: int, people: int, products: Sequence[int], seed: int) -> None:
        self._port = port
        self._products = products
        self._leave = Event()
        self._pool = ThreadPoolExecutor(3 * people)
        self._shopping = [
            self._pool.submit(self._shop, random.Random(seed + number)) for number in range(people)
        ]

    def go_home(self) -> list[Press]:
        """Everybody ends what they are doing; every press that there was."""
        self._leave.set()
        presses = [press for each in self._shopping for press in each.result(4 * PATIENCE)]
        self._pool.shutdown()
        return presses

    def _shop(self, chance: random.Random) -> list[Press]:
        presses: list[Press] = []
        while not self._leave.is_set():
            browser = Browser(self._port)
            try:
                fields = self._fill_basket(browser, chance)
            except (OSError, HTTPException):
                # The shop is closed at the moment.
                self._leave.wait(0.05)
                continue
            if fields:
                presses += self._pay(browser, fields, chance)
        return presses

    def _fill_basket(self, browser: Browser, chance: random.Random) -> dict[str, str]:
        """The fields of the Pay form, or nothing when it isn't offered."""
        browser.get("/orders/")
        for product in chance.sample(self._products, chance.choice((1, 1, 2))):
            fields = {"product_id": str(product), "quantity": str(chance.choice((1, 1, 2, 3)))}
            browser.post("/basket/add/", fields)
        _, _, page = browser.get("/checkout/")
        fields = dict(FIELD.findall(page))
        is_offered = "token" in fields and len(fields) > 1
        return fields | {"branch": "landing"} if is_offered else {}

    def _pay(self, browser: Browser, fields: dict[str, str], chance: random.Random) -> list[Press]:
        if chance.random() < 0.3:
            # Two clicks, or two tabs: both presses are on their way at once.
            pair = [self._pool.submit(_press, browser, fields) for _ in range(2)]
            presses = [each.result(4 * PATIENCE) for each in pair]
        else:
            presses = [_press(browser, fields)]
        while presses[-1].shown is Shown.NOTHING and len(presses) < 40 and not self._leave.is_set():
            # Some go away and never come back; the others press the same button again.
            if chance.random() < 0.05:
                break
            self._leave.wait(0.2)
            presses.append(_press(browser, fields))
        return presses


def _press(browser: Browser, fields: dict[str, str]) -> Press:
    hash_ = hashlib.sha256(fields["token"].encode()).hexdigest()
    try:
        status, where, page = browser.post("/checkout/pay/", fields)
        if status == 302:
            _, _, page = browser.get(where)
    except (OSError, HTTPException):
        return Press(token_hash=hash_, shown=Shown.NOTHING)
    found = REFERENCE.search(page)
    if THANKS in page and found:
        return Press(token_hash=hash_, shown=Shown.THANKS, reference=found[1])
    shown = Shown.NOT_PLACED if NOT_PLACED in page else Shown.OTHER
    return Press(token_hash=hash_, shown=shown)
