"""Host names of probes, what every page says to the browser, and a page for a wrong method."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from coffeeco_site.sessions import SessionStore

POLICIES = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""No page needs a device of the visitor's, and no other site needs a page of the shop's."""


PROBES = {"/healthz", "/readyz", "/metrics"}
"""What load balancers and Prometheus ask."""


class ProbesMiddleware:
    """Answers PROBES under any host name, because load balancers call by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in PROBES:
            # A name that is always allowed; no probe uses it.
            request.META["HTTP_HOST"] = "localhost"
        return self.get_response(request)


class PoliciesMiddleware:
    """Sends POLICIES with every page; Django and django-csp send the other security headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in POLICIES.items():
            response[name] = value
        return response


class StaffSessionMiddleware:
    """Lets a session of staff live on while they use the desk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/staff/") and SESSION_KEY in request.session:
            cast("SessionStore", request.session).prolong()
        return self.get_response(request)


class WrongMethodMiddleware:
    """Answers a request with a wrong method, such as a Pay address typed in, with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
