"""Pay and pages for many clients at once, on a web server as ``make run`` starts it."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import count

from benchmarks import yardstick
from benchmarks.measure import Action, Measure, seconds_at_once, waits
from benchmarks.ordinary import project
from benchmarks.server import Server, SlowClients, Wire
from benchmarks.shops import MANY_BAGS, fill_basket, open_shop, sell_a_bag, shopper
from benchmarks.visit import Visitor

CLIENTS = 8
CROWD = 32
SLOW = 40
PRESSES = 160 * 8
"""Checkout pages prepared for a warm-up and seven rounds."""
FIELDS = r'name="(csrfmiddlewaretoken|token|price_\d+)"\s+value="([^"]*)"'
Disturbance = Callable[[], AbstractContextManager[object]]
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


def slow_heads(stack: ExitStack, products: int) -> Measure:
    """Speed of pages while forty clients send the heads of requests slowly, ÷ without them."""
    server, visitor = _open(stack, products)
    return _disturbed(visitor, lambda: SlowClients(server.port, SLOW, "heads"))


def slow_forms(stack: ExitStack, products: int) -> Measure:
    """The same while they send forms slowly."""
    server, visitor = _open(stack, products)
    return _disturbed(visitor, lambda: SlowClients(server.port, SLOW, "forms"))


def slow_readers(stack: ExitStack, products: int) -> Measure:
    """The same while they read pages slowly."""
    server, visitor = _open(stack, products)
    return _disturbed(visitor, lambda: SlowClients(server.port, SLOW, "readers"))


def sales_20(stack: ExitStack, products: int) -> Measure:
    """Speed of pages while twenty bags a second are sold, ÷ without sales."""
    _, visitor = _open(stack, products)
    return _disturbed(visitor, partial(_sales, 20))


def sales_200(stack: ExitStack, products: int) -> Measure:
    """The same with two hundred bags a second, or as many as the disk takes."""
    _, visitor = _open(stack, products)
    return _disturbed(visitor, partial(_sales, 200))


def pay_among_slow_forms(stack: ExitStack, _products: int) -> Measure:
    """Speed of Pay while forty clients send forms slowly, ÷ without them."""
    server, presses = _ready_to_pay(stack)

    def measure(times: int) -> float:
        quiet = seconds_at_once(_next(presses, times // 2), CLIENTS)
        with SlowClients(server.port, SLOW, "forms"):
            return quiet / seconds_at_once(_next(presses, times // 2), CLIENTS)

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


def _open(stack: ExitStack, products: int) -> tuple[Server, Visitor]:
    """The running shop, and a visitor with three coffees in the basket."""
    visitor = shopper(stack, products, quantity=MANY_BAGS)
    server = stack.enter_context(Server())
    visitor.application = Wire(server.port)
    return server, visitor


def _disturbed(visitor: Visitor, disturbance: Disturbance) -> Measure:
    """The speed of catalogue pages for eight clients under the disturbance, ÷ without it."""

    def pages(times: int) -> float:
        return seconds_at_once([partial(visitor.get, "/shop/")] * times, CLIENTS)

    def measure(times: int) -> float:
        quiet = pages(times)
        with disturbance():
            return quiet / pages(times)

    return measure


@contextmanager
def _sales(each_second: int) -> Iterator[None]:
    """Sells so many bags a second in this process, which serves no pages."""
    is_over = threading.Event()

    def sell() -> None:
        began = time.monotonic()
        for number in count(1):
            if is_over.wait(max(0.0, began + number / each_second - time.monotonic())):
                break
            sell_a_bag()

    seller = threading.Thread(target=sell)
    seller.start()
    yield
    is_over.set()
    seller.join()


def _ready_to_pay(stack: ExitStack) -> tuple[Server, list[Action]]:
    """The running shop, and visitors whose next action is Pay."""
    application = open_shop(stack, 12, quantity=MANY_BAGS)
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
