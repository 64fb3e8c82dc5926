"""The policy that browsers hold pages to."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

POLICY = "Content-Security-Policy"


@pytest.mark.parametrize("path", ["/", "/shop/", "/basket/", "/no-such-page/", "/staff/login/"])
def test_every_page_carries_the_policy(client: Client, path: str) -> None:
    policy = client.get(path, headers={"host": "localhost"})[POLICY]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
