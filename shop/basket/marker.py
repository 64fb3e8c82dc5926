"""A cookie that changes with the basket, so that Back shows no older one.

Chromium may keep even a page with ``no-store`` for Back, until a cookie changes. The session's
cookie keeps its value when the basket changes; this one does not.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.basket.session import Basket

COOKIE = "basket"
LENGTH = 8
"""Characters of the basket's token; enough to differ from the one before."""


def mark_basket(request: HttpRequest, response: HttpResponse) -> None:
    """Let the cookie follow the basket, which this request may have changed."""
    mark = Basket(request.session).token[:LENGTH]
    if mark == request.COOKIES.get(COOKIE, ""):
        return
    if not mark:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE,
        mark,
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
