"""The language of a page: the one chosen in the footer, else the browser's, else English."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase as Response
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from coffeeco_site.errors import csrf_failure

STAFF = "/staff/"

FROM_ELSEWHERE = ("cross-site", "same-site")
"""What browsers say of a form that stands on another host's page."""


# Without a token, so that no page sets a cookie because of its footer. What an older browser lets
# another site send can only change the language, which the visitor can change back.
@csrf_exempt
@require_POST
def choose(request: HttpRequest) -> Response:
    """Remember the language that was chosen on a page of the shop's own."""
    if request.headers.get("Sec-Fetch-Site") in FROM_ELSEWHERE:
        return csrf_failure(request)
    return set_language(request)


class LanguageMiddleware(LocaleMiddleware):
    """Django's, but staff pages are always English and the thread's language is reset."""

    def __call__(self, request: HttpRequest) -> Response:
        with translation.override(settings.LANGUAGE_CODE):
            return super().__call__(request)  # type: ignore[return-value]

    def process_request(self, request: HttpRequest) -> None:
        if not request.path_info.startswith(STAFF):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: Response) -> Response:
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page or response.status_code == HTTPStatus.NOT_MODIFIED:  # which has no type
            patch_vary_headers(response, ("Cookie",))
            response = super().process_response(request, response)
        return response
