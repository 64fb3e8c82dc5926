"""What a page is looked at in: a browser, the shop behind it, and how both came to this state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.contrib.auth.models import User
from django.test import Client

from shop.inventory.contract import DeliveryRow
from tests.checkout.inventories import EventfulInventory
from tests.checkout.orders import buy
from tests.shop.cast import browser_of
from tests.support.cast import FIRST_FERRY, HARBOUR_LIGHT, THOUSAND_STEPS, stock


class Tab(Protocol):
    """A tab of some browser. Buttons and labels are named in English, whatever the page speaks."""

    def open(self, path: str) -> None: ...
    def reload(self) -> None: ...
    def press(self, button: str, *, chooses: bool = True) -> None:
        """The button of these words, or that begins with them.

        The first of several choices of its form is made if none is; not unless it ``chooses``.
        """

    def type(self, label: str, words: str) -> None: ...
    def attach(self, label: str, name: str, content: bytes) -> None: ...
    def send_empty(self, form_id: str) -> None:
        """Empty every field of a form that can be seen, and send it."""

    def add_fields(self, button: str, count: int) -> None:
        """Put so many more fields into the form of this button."""

    def take_cookies(self, client: Client) -> None: ...
    def forget_cookies(self) -> None: ...
    def another(self) -> Tab:
        """Another tab of the same browser."""


@dataclass(frozen=True)
class Scene:
    """A tab in front of a shop that has nothing yet."""

    tab: Tab
    inventory: EventfulInventory

    def open(self, path: str) -> None:
        self.tab.open(path)

    def press(self, button: str) -> None:
        self.tab.press(button)

    def type(self, label: str, words: str) -> None:
        self.tab.type(label, words)

    def log_in(self, user: User) -> None:
        """Without the log-in page, which has scenes of its own."""
        self.tab.take_cookies(browser_of(user))

    def fill_basket(self, *wanted: tuple[DeliveryRow, int]) -> None:
        """Of a shelf that has these coffees; two or more bags of three coffees unless named."""
        ana = Client()
        for coffee, bags in wanted or BASKET:
            ana.post("/basket/add/", {"product_id": coffee.product_id, "quantity": bags})
        ana.get("/basket/")  # What was said of each is said here, once.
        self.tab.take_cookies(ana)


BASKET = ((HARBOUR_LIGHT, 2), (FIRST_FERRY, 1), (THOUSAND_STEPS, 2))

Way = Callable[[Scene], object]


@dataclass(frozen=True)
class State:
    """A page in a state: the way to it, and by what it is known to be the one that was meant."""

    way: Way
    h1: str
    """How its heading begins."""
    status: int = 200
    language: str = "en"
    """What the browser asks for; words that a way types or presses are English."""
    is_common: bool = False
    """One of those that are opened on a desktop too."""


# ── steps, of which ways are made ────────────────────────────────────────────────────────────────


def then(*steps: Way) -> Way:
    """One step after the other."""

    def way(scene: Scene) -> None:
        for step in steps:
            step(scene)

    return way


def in_another_tab(*steps: Way) -> Way:
    """These steps in another tab of the same browser; the scene goes on in its own."""
    return lambda scene: then(*steps)(Scene(scene.tab.another(), scene.inventory))


def opened(path: str) -> Way:
    """The page at an address; before the first delivery when nothing else happened."""
    return lambda scene: scene.tab.open(path)


def pressed(button: str, *, chooses: bool = True) -> Way:
    return lambda scene: scene.tab.press(button, chooses=chooses)


def typed(label: str, words: str) -> Way:
    return lambda scene: scene.tab.type(label, words)


def reload(scene: Scene) -> None:
    scene.tab.reload()


def go_away(scene: Scene) -> None:
    """The stock system stops answering."""
    scene.inventory.go_away()


def done(act: Callable[..., object], *arguments: Any, **options: Any) -> Way:
    """Something that happens in the shop, whatever the scene's tab shows."""
    return lambda _scene: act(*arguments, **options)


def stocked(*rows: DeliveryRow) -> Way:
    """These coffees come in; the small shelf if none is named."""
    return done(stock, *rows)


def sold(*wanted: tuple[DeliveryRow, int], token: str = "another basket") -> Way:
    return done(buy, *wanted, token=token)


def filled(*wanted: tuple[DeliveryRow, int]) -> Way:
    """These are in the basket; two or more bags of three coffees if none is named."""
    return lambda scene: scene.fill_basket(*wanted)


def at(path: str, *rows: DeliveryRow) -> Way:
    """The page at an address, of the small shelf or of these coffees."""
    return then(stocked(*rows), opened(path))


def many_coffees(count: int) -> tuple[DeliveryRow, ...]:
    """So many, with every third name and description as long as the stock takes them."""
    return tuple(
        DeliveryRow(
            product_id=3000 + number,
            name=f"Coffee {number} of the long western anchorage, washed"
            if number % 3 == 0
            else f"Coffee {number}",
            price=Decimal("1016.00") if number % 5 == 0 else Decimal("12.50"),
            quantity=12345 if number % 5 == 0 else 2 + number,
            origin="Democratic Republic of the Congo" if number % 3 == 0 else "Peru",
            description="Plum, cedar and a little clove, for a long afternoon. " * 9
            if number % 3 == 0
            else "Green grape.",
        )
        for number in range(1, count + 1)
    )


ONE_WORD = DeliveryRow(
    product_id=3999,
    name="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysilio",
    price=Decimal("99999.99"),
    quantity=1,
    origin="Taumatawhakatangihangakoauauotamateapokaiwhenuakit",
    description="x" * 500,
)
"""A name, an origin and a description without a place to break them."""
