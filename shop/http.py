"""Read values from a request, and build addresses of the same page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest

LONGEST_SEARCH = 100
"""Characters of a search; the rest is cut off."""
LONGEST_NUMBER = 18
"""Digits; as many as always fit into the 64 bits of a database's column."""
LAST_PAGE = 10**9
LONGEST_ADDRESS = 3000
"""Characters of an address of the shop's own; the longest search, percent-encoded, fits."""


def whole_number(text: str, *, most: int, least: int = 0) -> int | None:
    """The number that plain ASCII digits write, if it is from ``least`` to ``most``; else None.

    Python's ``int`` would also read signs, underscores and the digits of other scripts.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        return None
    number = int(text)
    return number if least <= number <= most else None


def page_number(text: str) -> int:
    """The page that an address asks for; the first one when it names none."""
    return whole_number(text, least=1, most=LAST_PAGE) or 1


def page_url(request: HttpRequest, page: int, pages: int) -> str:
    """The address of another page of the same query; empty when there is none."""
    if not 1 <= page <= pages:
        return ""
    query = {**request.GET.dict(), "page": page}
    return f"{request.path}?{urlencode(query)}"


def encoded(values: Mapping[str, object]) -> str:
    """The values as an address's query, without those that are empty."""
    return urlencode({name: value for name, value in values.items() if value})


def short_address(request: HttpRequest) -> str:
    """The address that was asked for; without its query if that is too long to repeat."""
    address = request.get_full_path()
    return address if len(address) <= LONGEST_ADDRESS else request.path


def plain(text: str) -> str:
    """The text without control characters, NUL among them, which PostgreSQL refuses."""
    return "".join(character for character in text if character.isprintable()).strip()
