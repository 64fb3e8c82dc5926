"""Which language a page speaks: the one chosen in the footer, else the browser's, else English.

A middleware of our own instead of Django's: staff pages stay in English whatever a browser asks
for, and a language never outlives its request on the thread.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

STAFF = "/staff/"

# Without a token, so that no page has to set a cookie for the sake of its footer: all that a
# stranger's site could do is to show somebody the other language, and a press turns it back.
choose = csrf_exempt(require_POST(set_language))


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
        # A 304 has no type; it speaks of a page all the same.
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page or response.status_code == HTTPStatus.NOT_MODIFIED:
            response.headers.setdefault("Content-Language", language)
            if not is_staff:
                patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
