"""Who and what the tests are about: the coffees on the shelf, and people with plain browsers.

A :class:`Shopper` has no JavaScript. It follows the links and sends the forms that a page really
has, field by field as a browser would, with CSRF checks on: a hidden field that is missing, a
button without a form or a redirect that is left out fails the journey.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponseBase
from django.test import Client

from shop.inventory import get_inventory
from shop.inventory.contract import (
    Change,
    Correction,
    Decision,
    Delivery,
    DeliveryRow,
    NewDetails,
    Note,
    Withdrawal,
)

# ── the coffees ──────────────────────────────────────────────────────────────────────────────────


def _coffee(id_: int, name: str, price: str, quantity: int, origin: str, words: str) -> DeliveryRow:
    return DeliveryRow(
        product_id=id_,
        name=name,
        price=Decimal(price),
        quantity=quantity,
        origin=origin,
        description=words,
    )


HARBOUR_LIGHT = _coffee(1001, "Harbour Light", "12.50", 48, "Colombia", "Milk chocolate, hazelnut.")
FIRST_FERRY = _coffee(1002, "First Ferry", "16.00", 30, "Ethiopia", "Jasmine, then bergamot.")
SLACK_WATER = _coffee(1003, "Slack Water", "10.90", 60, "Brazil", "Peanut brittle and cocoa.")
THOUSAND_STEPS = _coffee(1010, "Thousand Steps", "16.80", 2, "Rwanda", "Black tea with lemon.")
KEEPERS_RESERVE = _coffee(1011, "Keeper's Reserve", "24.00", 1, "Ethiopia", "The last bag.")

SHELF = (HARBOUR_LIGHT, FIRST_FERRY, SLACK_WATER, THOUSAND_STEPS, KEEPERS_RESERVE)
"""A small shelf: plenty of three coffees, two bags of one, and the last bag of another."""


def stock(*rows: DeliveryRow) -> None:
    """Rosa, who runs the stock desk, receives these; the whole small shelf if none are named."""
    _apply(Delivery(rows=rows or SHELF, again=True))


def count(coffee: DeliveryRow, *, shown: int, counted: int) -> None:
    """Rosa counts a coffee again."""
    _apply(Correction(product_id=coffee.product_id, shown=shown, counted=counted))


def reprice(coffee: DeliveryRow, price: str, *, name: str = "") -> None:
    """Rosa changes the price of a coffee, and its name if one is given."""
    _apply(
        NewDetails(
            product_id=coffee.product_id,
            name=name or coffee.name,
            price=Decimal(price),
            origin=coffee.origin,
            description=coffee.description,
        )
    )


def withdraw(coffee: DeliveryRow) -> None:
    """Rosa takes a coffee off sale."""
    _apply(Withdrawal(product_id=coffee.product_id))


def left(coffee: DeliveryRow) -> int:
    """Bags that a shopper could buy now, 0 for a coffee that is gone."""
    product = get_inventory().product(coffee.product_id)
    return product.left if product else 0


def _apply(change: Change) -> Decision:
    return get_inventory().apply(change, Note(key=f"test {uuid.uuid4()}", who="Rosa"))


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Form:
    """A form as it would be sent: where, how, and its successful controls."""

    action: str
    method: str
    values: dict[str, str]
    names: set[str] = field(default_factory=set)
    choices: dict[str, set[str]] = field(default_factory=dict)

    def fill(self, fields: dict[str, str | int]) -> None:
        """Type into fields that are there; a choice must be one that is offered."""
        for name, value in fields.items():
            assert name in self.names, f"the form has no field {name}, only {sorted(self.names)}"
            offered = self.choices.get(name)
            assert offered is None or str(value) in offered, f"{value} is not offered for {name}"
            self.values[name] = str(value)


class Page:
    """What a browser shows: its status, where it is, its words and its forms."""

    def __init__(self, response: HttpResponseBase, url: str, *, redirected: bool = False) -> None:
        self.response = response
        self.status = response.status_code
        self.url = url
        self.redirected = redirected
        self.html = response.content.decode() if hasattr(response, "content") else ""

    @cached_property
    def soup(self) -> BeautifulSoup:
        return parsed(self.html)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """All words of the page, as they are read out."""
        return words_of(self.soup.select_one("main") or self.soup)

    @property
    def h1(self) -> str:
        """The page's one heading."""
        (heading,) = self.soup.find_all("h1")
        return words_of(heading)

    @property
    def said(self) -> list[str]:
        """The messages that are shown once."""
        return [words_of(place) for place in self.soup.select(".messages .banner, .said")]

    @property
    def in_basket(self) -> str:
        """How full the basket is, as the link in the navigation says."""
        read_out = words_of(_only(self.soup.select(".basket-link .visually-hidden")))
        return read_out.partition(", ")[2]

    @property
    def buttons(self) -> list[str]:
        """What can be pressed on the page itself without JavaScript."""
        return [words_of(button) for button in self.soup.select("main form button:not([hidden])")]

    def rows(self, selector: str = "table.itemised tbody tr") -> list[list[str]]:
        """The cells of a table, row by row."""
        return [
            [words_of(cell) for cell in row.select("th, td")] for row in self.soup.select(selector)
        ]

    def sums(self) -> dict[str, str]:
        """The figures under an itemised list."""
        return {
            words_of(_only(line.select("dt"))): words_of(_only(line.select("dd")))
            for line in self.soup.select(".sums > div")
        }

    def value(self, name: str) -> str:
        """What the page's one field of that name holds."""
        held = _only(self.soup.select(f'[name="{name}"]')).get("value")
        assert isinstance(held, str)
        return held

    def link(self, label: str) -> str:
        """The address of the one link with these words; several links to one place are one."""
        found = {
            str(link["href"])
            for link in self.soup.find_all("a", href=True)
            if words_of(link) == label
        }
        assert len(found) == 1, f"links called {label!r}: {sorted(found)}"
        return urljoin(self.url, found.pop())

    def form(self, button: str, *, chooses: bool = True) -> Form:
        """The form with a button of these words, or that begins with them.

        The first of several choices is made if none is; not unless it ``chooses``.
        """
        buttons = [b for b in self.soup.select("form button") if words_of(b) == button]
        buttons = buttons or [b for b in self.soup.select("form button") if _begins(b, button)]
        assert len(buttons) == 1, f"buttons called {button!r}: {len(buttons)} of {self.buttons}"
        element = buttons[0].find_parent("form")
        assert isinstance(element, Tag)
        form = form_of(element, self.url)
        if chooses:
            for radio in element.select("input[type=radio]"):
                form.values.setdefault(str(radio["name"]), str(radio["value"]))
        if buttons[0].has_attr("formaction"):
            form.action = urljoin(self.url, str(buttons[0]["formaction"]))
        if buttons[0].has_attr("name"):
            form.values[str(buttons[0]["name"])] = str(buttons[0].get("value", ""))
        return form


def parsed(html: str) -> BeautifulSoup:
    """A page taken apart, with line ends and text areas as browsers read them.

    Whether it nests as HTML wants is asked by the validators.
    """
    html = html.replace("\r\n", "\n").replace("\r", "\n")
    return BeautifulSoup(re.sub(r"(<textarea[^>]*>)\n", r"\1", html), "html.parser")


def form_of(element: Tag, url: str) -> Form:
    form = Form(
        action=urljoin(url, str(element.get("action", url))),
        method=str(element.get("method", "get")).lower(),
        values={},
    )
    for control in element.select("input[name], select[name], textarea[name]"):
        name = str(control["name"])
        form.names.add(name)
        kind = str(control.get("type", "text")) if control.name == "input" else control.name
        if kind == "select":
            options = control.find_all("option")
            chosen = [option for option in options if option.has_attr("selected")] or options[:1]
            form.values[name] = _option(chosen[0])
            form.choices[name] = {_option(option) for option in options}
        elif kind in ("radio", "checkbox"):
            form.choices.setdefault(name, set()).add(str(control.get("value", "on")))
            if control.has_attr("checked"):
                form.values[name] = str(control.get("value", "on"))
        elif kind == "textarea":
            form.values[name] = control.text
        else:
            form.values[name] = str(control.get("value", ""))
    return form


def _option(option: Tag) -> str:
    return str(option.get("value", words_of(option)))


def _only(found: Iterable[Tag]) -> Tag:
    (element,) = found
    return element


def words_of(element: Tag) -> str:
    return " ".join(element.get_text().split())


def _begins(button: Tag, words: str) -> bool:
    return words_of(button).startswith(words)


# ── people ───────────────────────────────────────────────────────────────────────────────────────


class Shopper:
    """A visitor with a browser, on one page of one tab."""

    def __init__(self, name: str, *, client: Client | None = None) -> None:
        self.name = name
        self.client = client or Client(enforce_csrf_checks=True)
        self._visited: list[Page] = []

    @property
    def page(self) -> Page:
        return self._visited[-1]

    def tab(self) -> Shopper:
        """Another tab of the same browser: the same cookies, a page of its own."""
        return Shopper(self.name, client=self.client)

    def open(self, url: str) -> Page:
        """Type an address; redirects are followed as a browser does."""
        return self._show(self.client.get(url, follow=True), url)

    def follow(self, label: str) -> Page:
        """Click on a link."""
        return self.open(self.page.link(label))

    def back(self) -> Page:
        """Press Back: the page before, as it was shown then."""
        self._visited.pop()
        return self.page

    def reload(self) -> Page:
        return self.open(self.page.url)

    def press(self, button: str, **fields: str | int) -> Page:
        """Fill in the form of this button and send it."""
        form = self.page.form(button)
        form.fill(fields)
        send = self.client.post if form.method == "post" else self.client.get
        return self._show(send(form.action, form.values, follow=True), form.action)

    def forge(self, address: str, fields: dict[str, str]) -> Page:
        """Send what no page of ours offers; the CSRF token is the shopper's own."""
        answer = self.client.post(address, fields | self._token(), follow=True)
        return self._show(answer, address)

    def put_in_basket(self, coffee: DeliveryRow, quantity: int = 1) -> None:
        """What a test begins with: the form of the coffee's page, sent without a look at pages."""
        line = {"product_id": str(coffee.product_id), "quantity": str(quantity)}
        answer = self.client.post("/basket/add/", line | self._token())
        assert answer.status_code == HTTPStatus.FOUND, answer.status_code
        # What the next page would say of it has been read.
        self.client.cookies.pop("messages", None)

    def add(self, coffee: DeliveryRow, quantity: int = 1) -> Page:
        """From the coffee's own page."""
        self.open(f"/shop/{coffee.product_id}/")
        return self.press("Add to basket", quantity=quantity)

    def _token(self) -> dict[str, str]:
        if "csrftoken" not in self.client.cookies:
            self.client.get("/orders/")
        return {"csrfmiddlewaretoken": self.client.cookies["csrftoken"].value}

    def pay(self, **fields: str | int) -> Page:
        """Go to the checkout, look, and pay."""
        self.open("/checkout/")
        return self.press("Pay now", **fields)

    def basket(self) -> dict[str, str]:
        """Names and quantities of the lines, as the basket's page has them."""
        page = self.open("/basket/")
        return {
            words_of(_only(line.select(".line-name"))): str(
                _only(line.select(".quantity-field"))["value"]
            )
            for line in page.soup.select("li.line")
        }

    def _show(self, response: HttpResponseBase, url: str) -> Page:
        chain: list[tuple[str, int]] = getattr(response, "redirect_chain", [])
        for address, _status in chain:
            assert not urlsplit(address).netloc, f"redirected to another host: {address}"
        page = Page(response, chain[-1][0] if chain else url, redirected=bool(chain))
        self._visited.append(page)
        return page
