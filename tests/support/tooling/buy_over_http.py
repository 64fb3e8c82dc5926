"""Buys a bag of coffee in a running shop as a browser without JavaScript does.

``python tests/support/tooling/buy_over_http.py http://127.0.0.1:8000`` prints the order's
reference. It needs nothing but Python, so that it can be pointed at any shop.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

REFERENCE = re.compile(r"\bCC-[A-Z0-9]{8}\b")


class NotBought(Exception):
    """The purchase got stuck; the message says where."""


@dataclass
class Form:
    """A form of a page, with what it would send if nothing were changed."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
            self._is_inside = True
        elif tag == "button" and self._is_inside and values.get("name"):
            # Of several buttons the first is pressed.
            self.forms[-1].fields.setdefault(values["name"], values.get("value", ""))
        elif tag == "input" and self._is_inside and values.get("name"):
            fields, name, kind = self.forms[-1].fields, values["name"], values.get("type")
            # Of several choices the first, unless another is made.
            is_left_out = kind == "checkbox" or (kind == "radio" and name in fields)
            if "checked" in values or not is_left_out:
                fields[name] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False


class Visitor:
    """A browser as far as a shop needs one: it keeps cookies and follows redirects."""

    def __init__(self, shop: str) -> None:
        self.address = shop
        self.page = ""
        self.cookies = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies))

    def go(self, path: str, data: dict[str, str] | None = None) -> None:
        """Load a page, or send a form to it."""
        body = None if data is None else urlencode(data).encode()
        headers = {"Accept": "text/html", "Referer": self.address}
        request = Request(urljoin(self.address, path), body, headers)
        with self._opener.open(request, timeout=30) as response:
            self.address = response.geturl()
            self.page = response.read().decode()

    def form(self, ending: str) -> Form:
        """The first form of this page whose action ends so."""
        parser = _Forms()
        parser.feed(self.page)
        for form in parser.forms:
            if form.action.endswith(ending):
                return form
        raise NotBought(f"{urlsplit(self.address).path} has no form that goes to {ending}.")

    def send(self, form: Form) -> None:
        """Press a form's button."""
        self.go(form.action, form.fields)


def buy(shop: str) -> str:
    """Put the first coffee on offer into the basket and pay; the order's reference."""
    visitor = Visitor(shop)
    visitor.go("/shop/")
    visitor.send(visitor.form("/basket/add/"))
    visitor.go("/checkout/")
    visitor.send(visitor.form("/checkout/pay/"))
    path = urlsplit(visitor.address).path
    found = REFERENCE.search(visitor.page)
    if not path.startswith("/checkout/thanks/") or found is None:
        raise NotBought(f"Pay led to {path}, which shows no reference.")
    thanks = visitor.address
    visitor.go("/basket/")
    if "/basket/remove/" in visitor.page:
        raise NotBought("The basket still has something in it after the purchase.")
    visitor.go(thanks)
    if found[0] not in visitor.page:
        raise NotBought("The thanks page does not show the reference a second time.")
    return found[0]


if __name__ == "__main__":
    print(buy(sys.argv[1]))
