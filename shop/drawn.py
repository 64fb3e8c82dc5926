"""Pages that are the same for everybody, drawn once and handed out many times.

Drawing twelve tiles costs more than everything else that a catalogue page needs. So its HTML is
kept under the stock's version, one for each address and number of bags in the basket; only the
CSRF token is put in for each visitor.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import get_language

from shop.basket import Basket
from shop.catalogue import Catalogue

SPOT = f"csrf-{secrets.token_hex(16)}"
"""Stands where the token goes; nobody can know it, so nothing that is typed can hold it."""


def drawn_page(
    request: HttpRequest, reader: Catalogue, template: str, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """The page for this visitor; ``context`` is asked for only if it has to be drawn.

    The context may depend on the address and the stock, and on nothing else of the visitor.
    """

    def draw() -> str:
        return render_to_string(template, {**context(), "csrf_token": SPOT}, request)

    if len(get_messages(request)):
        html = draw()
    else:
        page = (request.get_full_path(), Basket(request.session).count, get_language())
        html = reader.drawn(page, draw)
    return HttpResponse(html.replace(SPOT, get_token(request)))
