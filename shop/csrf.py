"""A CSRF token for a page that is kept: the same as Django's, made for less."""

from __future__ import annotations

import os
from operator import add

from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS, get_token

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
