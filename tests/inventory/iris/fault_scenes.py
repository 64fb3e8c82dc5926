"""The faults that shoppers are put through, and how one is played."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from django.db import connection
from django.test import override_settings

from checkout.models import Order, OrderState
from checkout.service import CheckoutService
from shop.inventory import get_inventory
from shop.inventory.contract import DecisionKind, DeliveryRow
from shop.inventory.iris import IrisInventory
from shop.inventory.iris.client import Address, Iris, operator_sessions
from tests.inventory.iris.shop import COFFEES, PRICE
from tests.support.cast import Page, Shopper
from tests.support.superserver import SuperserverProcess

IN_STOCK, WANTED = 4, 2
"""So few that each sale raises an alert."""
NEXT_SHOPPERS_COFFEE = 1999
FEW, MANY = tuple(COFFEES), tuple(range(1001, 1010))
"""The coffees, and so the shoppers, of a scene."""
THREADS = len(FEW) + 1
"""Everybody of a scene with few shoppers has one; of many, most have to wait for theirs."""
MENDED_SECONDS = 30.0

Fault = Callable[[SuperserverProcess], AbstractContextManager[None]]


@dataclass(frozen=True)
class Scene:
    """A fault: inside its block it is there, afterwards it is mended. A shopper for each coffee."""

    name: str
    fault: Fault
    coffees: tuple[int, ...] = FEW


@dataclass(frozen=True)
class Seen:
    """What shoppers were told, and what was so."""

    scene: str
    paying: str
    catalogue: str
    became: str
    longest: float
    is_whole: bool

    def __str__(self) -> str:
        """A row of the table in docs/iris.md."""
        cells = self.scene, self.paying, self.became, self.catalogue, f"{self.longest:.1f} s"
        return f"| {' | '.join(cells)} |"


# ── the faults ──────────────────────────────────────────────────────────────────────────────────


def started_with(*options: str) -> Fault:
    """The server was started with these, and in the end without."""

    @contextmanager
    def fault(server: SuperserverProcess) -> Iterator[None]:
        usual = server.options
        server.kill()
        server.options = (*usual, *options)
        server.start()
        yield
        server.thaw()
        server.kill()
        server.options = usual
        server.start()

    return fault


@contextmanager
def none(_: SuperserverProcess) -> Iterator[None]:
    """An ordinary day."""
    yield


@contextmanager
def frozen(server: SuperserverProcess) -> Iterator[None]:
    """SIGSTOP."""
    server.freeze()
    yield
    server.thaw()


@contextmanager
def gone(server: SuperserverProcess) -> Iterator[None]:
    """Nobody listens."""
    server.kill()
    yield
    server.start()


@contextmanager
def restarted(server: SuperserverProcess) -> Iterator[None]:
    """Every open link is dead, and a new one can be had."""
    server.kill()
    server.start()
    yield


def locked(name: str, *subscripts: int) -> Fault:
    """Somebody else holds a lock."""

    @contextmanager
    def fault(server: SuperserverProcess) -> Iterator[None]:
        with operator_sessions(Address.from_url(server.url), seconds=MENDED_SECONDS) as (session,):
            session.ask(lambda iris: iris.lock(name, *subscripts, timeout=0))
            yield

    return fault


SCENES = [
    Scene("none", none),
    Scene("frozen (SIGSTOP) before the sale", frozen),
    Scene(f"frozen, {len(MANY)} press Pay and there are {THREADS} threads", frozen, MANY),
    Scene("frozen (SIGSTOP) in the sale", started_with("--stop=1:%Save")),
    Scene("frozen (SIGSTOP) at the commit", started_with("--stop=1:tCommit")),
    Scene("one link silent in the sale", started_with("--die-at=%Save:before:silent")),
    Scene("one link silent at the commit", started_with("--die-at=tCommit:before:silent")),
    Scene("one link silent after the commit", started_with("--die-at=tCommit:after:silent")),
    Scene("all links dropped in the sale", started_with("--drop=1:%Save")),
    Scene("all links dropped at the commit", started_with("--drop=1:tCommit")),
    Scene("server dies in the sale", started_with("--die-at=%Save:before:process")),
    Scene("server dies at the commit", started_with("--die-at=tCommit:before:process")),
    Scene("server dies after the commit", started_with("--die-at=tCommit:after:process")),
    Scene("one link silent in an alert", started_with("--die-at=LowStockAlert:before:silent")),
    Scene("server dies in an alert", started_with("--die-at=LowStockAlert:before:process")),
    Scene("server restarted", restarted),
    Scene("port refused", gone),
    Scene("password refused", started_with("--refuse-login=Access Denied")),
    Scene("licence used up", started_with("--limit-connections=0")),
    Scene("a row locked by others", locked("^coffeeco.InventoryD", min(COFFEES))),
    Scene("all rows locked by others", locked("^coffeeco.InventoryD")),
    Scene("the decision locked by others", locked("^coffeeco.Decision")),
]


# ── playing one ─────────────────────────────────────────────────────────────────────────────────


def play(scene: Scene, data: Path) -> Seen:
    """Play a scene with a server and orders of its own."""
    Order.objects.all().delete()
    kept = ("--store=product_id_is_id", "--alerts=own", f"--data={data}")
    with SuperserverProcess(*kept) as server, override_settings(INVENTORY_URL=server.url):
        stock(server, scene.coffees)
        inventory = get_inventory()
        assert isinstance(inventory, IrisInventory)
        waits: list[float] = []
        with ExitStack() as fault, ThreadPoolExecutor(THREADS) as pool:
            shoppers = [ready_to_pay(product_id) for product_id in scene.coffees]
            visitor = Shopper("Vera")
            visitor.open("/shop/")
            fault.enter_context(scene.fault(server))
            told: list[Page] = []
            looked: list[Page] = []
            for _ in range(2):
                now = perf_counter()
                begun = [pool.submit(timed, pay, one, now, waits) for one in shoppers]
                begun.append(pool.submit(timed, look, visitor, now, waits))
                pages = [one.result() for one in begun]
                told = told or pages[:-1]
                looked.append(pages[-1])
        became, is_whole = settled(inventory)
        inventory.close()
    return Seen(
        scene=scene.name,
        paying=counted(map(words, told)),
        catalogue=", then ".join(dict.fromkeys(map(words, looked))),
        became=became,
        longest=max(waits),
        is_whole=is_whole,
    )


def stock(server: SuperserverProcess, coffees: Iterable[int]) -> None:
    """As another program would, without a transaction of the shop's."""
    ids = (*coffees, NEXT_SHOPPERS_COFFEE)
    statement = (
        "INSERT INTO coffeeco.Inventory (ProductId, Name, Price, StockQuantity, CountryOfOrigin) "
        "VALUES (?, ?, ?, ?, ?)"
    )

    def insert(iris: Iris) -> None:
        for id_ in ids:
            iris.change(statement, [id_, f"Coffee {id_}", PRICE, IN_STOCK, "Peru"])

    with operator_sessions(Address.from_url(server.url), seconds=MENDED_SECONDS) as (session,):
        session.ask(insert)


def ready_to_pay(product_id: int, bags: int = WANTED) -> Shopper:
    """A shopper who looks at the checkout."""
    shopper = Shopper(f"Shopper of {product_id}")
    coffee = DeliveryRow(
        product_id=product_id, name="", price=PRICE, quantity=0, origin="", description=""
    )
    shopper.put_in_basket(coffee, bags)
    shopper.open("/checkout/")
    return shopper


def pay(shopper: Shopper) -> Page:
    """Press Pay, on the page that was there before the fault."""
    shopper.page.form("Pay now")
    page = shopper.press("Pay now")
    shopper.back()
    return page


def look(visitor: Shopper) -> Page:
    return visitor.open("/shop/")


def timed(
    act: Callable[[Shopper], Page], shopper: Shopper, since: float, waits: list[float]
) -> Page:
    """Do it on one of the threads, and note how long it took with the wait for the thread."""
    try:
        return act(shopper)
    finally:
        waits.append(perf_counter() - since)
        connection.close()


def settled(inventory: IrisInventory) -> tuple[str, bool]:
    """What became of the orders, and whether stock and ledger say the same; the fault is over."""
    buyer = ready_to_pay(NEXT_SHOPPERS_COFFEE, 1)
    recovered = words(buyer.press("Pay now")).startswith("Thank you")
    checkout = CheckoutService(inventory)
    for order in Order.objects.filter(state=OrderState.PENDING):
        checkout.settle_from_ledger(order, fence_after=timedelta(0))
    agree = all(is_whole(inventory, order) for order in Order.objects.all())
    orders = Order.objects.exclude(lines__product_id=NEXT_SHOPPERS_COFFEE)
    states = counted(order.state.lower() for order in orders)
    wrong = "" if recovered else "; THE NEXT SHOPPER COULD NOT BUY"
    return states + wrong + ("" if agree else "; STOCK AND ORDERS DIFFER"), agree and recovered


def is_whole(inventory: IrisInventory, order: Order) -> bool:
    """True when order, decision, movements and row agree."""
    decision = inventory.decision(order.reference)
    was_sold = decision is not None and decision.kind is DecisionKind.SALE
    line = order.lines.get()
    product = inventory.product(line.product_id)
    left = product.left if product else 0
    moved = [
        one.change
        for one in inventory.movements(line.product_id)
        if one.reference == order.reference
    ]
    sold = line.quantity if was_sold else 0
    return (
        was_sold is (order.state == OrderState.CONFIRMED)
        and left == IN_STOCK - sold
        and sum(moved[-1:]) == -sold
    )


def words(page: Page) -> str:
    """What a page says first, without references."""
    said = page.h1
    if page.status == 503:
        paragraph = page.soup.select_one("main h1 ~ p, main .banner p, main p")
        # The first sentence says it; the others say that the basket is kept.
        said = " ".join(paragraph.get_text().split()).split(". ")[0] if paragraph else said
    elif page.path == "/shop/":
        notice = page.soup.select_one("main .banner")
        said = "as last known, with a notice" if notice else "as it is"
    return re.sub(r"CC-\w+", "CC-…", said)


def counted(sayings: Iterable[str]) -> str:
    """Each once, with how many said so."""
    found = Counter(sayings)
    if len(found) == 1:
        return next(iter(found))
    most_first = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return "; ".join(f"{n} of them: {saying}" for saying, n in most_first)
