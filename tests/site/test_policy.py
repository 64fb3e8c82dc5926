"""The policy that browsers hold pages to."""

from __future__ import annotations

from typing import cast

import pytest
from csp.decorators import csp_exempt, csp_replace, csp_update
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from coffeeco_site.middleware import PolicyMiddleware

pytestmark = pytest.mark.django_db

POLICY = "Content-Security-Policy"


def plain(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("page")


def with_nonce(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]


VIEWS = {
    "plain": plain,
    "with a nonce": with_nonce,
    "exempt": csp_exempt()(plain),
    "updated": csp_update({"img-src": ["https://example.com"]})(plain),
    "replaced": csp_replace({"img-src": ["https://example.com"]})(plain),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_every_view_gets_the_header_that_the_library_would_send(kind: str) -> None:
    request = RequestFactory().get("/")
    ours = cast("HttpResponse", PolicyMiddleware(VIEWS[kind])(request))
    theirs = cast("HttpResponse", CSPMiddleware(VIEWS[kind])(request))
    assert ours.get(POLICY) == theirs.get(POLICY)


@pytest.mark.parametrize("path", ["/", "/shop/", "/basket/", "/no-such-page/", "/staff/login/"])
def test_every_page_carries_the_policy(client: Client, path: str) -> None:
    policy = client.get(path, headers={"host": "localhost"})[POLICY]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
