"""Read values from a request, and build addresses of the same page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest


def page_url(request: HttpRequest, page: int, pages: int) -> str:
    """The address of another page of the same query; empty when there is none."""
    if not 1 <= page <= pages:
        return ""
    query = {**request.GET.dict(), "page": page}
    return f"{request.path}?{urlencode(query)}"


LONGEST_SEARCH = 100


def is_count(text: str) -> bool:
    """True for a few plain digits; int() would also take other scripts' and a million of them."""
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID


def plain(text: str) -> str:
    """Text without what no database takes."""
    return "".join(character for character in text if character.isprintable()).strip()


LONGEST_ID = 16
