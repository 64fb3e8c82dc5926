"""The people of the staff pages' tests, each with a browser of their own."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.support.cast import parsed


class Answer(Protocol):
    """What comes back from a test's browser, as far as the tests look at it."""

    status_code: int

    @property
    def content(self) -> bytes: ...

    def __getitem__(self, header: str) -> str: ...


PASSWORD = "sea-lavender-42"
OF_STOCK = ("view_stock", "change_stock", "receive_delivery")
EVERY_RIGHT = (*OF_STOCK, "see_orders", "cancel_orders")


def person(name: str, *permissions: str) -> User:
    """An account with these permissions of the inventory."""
    user = User.objects.create_user(name, password=PASSWORD)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    assert user.user_permissions.count() == len(permissions)
    return user


def browser_of(user: User) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    client.force_login(user)
    return client


def rosa() -> User:
    """Rosa, the roaster, who does everything at the stock desk."""
    return person("rosa", *OF_STOCK)


def stella() -> User:
    """Stella, at the counter, who may look at the stock and no more."""
    return person("stella", "view_stock")


def carl() -> User:
    """Carl, a customer with an account and no permission at all."""
    return person("carl")


def page_of(response: Answer) -> BeautifulSoup:
    """The page taken apart; not to be changed, because the last ones are kept."""
    return _parsed(response.content.decode())


# Tests ask several questions about one page, and parsing is a sixth of their time.
_parsed = lru_cache(maxsize=4)(parsed)


def words_of(response: Answer) -> str:
    """The page's words, with single spaces between them."""
    main = page_of(response).main
    assert main
    return text_of(main)


def text_of(element: Tag) -> str:
    """An element's words, with single spaces between them."""
    return " ".join(element.get_text(" ").split())


def rows_of(response: Answer) -> list[list[str]]:
    """The cells of the page's table, row by row."""
    rows = page_of(response).select("tbody tr")
    return [[text_of(cell) for cell in row.select("th, td")] for row in rows]
