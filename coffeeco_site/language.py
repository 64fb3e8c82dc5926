"""Which language a page speaks: the one chosen in the footer, else the browser's, else English.

A middleware of our own instead of Django's: staff pages stay in English whatever a browser asks
for, and a language never outlives its request on the thread.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

STAFF = "/staff/"


class LanguageMiddleware:
    """Answers each request in its language, and tells caches what that hung on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_staff = request.path_info.startswith(STAFF)
        language = (
            settings.LANGUAGE_CODE if is_staff else translation.get_language_from_request(request)
        )
        with translation.override(language):
            response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
            if not is_staff:
                patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
