"""Pages that are the same for everybody, drawn once and handed out many times.

Drawing twelve tiles costs more than everything else that a catalogue page needs. So its HTML is
kept under the stock's version, one for each address, language and number of bags in the basket;
only the CSRF token is put in for each visitor. A browser that has the page already is told so.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from operator import add
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CSRF_ALLOWED_CHARS, get_token
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from shop.catalogue.reader import Catalogue
from shop.registry import Registered

SPOT = f"csrf-{secrets.token_hex(16)}"
"""Stands where the token goes; nobody can know it, so nothing that is typed can hold it."""


bags_in_basket: Registered[[HttpRequest], int] = Registered("number of bags in the basket")
"""Bags in the visitor's basket, which every page shows; the basket registers it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page's HTML, cut where the token goes, and a digest of it (the same in every process)."""

    pieces: tuple[bytes, ...]
    digest: bytes

    @classmethod
    def of(cls, html: str) -> Drawn:
        """From a page with SPOT in its forms."""
        pieces = tuple(html.encode().split(SPOT.encode()))
        return cls(pieces, hashlib.sha256(b"token".join(pieces)).digest())

    def with_token(self, token: bytes) -> bytes:
        """The page for one visitor."""
        return token.join(self.pieces)

    def etag(self, secret: str) -> str:
        """Differs when the page does, and from visitor to visitor: their tokens are in it."""
        mine = hashlib.sha256(self.digest + secret.encode())
        return f'"{mine.hexdigest()[:32]}"'


def drawn_page(
    request: HttpRequest, reader: Catalogue, template: str, context: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """The page for this visitor; ``context`` is asked for only if it has to be drawn.

    The context may depend on the address and the stock, and on nothing else of the visitor.
    """

    def draw() -> Drawn:
        html = render_to_string(template, {**context(), "csrf_token": SPOT}, request)
        return Drawn.of(html)

    token = page_token(request)
    if len(get_messages(request)):
        return HttpResponse(draw().with_token(token))
    address = (request.path, request.META.get("QUERY_STRING", ""))
    drawn = reader.drawn((address, bags_in_basket(request), get_language()), draw)
    etag = drawn.etag(request.META["CSRF_COOKIE"])
    response: HttpResponseBase | None = None
    if "HTTP_IF_NONE_MATCH" in request.META:
        response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(drawn.with_token(token))
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


LETTERS = CSRF_ALLOWED_CHARS.encode()
SPAN = len(LETTERS)
PLACE_OF = bytes(max(LETTERS.find(byte), 0) for byte in range(256))
LETTER_AT = bytes(LETTERS[place % SPAN] for place in range(256))
REMAINDER = bytes(byte % SPAN for byte in range(256))
UNEVEN = bytes(range(256 // SPAN * SPAN, 256))
"""Bytes that would make the first letters likelier than the last."""


def page_token(request: HttpRequest) -> bytes:
    """What Django's ``get_token`` gives this visitor, who gets a cookie only if there is none yet.

    Django asks the system for 32 random letters, one by one, and sends the cookie of a year again
    with every page; that took a quarter of the time of a page that is kept. The forms of baskets
    and products still renew the cookie.
    """
    secret = request.META.get("CSRF_COOKIE")
    return get_token(request).encode() if secret is None else masked(secret)


def masked(secret: str) -> bytes:
    """The secret behind a random mask, the mask first, as Django reads it.

    The mask is another one for every page: whoever compresses pages on their way would otherwise
    let strangers guess the secret from their lengths (BREACH).
    """
    places = secret.encode().translate(PLACE_OF)
    mask = b""
    while len(mask) < len(places):
        mask += os.urandom(2 * len(places)).translate(REMAINDER, UNEVEN)
    mask = mask[: len(places)]
    cipher = bytes(map(add, places, mask))
    return (mask + cipher).translate(LETTER_AT)
