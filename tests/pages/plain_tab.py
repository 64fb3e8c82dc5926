"""A tab without JavaScript, which goes the ways of the states by plain requests."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

from bs4 import Tag
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client

from tests.support.cast import Page, form_of, words_of


class PlainTab:
    """One page at a time; ``said_as`` puts the English name of a button into the page's words."""

    def __init__(self, client: Client, said_as: Callable[[str], str] = lambda words: words) -> None:
        self.client = client
        self.client.raise_request_exception = False
        self._said_as = said_as
        self._typed: dict[str, Any] = {}
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page, "nothing was opened yet"
        return self._page

    def another(self) -> PlainTab:
        return PlainTab(self.client, self._said_as)

    def take_cookies(self, client: Client) -> None:
        self.client.cookies.update(client.cookies)

    def forget_cookies(self) -> None:
        self.client.cookies = SimpleCookie()

    def open(self, path: str) -> None:
        self._show(self.client.get(path, follow=True), path)

    def reload(self) -> None:
        self.open(self.page.url)

    def press(self, button: str, *, chooses: bool = True) -> None:
        form = self.page.form(self._said_as(button), chooses=chooses)
        self._send(form.action, form.method, form.values | self._typed)

    def type(self, label: str, words: str) -> None:
        self._typed[self._field(label)] = words

    def attach(self, label: str, name: str, content: bytes) -> None:
        self._typed[self._field(label)] = SimpleUploadedFile(name, content)

    def send_empty(self, form_id: str) -> None:
        element = self.page.soup.find(id=form_id)
        assert isinstance(element, Tag)
        form = form_of(element, self.page.url)
        seen = element.select("input:not([type=hidden]), textarea")
        empty = {str(field["name"]): "" for field in seen}
        self._send(form.action, form.method, form.values | empty)

    def add_fields(self, button: str, count: int) -> None:
        self._typed |= {f"field{number}": "" for number in range(count)}

    def _field(self, label: str) -> str:
        words = self._said_as(label)
        (found,) = [each for each in self.page.soup.find_all("label") if words_of(each) == words]
        field = self.page.soup.find(id=str(found["for"]))
        assert isinstance(field, Tag)
        return str(field["name"])

    def _send(self, action: str, method: str, values: dict[str, Any]) -> None:
        send = self.client.post if method == "post" else self.client.get
        self._show(send(action, values, follow=True), action)

    def _show(self, response: HttpResponseBase, url: str) -> None:
        chain: list[tuple[str, int]] = getattr(response, "redirect_chain", [])
        self._page = Page(response, chain[-1][0] if chain else url, redirected=bool(chain))
        self._typed = {}
