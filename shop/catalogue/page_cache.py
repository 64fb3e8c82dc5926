"""Catalogue pages kept as HTML, so that most visits render no template.

A page is kept under the stock's version, once for each query, number of bags in the basket and
language; the visitor's CSRF token is put in each time. A page of twelve tiles that is kept takes
about an eighth of the time of one that is rendered.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from shop.catalogue.reader import Catalogue
from shop.registry import Registered

PLACEHOLDER = f"csrf-{secrets.token_hex(16)}"
"""Stands for the CSRF token; random, so that no product and no search can contain it."""

bags_in_basket: Registered[[HttpRequest], int] = Registered("number of bags in the basket")
"""Bags in the visitor's basket, which every page shows; the basket registers it."""


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page's HTML, split where the token goes, and its digest (the same in every process)."""

    pieces: tuple[bytes, ...]
    digest: bytes

    @classmethod
    def of(cls, html: str) -> CachedPage:
        """From a page with PLACEHOLDER in its forms."""
        pieces = tuple(html.encode().split(PLACEHOLDER.encode()))
        return cls(pieces, hashlib.sha256(b"token".join(pieces)).digest())

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    def with_token(self, token: str) -> bytes:
        """The page for one visitor."""
        return token.encode().join(self.pieces)

    def etag(self, secret: str) -> str:
        """Differs by visitor as well as by page, because the page holds the visitor's token."""
        digest = hashlib.sha256(self.digest + secret.encode())
        return f'"{digest.hexdigest()[:32]}"'


def cached_page(
    request: HttpRequest,
    reader: Catalogue,
    template: str,
    query: object,
    context: Callable[[], dict[str, Any]],
) -> HttpResponseBase:
    """The page for this visitor; ``context`` is called only when the page has to be rendered.

    The context may depend on the query and the stock only. A page with a message is not kept.
    """

    def render() -> CachedPage:
        values = {**context(), "csrf_token": PLACEHOLDER}
        return CachedPage.of(render_to_string(template, values, request))

    # Masked anew for each page: otherwise the lengths of compressed pages give it away (BREACH).
    token = get_token(request)
    if len(get_messages(request)):
        return HttpResponse(render().with_token(token))
    page = reader.page((query, bags_in_basket(request), get_language()), render)
    etag = page.etag(request.META["CSRF_COOKIE"])
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(page.with_token(token))
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response
