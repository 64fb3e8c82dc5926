"""Pay and pages for many clients at once, on a web server as ``make run`` starts it."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from contextlib import ExitStack
from functools import partial

from benchmarks import yardstick
from benchmarks.measure import Action, Measure, seconds_at_once, waits
from benchmarks.ordinary import project
from benchmarks.server import Server, SlowClients, Wire
from benchmarks.shops import fill_basket, open_shop, shopper
from benchmarks.visit import Visitor

CLIENTS = 8
CROWD = 32
SLOW = 40
PRESSES = 160 * 8
"""Checkout pages prepared for a warm-up and seven rounds."""
FIELDS = r'name="(csrfmiddlewaretoken|token|price_\d+)"\s+value="([^"]*)"'
PAGES = ("/", "/shop/", "/shop/1001/coffee-0000/", "/shop/?q=0003", "/basket/", "/orders/")


def pay(stack: ExitStack, _products: int) -> Measure:
    """Pay pressed for three lines, by eight shoppers at once."""
    _, presses = _ready_to_pay(stack)
    return lambda times: seconds_at_once(_next(presses, times), CLIENTS)


def raw_checkout(stack: ExitStack, _products: int) -> Measure:
    """The same number of presses on the yardstick."""
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ |= {"ENV_FILE": os.devnull, yardstick.FILE: f"{directory}/raw.sqlite3"}
    yardstick.application()
    sessions = [secrets.token_hex(16) for _ in range(PRESSES)]
    yardstick.stock(12, sessions)
    wire = Wire(stack.enter_context(Server("benchmarks.yardstick:application")).port)
    fields = {"token": secrets.token_hex(32), "1001": "1", "1002": "1", "1003": "1"}

    def press(session: str) -> None:
        visitor = Visitor(wire)
        visitor.cookies["sessionid"] = session
        visitor.post("/pay/", fields)

    presses: list[Action] = [partial(press, session) for session in sessions]
    return lambda times: seconds_at_once(_next(presses, times), CLIENTS)


def ordinary_checkout(stack: ExitStack, _products: int) -> Measure:
    """The same number of presses on an ordinary Django shop."""
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ |= {"ENV_FILE": os.devnull, project.FILE: f"{directory}/ordinary.sqlite3"}
    project.application()
    sessions = project.stock(12, PRESSES)
    wire = Wire(stack.enter_context(Server("benchmarks.ordinary.project:application")).port)
    csrf = secrets.token_hex(16)

    def press(session: str) -> None:
        visitor = Visitor(wire)
        visitor.cookies |= {"sessionid": session, "csrftoken": csrf}
        visitor.post("/pay/", {"csrfmiddlewaretoken": csrf, "branch": "landing"})

    presses: list[Action] = [partial(press, session) for session in sessions]
    return lambda times: seconds_at_once(_next(presses, times), CLIENTS)


def pay_waits(stack: ExitStack, _products: int, clients: int = CLIENTS) -> Measure:
    """The 99th percentile of the waits, divided by the median."""
    _, presses = _ready_to_pay(stack)

    def measure(times: int) -> float:
        waited = waits(_next(presses, times), clients)
        return waited[times * 99 // 100] / waited[times // 2]

    return measure


def pay_waits_in_a_crowd(stack: ExitStack, products: int) -> Measure:
    """The same with thirty-two shoppers."""
    return pay_waits(stack, products, CROWD)


def slow_clients(stack: ExitStack, products: int) -> Measure:
    """Speed of pages while forty clients are slow, divided by the speed without them."""
    visitor = shopper(stack, products)
    server = stack.enter_context(Server())
    visitor.application = Wire(server.port)

    def pages(times: int) -> float:
        return seconds_at_once([partial(visitor.get, "/shop/")] * times, CLIENTS)

    def measure(times: int) -> float:
        quiet = pages(times)
        with SlowClients(server.port, SLOW):
            return quiet / pages(times)

    return measure


def memory(stack: ExitStack, _products: int) -> Measure:
    """Memory of a worker in MiB after it has sold and shown every page."""
    server, presses = _ready_to_pay(stack)
    visitor = Visitor(Wire(server.port))

    def measure(times: int) -> float:
        waits(_next(presses, times), CLIENTS)
        for _ in range(times):
            for page in PAGES:
                visitor.get(page)
        return server.memory()

    return measure


def _ready_to_pay(stack: ExitStack) -> tuple[Server, list[Action]]:
    """The running shop, and visitors whose next action is Pay."""
    application = open_shop(stack, 12, quantity=10_000_000)
    presses, visitors = [], [Visitor(application) for _ in range(PRESSES)]
    for visitor in visitors:
        fill_basket(visitor)
        page = visitor.get("/checkout/")
        fields = dict(re.findall(FIELDS, page))
        presses.append(partial(visitor.post, "/checkout/pay/", fields | {"branch": "landing"}))
    server = stack.enter_context(Server())
    wire = Wire(server.port)
    for visitor in visitors:
        visitor.application = wire
    return server, list[Action](presses)


def _next(presses: list[Action], times: int) -> list[Action]:
    """The next ``times`` presses; each is used once."""
    taken = presses[:times]
    del presses[:times]
    return taken
