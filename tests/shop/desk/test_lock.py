"""Logging in too often with the wrong password."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from shop.client_address import client_address
from tests.shop.cast import PASSWORD, rosa, words_of

pytestmark = pytest.mark.django_db

LOGIN = "/staff/login/"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"
LIMIT = 5


def guess(client: Client, name: str, password: str = "wrong", *, at: str = HOME) -> str:
    """Try to log in; what comes of it in a word, with the page."""
    response = client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=at)
    return f"{response.status_code} {words_of(response) if response.content else ''}"


def lock_out(client: Client, name: str) -> None:
    for _ in range(LIMIT):
        guess(client, name)


def test_after_five_wrong_passwords_the_right_one_waits_as_well(client: Client) -> None:
    rosa()
    lock_out(client, "rosa")
    response = client.post(LOGIN, {"username": "rosa", "password": PASSWORD}, REMOTE_ADDR=HOME)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "no-store" in response["Cache-Control"]
    assert "This user name can't log in from here" in words_of(response)
    assert client.get("/staff/stock/").status_code == 302


def test_four_wrong_passwords_lock_no_account(client: Client) -> None:
    rosa()
    for _ in range(LIMIT - 1):
        guess(client, "rosa")
    assert guess(client, "rosa", PASSWORD).startswith("302")


def test_an_unknown_name_gets_the_same_answers(client: Client) -> None:
    rosa()
    known = [guess(client, "rosa") for _ in range(LIMIT + 2)]
    unknown = [guess(Client(), "nobody") for _ in range(LIMIT + 2)]
    assert known == unknown
    assert known[-1].startswith("429")


def test_wrong_passwords_from_another_address_do_not_lock_rosa_out(client: Client) -> None:
    rosa()
    lock_out(client, "rosa")
    assert guess(Client(), "rosa", PASSWORD, at=ELSEWHERE).startswith("302")


def test_logging_in_forgives_earlier_slips(client: Client) -> None:
    rosa()
    for _ in range(2):
        for _ in range(LIMIT - 1):
            guess(client, "rosa")
        assert guess(client, "rosa", PASSWORD).startswith("302")


# ── behind proxies ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.1", "10.0.0.2"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "", "10.0.0.2"),
        (1, "unknown", "10.0.0.2"),
        (2, "203.0.113.1", "10.0.0.2"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    settings: Settings, proxies: int, forwarded: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == seen


def test_a_unix_socket_has_no_address() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) is None


def test_behind_a_proxy_a_made_up_address_is_no_way_round(
    client: Client, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    rosa()
    for n in range(LIMIT + 1):
        response = client.post(
            LOGIN,
            {"username": "rosa", "password": "wrong"},
            REMOTE_ADDR="10.0.0.2",
            HTTP_X_FORWARDED_FOR=f"6.6.6.{n}, {HOME}",
        )
    assert response.status_code == 429
