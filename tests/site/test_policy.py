"""The policy that browsers hold pages to."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.addresses import routes_and_views

pytestmark = pytest.mark.django_db

POLICY = "Content-Security-Policy"


@pytest.mark.parametrize("path", ["/", "/shop/", "/basket/", "/no-such-page/", "/staff/login/"])
def test_every_page_carries_the_policy(client: Client, path: str) -> None:
    policy = client.get(path, headers={"host": "localhost"})[POLICY]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy


def test_only_these_addresses_take_a_form_that_has_no_token() -> None:
    exempt = {route for route, view in routes_and_views() if getattr(view, "csrf_exempt", False)}
    assert exempt == {"/language/", "/tell-me/stop/<str:signed>/"}


def test_no_page_uses_a_device_or_may_be_shown_in_a_page_of_another_site(client: Client) -> None:
    page = client.get("/")
    assert "camera=()" in page["Permissions-Policy"]
    assert page["Cross-Origin-Resource-Policy"] == "same-origin"
