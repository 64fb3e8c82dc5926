"""A plain sentence where Django would send an empty page; the pages' policy, worked out once."""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render

MARKS = frozenset(
    f"_csp_{what}{kind}"
    for what in ("config", "exempt", "replace", "update")
    for kind in ("", "_ro")
)
"""What django-csp's decorators leave on the response of a view with a policy of its own."""


class PolicyMiddleware(CSPMiddleware):
    """django-csp's; the policy that all pages share is put together once, not for every page.

    Whatever is special about a request or its response is left to the library.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._shared = build_policy()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Called by Django for every response; sets the header unless the view set one."""
        is_plain = MARKS.isdisjoint(vars(response)) and not hasattr(request, "_csp_nonce")
        if settings.DEBUG or not is_plain:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._shared)
        return response


class WrongMethodMiddleware:
    """Gives a request with the wrong method (a Pay address typed in, say) a page that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
